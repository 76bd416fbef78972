"""Everything that can be chosen can be made, and is what its name says."""

import numpy as np
import pytest

from egop.eigenbasis import Eigenbasis
from egop.explorer import catalog
from egop.explorer.scene import OBJECTIVES, Scene
from egop.explorer.scene_basis import make_basis

FORMULA = "(1-x)^2 + 100*(y-x^2)^2"


def test_there_are_at_least_sixteen_landscapes_and_the_papers_problems():
    assert len(OBJECTIVES) == len(set(OBJECTIVES)) >= 22
    assert {"logistic", "least_squares", "matrix_factorization", "formula"} < set(OBJECTIVES)


@pytest.mark.parametrize("key", OBJECTIVES)
def test_every_objective_can_be_made_and_has_a_domain(key):
    objective = catalog.make_objective(key, **({"formula": FORMULA} if key == "formula" else {}))
    middle, half = catalog.domain_of(objective)
    assert middle.shape == half.shape == (objective.dim,)
    assert (half > 0).all()


@pytest.mark.parametrize("key", ["log_sum_exp", "logistic", "least_squares"])
def test_the_papers_problems_take_any_number_of_variables(key):
    assert catalog.make_objective(key, dim=20).dim == 20


@pytest.mark.parametrize("key", OBJECTIVES)
def test_an_objective_that_was_made_is_at_hand_for_the_scene_that_opens_with_it(key):
    objective = catalog.make_objective(key, **({"formula": FORMULA} if key == "formula" else {}))
    assert catalog.made_before(**Scene(objective=key, formula=FORMULA).problem()) is objective


def test_objectives_are_made_once():
    assert catalog.make_objective("booth") is catalog.make_objective("booth")


def test_a_formula_that_does_not_parse_says_where():
    with pytest.raises(ValueError, match="missing before the end at position 4"):
        catalog.make_objective("formula", formula="x + ")


@pytest.mark.parametrize(
    "kind", [k for k in catalog.DISTRIBUTIONS.values() if k not in {"xavier_normal", "along_path"}]
)
@pytest.mark.parametrize("dim", [2, 5])
def test_distributions_have_the_width_they_are_given(kind, dim):
    mean = np.arange(1.0, dim + 1)
    rho = catalog.make_distribution(kind, mean, 2.0, (3.0, 30.0), degrees_of_freedom=30.0)
    points = rho.sample(40_000, np.random.default_rng(0))
    np.testing.assert_allclose(rho.mean, mean, atol=1e-12)
    np.testing.assert_allclose(points.mean(axis=0), mean, atol=0.15)
    scale = np.abs(rho.covariance).max()
    np.testing.assert_allclose(np.cov(points.T), rho.covariance, atol=0.06 * scale)
    if kind not in {"student_t", "mixture", "gaussian"}:
        np.testing.assert_allclose(rho.covariance, 4 * np.eye(dim), atol=1e-9)


def test_the_gaussian_has_the_axes_it_is_given():
    rho = catalog.make_distribution("gaussian", np.zeros(2), 2.0, (4.0, 30.0))
    values, vectors = np.linalg.eigh(rho.covariance)
    np.testing.assert_allclose(values, [1.0, 16.0])
    angle = np.degrees(np.arctan2(*vectors[::-1, 1])) % 180
    assert angle == pytest.approx(30)


def test_the_two_modes_lie_apart_along_the_tilt():
    rho = catalog.make_distribution("mixture", np.zeros(2), 1.0, (1.0, 90.0), separation=6.0)
    np.testing.assert_allclose(rho.covariance, np.diag([0.25, 9.25]), atol=1e-12)


@pytest.mark.parametrize(
    ("key", "blocks"),
    [
        ("matrix_factorization", [(3, 1), (3, 1)]),
        ("tiny_network", [(4, 3), (1, 4)]),
        ("two_layer_linear", [(6, 6), (6, 6)]),
        ("booth", [(1, 2)]),
    ],
)
def test_blocks_are_the_matrices_of_an_objective(key, blocks):
    assert catalog.blocks_of(catalog.make_objective(key)) == blocks


def basis(kind, key="quadratic", angle=0.0, dim=2):
    objective = catalog.make_objective(key, **({"dim": dim} if key == "logistic" else {}))
    rho = catalog.make_distribution("gaussian", np.zeros(objective.dim), 1.0)
    estimate = Eigenbasis.identity(objective.dim)
    return make_basis(Scene(basis=kind, dial_angle=angle, seed=3), objective, rho, estimate)


@pytest.mark.parametrize("kind", ["exact", "hessian"])
def test_bases_of_a_quadratic_are_its_steepest_axis(kind):
    leading = basis(kind).eigenvectors[:, 0]
    angle = np.degrees(np.arctan2(leading[1], leading[0])) % 180
    assert angle == pytest.approx(35, abs=1e-6)


def test_the_estimate_is_taken_as_it_is_and_the_dial_turns():
    np.testing.assert_array_equal(basis("egop").eigenvectors, np.eye(2))
    np.testing.assert_allclose(basis("dial", angle=90.0).eigenvectors[:, 0], [0, 1], atol=1e-12)
    V = basis("random").eigenvectors
    np.testing.assert_allclose(V @ V.T, np.eye(2), atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "key", "sentence"),
    [
        ("exact", "rosenbrock", "exact EGOP"),
        ("hessian", "saddle", "minimum"),
        ("dial", "logistic", "two"),
    ],
)
def test_a_basis_that_does_not_exist_is_refused(kind, key, sentence):
    with pytest.raises(ValueError, match=sentence):
        basis(kind, key, dim=4)
