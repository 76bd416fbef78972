"""Formulas at kinks, poles and limits: what is singular counts as 0, all else stays."""

import numpy as np
import pytest

from egop.objectives import derivation, source
from egop.objectives.expression import from_expression, parse

INF = np.inf

KINKS = [
    ("(x-2)^2 + (y-1)^2 + sqrt(x^2 + y^2)", (0, 0), (-4, -2), [[2, 0], [0, 2]]),
    ("(x-2)^2 + (y-1)^2 + norm(x, y)", (0, 0), (-4, -2), [[2, 0], [0, 2]]),
    ("3x + sqrt(4(x-1)^2 + 9(y+2)^2)", (1, -2), (3, 0), [[0, 0], [0, 0]]),
    ("sqrt(x^2) + 2y", (0, 0), (0, 2), [[0, 0], [0, 0]]),
    ("abs(x)^1.5 + y", (0, 0), (0, 1), [[0, 0], [0, 0]]),
    ("|x|^0.5 + y*x", (0, 3), (3, 0), [[0, 1], [1, 0]]),
    ("(x^2 + y^2)^0.75 + x", (0, 0), (1, 0), [[0, 0], [0, 0]]),
    ("(x^2 + y^2)^(1/3) + x", (0, 0), (1, 0), [[0, 0], [0, 0]]),
    ("sqrt(sqrt(x^2 + y^2)) + 3x", (0, 0), (3, 0), [[0, 0], [0, 0]]),
    ("sqrt(abs(x) + y^2) + 3x", (0, 0), (3, 0), [[0, 0], [0, 0]]),
    ("sqrt(x^2 + y^2)*x + y", (0, 0), (0, 1), [[0, 0], [0, 0]]),
    ("norm(x, y)*sin(y) + 2y", (0, 0), (0, 2), [[0, 0], [0, 0]]),
    ("exp(norm(x, y)) + x", (0, 0), (1, 0), [[0, 0], [0, 0]]),
    ("norm(x, y) + norm(x-1, y)", (0, 0), (-1, 0), [[0, 0], [0, 1]]),
    ("norm(x, y)^3 + y", (0, 0), (0, 1), [[0, 0], [0, 0]]),
    ("x*abs(x) + y^2", (0, 1), (0, 2), [[0, 0], [0, 2]]),
    ("norm(norm(x, y), x) - x", (0, 0), (-1, 0), [[0, 0], [0, 0]]),
    ("max(x, 0)^1.5 + y", (-1, 0), (0, 1), [[0, 0], [0, 0]]),
    ("relu(x-1) + y", (-1, 0), (0, 1), [[0, 0], [0, 0]]),
    ("floor(x) + y^2", (0.5, 1), (0, 2), [[0, 0], [0, 2]]),
    ("x*exp(-1/x^2) + y", (0, 0), (0, 1), [[0, 0], [0, 0]]),
]
"""Formula, point, gradient and Hessian there."""


def everywhere(text: str, point: tuple) -> tuple[float, np.ndarray, np.ndarray]:
    """Value, gradient and Hessian at a point, the same from every engine."""
    objective, x = from_expression(text), np.array(point, dtype=float)
    value, gradient = objective.value_and_gradient(x)
    hessian = objective.hessian(x)
    near = x + np.random.default_rng(0).normal(size=(3, 2))
    many = np.stack([near[0], x, near[1], near[2]]).reshape(2, 2, 2)
    values, gradients = objective.value_and_gradient(many)
    program, symbolic = derivation.program(parse(text))
    partials = program.gradient(symbolic)
    written = np.full(2, 7.0)
    with np.errstate(all="ignore"):
        interpreted = source.kernel(program, symbolic, partials)(None, 2, x, written)
        in_numpy = source.arrays(program, symbolic, partials)(many)
    arrays = np.stack([np.broadcast_to(part, (2, 2))[0, 1] for part in in_numpy])
    assert values[0, 1] == pytest.approx(value, nan_ok=True)
    assert interpreted == pytest.approx(value, nan_ok=True)
    assert arrays[0] == pytest.approx(value, nan_ok=True)
    for other in (gradients[0, 1], written, arrays[1:]):
        assert other == pytest.approx(gradient, nan_ok=True)
    assert objective.hessian(many)[0, 1] == pytest.approx(hessian, nan_ok=True)
    return float(value), gradient, hessian


