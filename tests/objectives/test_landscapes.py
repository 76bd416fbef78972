"""The table of classic test functions: each row is what it says."""

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from egop.objectives import LANDSCAPES, landscape
from egop.objectives.landscapes import SADDLE
from egop.objectives.parser import parse

NAMES = sorted(LANDSCAPES)
WITH_MINIMUM = [name for name in NAMES if LANDSCAPES[name].minimum is not None]


def points(name: str, n: int, seed: int = 0) -> np.ndarray:
    domain = landscape(name).domain
    assert domain is not None
    return np.random.default_rng(seed).uniform(domain[:, 0], domain[:, 1], (n, len(domain)))


def differences(function, x: np.ndarray, step: float) -> np.ndarray:
    """Central differences along each axis, in the last axis."""
    shifts = step * np.eye(x.shape[-1])
    parts = [(function(x + shift) - function(x - shift)) / (2 * step) for shift in shifts]
    return np.stack(parts, axis=-1)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_and_hessian_against_central_differences(name):
    objective, x = landscape(name), points(name, 40)
    gradient, hessian = objective.gradient(x), objective.hessian(x)
    for exact, rough in (
        (gradient, differences(objective.value, x, 1e-5)),
        (hessian, differences(objective.gradient, x, 1e-5)),
    ):
        assert rough == pytest.approx(exact, rel=1e-5, abs=1e-6 * np.abs(exact).max() + 1e-6)
    assert hessian == pytest.approx(np.swapaxes(hessian, -1, -2), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", WITH_MINIMUM)
def test_the_minimizers_are_stationary_and_have_the_stated_value(name):
    objective = landscape(name)
    values, gradients = objective.value_and_gradient(objective.minimizer)
    assert np.linalg.norm(gradients, axis=-1).max() <= 1e-9
    assert values == pytest.approx(LANDSCAPES[name].minimum, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", WITH_MINIMUM)
def test_no_point_of_a_fine_grid_is_lower(name):
    objective = landscape(name)
    assert objective.domain is not None
    assert objective.minimum is not None
    count = {2: 601, 3: 61, 4: 25, 6: 9}[objective.dim]
    axes = [np.linspace(low, high, count) for low, high in objective.domain]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    assert objective.value(grid).min() >= objective.minimum - 1e-12 * (1 + abs(objective.minimum))


@pytest.mark.parametrize("name", [n for n in WITH_MINIMUM if n not in {"diamond", "ackley"}])
def test_all_minimizers_of_the_domain_are_listed(name):
    """Descents from many starts end at the stated minimum only at listed points."""
    objective = landscape(name)
    assert objective.minimum is not None
    assert objective.minimizer is not None
    found = set()
    nearby = objective.minimizer + np.random.default_rng(2).normal(0, 0.01, objective.dim)
    for start in [*points(name, 80, seed=1), *nearby]:
        end = minimize(
            lambda x: tuple(objective.value_and_gradient(x)), start, jac=True, method="BFGS"
        )
        inside = np.all((end.x >= objective.domain[:, 0]) & (end.x <= objective.domain[:, 1]))
        if inside and end.fun <= objective.minimum + 1e-9 * (1 + abs(objective.minimum)):
            distances = np.linalg.norm(objective.minimizer - end.x, axis=-1)
            assert distances.min() < (0.1 if name == "powell_singular" else 1e-2)
            found.add(int(distances.argmin()))
    assert found == set(range(len(objective.minimizer)))


@pytest.mark.parametrize("name", [n for n in NAMES if LANDSCAPES[n].minimum is None])
def test_a_saddle_has_no_minimum_and_falls_without_end(name):
    objective, row = landscape(name), LANDSCAPES[name]
    assert row.group == SADDLE
    assert row.minimizers == ()
    assert objective.minimizer is None
    assert objective.minimum is None
    assert np.linalg.norm(objective.gradient(np.zeros(2))) == 0.0
    far = np.linspace(0, 2 * np.pi, 360)
    circle = np.stack([np.cos(far), np.sin(far)], axis=-1)
    assert objective.value(1e3 * circle).min() < -1e5


def test_rosenbrock_is_the_one_of_scipy():
    for name, dim in (("rosenbrock", 2), ("rosenbrock_4d", 4)):
        objective, x = landscape(name), points(name, 20)
        assert x.shape[1] == dim
        assert objective.value(x) == pytest.approx(np.array([rosen(p) for p in x]), rel=1e-12)
        assert objective.gradient(x) == pytest.approx(np.array([rosen_der(p) for p in x]), rel=1e-9)
        assert objective.hessian(x) == pytest.approx(np.array([rosen_hess(p) for p in x]), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("rosenbrock", (-1.2, 1.0), 24.2),
        ("beale", (1.0, 1.0), 14.203125),
        ("powell_singular", (3.0, -1.0, 0.0, 1.0), 215.0),
        ("wood", (-3.0, -1.0, -3.0, -1.0), 19192.0),
        ("goldstein_price", (1.8, 0.2), 84.0),
        ("goldstein_price", (-0.6, -0.4), 30.0),
        ("six_hump_camel", (0.0, 0.0), 0.0),
        ("himmelblau", (-0.270845, -0.923039), 181.617),
        ("griewank", (0.0, 0.0), 0.0),
    ],
)
def test_published_values(name, point, value):
    assert landscape(name).value(point) == pytest.approx(value, rel=1e-5, abs=1e-12)


def test_a_rotated_row_is_its_aligned_row_in_turned_coordinates():
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    pairs = [("quadratic_rotated", "quadratic_aligned"), ("rosenbrock_rotated", "rosenbrock")]
    x = np.random.default_rng(3).normal(size=(50, 2))
    for rotated, aligned in [*pairs, ("ravine", "ravine_aligned")]:
        expected = landscape(aligned).value(x @ turn)
        assert landscape(rotated).value(x) == pytest.approx(expected, rel=1e-11), rotated


def test_ackleys_tip_has_value_0_and_gradient_0():
    value, gradient = landscape("ackley").value_and_gradient(np.zeros(2))
    assert value == pytest.approx(0.0, abs=1e-14)
    assert gradient.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_ready_for_views(name):
    row, objective = LANDSCAPES[name], landscape(name)
    assert objective.domain is not None
    low, high = objective.domain.T
    assert objective.name == name
    assert objective.formula
    assert objective.dim == parse(row.text).dim == len(row.start)
    assert (low < row.start).all()
    assert (row.start < high).all()
    assert np.isfinite(objective.value(row.start))
    assert np.linalg.norm(objective.gradient(row.start)) > 1e-3
    assert all(((low <= point) & (point <= high)).all() for point in np.array(row.minimizers))
    assert row.description.endswith(".")
    assert row.description.count(".") - row.description.count("0.") <= 2


def test_the_table_holds_what_the_explorer_promises():
    assert len(LANDSCAPES) >= 18
    assert {
        "rosenbrock", "himmelblau", "beale", "booth", "matyas", "six_hump_camel", "levy", "ravine",
        "styblinski_tang", "rastrigin", "ackley", "griewank", "goldstein_price", "saddle",
        "three_hump_camel", "monkey_saddle",
    } <= set(LANDSCAPES)  # fmt: skip


def test_quadratics_know_their_hessian_and_center():
    for name in ("quadratic_isotropic", "quadratic_aligned", "quadratic_rotated", "booth"):
        objective = landscape(name)
        assert objective.quadratic is not None
        assert objective.minimizer is not None
        assert objective.quadratic[1] == pytest.approx(objective.minimizer[0], abs=1e-14)
    assert landscape("rosenbrock").quadratic is None


def test_a_landscape_is_made_once():
    assert landscape("rosenbrock") is landscape("rosenbrock")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rosenbrok", "did you mean 'rosenbrock'?"),
        ("Himmelblau", "did you mean 'himmelblau'?"),
        ("qqqq", "see egop.objectives.LANDSCAPES"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, hint):
    with pytest.raises(ValueError, match="unknown landscape") as error:
        landscape(name)
    assert hint in str(error.value)