@pytest.mark.parametrize(("text", "point", "gradient", "hessian"), KINKS)
def test_at_a_kink_its_own_term_is_0_and_the_others_stay(text, point, gradient, hessian):
    value, slope, curvature = everywhere(text, point)
    assert np.isfinite(value)
    assert slope == pytest.approx(np.array(gradient, dtype=float), abs=1e-15)
    assert curvature == pytest.approx(np.array(hessian, dtype=float), abs=1e-15)


def test_terms_that_are_infinite_against_each_other_leave_the_others():
    assert everywhere("sqrt((x+y)^2 - 4x*y) + x^2 + 3y", (1, 1))[1].tolist() == [2, 3]
    assert everywhere("sqrt(x^2 - 2x*y + y^2) + x^2 + 3y", (1, 1))[1].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("sqrt(x) - x^0.25", (0, 1)),
        ("sin(sqrt(x))^2", (0, 1)),
        ("sin(sqrt(x*y))^2", (0, 1)),
        ("sqrt(x)*sin(sqrt(x))", (0, 1)),
        ("1/(1 + 1/x)", (0, 1)),
        ("atan(1/x)", (0, 1)),
        ("exp(log(x) + y)", (0, 1)),
    ],
)
def test_a_slope_that_hides_behind_a_pole_is_not_called_0(text, point):
    value, gradient, _ = everywhere(text, point)
    assert np.isfinite(value)
    assert not np.isfinite(gradient[0])


@pytest.mark.parametrize(
    "text", ["relu(x)^0.5*y", "relu(x)^0.3*relu(y)", "log(1 + sqrt(relu(x)))*sqrt(relu(y))"]
)
def test_roots_of_cut_off_parts_are_flat_where_they_are_cut_off(text):
    assert everywhere(text, (-1, -1))[1].tolist() == [0, 0]
    assert everywhere(text, (-1, 0))[1].tolist()[0] == 0


@pytest.mark.parametrize("text", ["exp(-1/x^2) + y", "y*exp(-1/norm(x, y)) + y"])
def test_an_exponential_of_a_pole_outweighs_every_other_pole(text):
    assert everywhere(text, (0, 0))[1].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "point", "value", "gradient"),
    [
        ("x*log(x) + y^2", (0, 1), 1, (-INF, 2)),
        ("x*ln(x) + y*ln(y)", (0, 1), 0, (-INF, 1)),
        ("x*log(x) + (1-x)*log(1-x) + y", (1, 0), 0, (INF, 1)),
        ("x*log2(x/3) + y", (0, 0), 0, (-INF, 1)),
        ("x*log(x/y)", (0, 2), 0, (-INF, 0)),
        ("x^2*log(x) + 3x", (0, 0), 0, (3, 0)),
        ("(x^2 + y^2)*log(norm(x, y)) + x", (0, 0), 0, (1, 0)),
        ("x^x + y", (0, 0), 1, (-INF, 1)),
    ],
)
def test_x_log_x_has_its_limit_at_0(text, point, value, gradient):
    found, slope, _ = everywhere(text, point)
    assert found == value
    assert slope.tolist() == list(gradient)


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("1/x + y", INF, -INF),
        ("1/x^2 + y", INF, np.nan),
        ("log(x) + y", -INF, INF),
        ("sqrt(x) + y", 0, INF),
        ("x^0.3 + y", 0, INF),
        ("1/norm(x, y)", INF, np.nan),
        ("log(norm(x, y))", -INF, np.nan),
        ("x/norm(x, y)", np.nan, np.nan),
        ("log(x)*y", np.nan, np.nan),
        ("sin(x)/x", np.nan, np.nan),
    ],
)
def test_a_pole_is_not_finite(text, value, slope):
    found, gradient, hessian = everywhere(text, (0, 0))
    assert found == pytest.approx(value, nan_ok=True)
    assert np.isfinite(gradient[0]) == np.isfinite(slope)
    assert not np.isfinite(hessian).all()
