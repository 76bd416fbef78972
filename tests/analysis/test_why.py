"""The anatomy of a step adds up: x_{t+1} − x_t = −η E m, in original coordinates, in any basis."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.why import look_inside, off_diagonal
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import landscape, log_sum_exp, quadratic
from egop.theory import exact_egop, exact_eigenbasis

OBJECTIVE = landscape("rosenbrock_rotated")
START = np.array([-1.56, 0.08])
BASIS = Eigenbasis.rotation(0.7)
METHODS = [
    methods.gradient_descent(1e-3),
    methods.momentum(1e-3),
    methods.adagrad(0.3),
    methods.adam(0.05),
    methods.adagrad_norm(0.3),
    methods.full_adagrad(0.3),
]


@pytest.mark.parametrize("basis", [None, BASIS])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_move_is_the_rate_times_the_preconditioned_momentum(method, basis):
    inside = look_inside(OBJECTIVE, method, START, 40, basis=basis)
    for step in (0, 1, 17, 39):
        anatomy = inside.at(step)
        expected = OBJECTIVE.gradient(anatomy.point)
        np.testing.assert_allclose(anatomy.gradient, expected, rtol=1e-9, atol=1e-9)
        back = np.eye(2) if method.name == "full_adagrad" else inside.eigenvectors.T
        applied = anatomy.semi_axes @ back @ anatomy.momentum
        np.testing.assert_allclose(
            anatomy.move, -method.learning_rate * applied, rtol=1e-6, atol=1e-12
        )


def test_the_run_that_is_looked_into_is_the_one_that_is_shown():
    inside = look_inside(OBJECTIVE, methods.adam(0.05), START, 60, basis=BASIS)
    path = run(OBJECTIVE, methods.adam(0.05), START, 60, basis=BASIS)
    np.testing.assert_allclose(inside.points, path.points, rtol=1e-9)
    np.testing.assert_allclose(inside.norms_1, path.gradient_norms_1, rtol=1e-6)
    np.testing.assert_allclose(inside.norms_2, path.gradient_norms, rtol=1e-6)
    assert (inside.norms_1 >= inside.norms_2 * (1 - 1e-12)).all()


def test_momentum_is_adams_mean_of_gradients_in_original_coordinates():
    inside = look_inside(OBJECTIVE, methods.adam(0.05), START, 3, basis=BASIS)
    g = inside.gradients
    mean = (0.9**2 * 0.1 * g[0] + 0.9 * 0.1 * g[1] + 0.1 * g[2]) / (1 - 0.9**3)
    np.testing.assert_allclose(inside.at(2).momentum, mean)


@pytest.mark.parametrize("basis", [None, BASIS])
def test_ellipses_lie_along_the_axes_the_method_works_in(basis):
    V = np.eye(2) if basis is None else basis.eigenvectors
    inside = look_inside(OBJECTIVE, methods.adagrad(0.3), START, 30, basis=basis)
    curve = inside.at(20).ellipse()
    assert np.linalg.norm(curve, axis=1).max() == pytest.approx(1)
    ends = np.linalg.norm(inside.gradients[:21] @ V, axis=0)
    ratio = ends.min() / ends.max()
    assert np.linalg.norm(curve, axis=1).min() == pytest.approx(ratio, rel=1e-2)
    longest = curve[np.linalg.norm(curve, axis=1).argmax()]
    assert np.abs(V[:, ends.argmin()] @ longest) == pytest.approx(1, abs=1e-6)
    own = inside.at(20).ellipse(axes=V)
    assert np.abs(own).max(axis=0) == pytest.approx(ends.min() / ends, rel=1e-3)


def test_equivariant_methods_have_the_same_ellipse_in_every_basis():
    for method in (methods.adagrad_norm(0.3), methods.full_adagrad(0.3), methods.momentum(1e-3)):
        radii = [
            np.linalg.norm(
                look_inside(OBJECTIVE, method, START, 9, basis=b).at(8).ellipse(), axis=1
            )
            for b in (None, BASIS)
        ]
        assert [r.min() for r in radii] == pytest.approx([radii[0].min()] * 2, rel=1e-6)
        assert (radii[0].min() < 0.99) == (method.name == "full_adagrad")


def test_ellipses_of_many_variables_are_seen_in_a_plane():
    objective = log_sum_exp(dim=5, singular_values=(3.0, 1.0, 0.3, 0.1, 0.03))
    inside = look_inside(objective, methods.adam(0.05), np.ones(5), 10)
    anatomy = inside.at(5)
    curve = anatomy.ellipse(axes=np.eye(5)[:, [1, 3]])
    assert curve.shape == (73, 2)
    lengths = 1 / inside.preconditioners[5][[1, 3]]
    assert np.abs(curve).max(axis=0) == pytest.approx(lengths / lengths.max(), rel=1e-3)


def test_steps_beyond_the_last_are_the_last():
    inside = look_inside(quadratic(), methods.gradient_descent(3.0), np.ones(2), 100)
    assert inside.diverged_at > 0
    assert inside.at(99).step == inside.last_step == inside.diverged_at - 1
    assert np.isfinite(inside.at(99).gradient).all()
    with pytest.raises(ValueError, match="no step to look into"):
        look_inside(quadratic(), methods.adam(), np.ones(2), 0).at(0)


def test_the_egop_is_diagonal_in_its_own_basis_alone():
    objective = quadratic(condition_number=30.0, angle=0.4)
    egop = exact_egop(objective, Gaussian(dim=2))
    basis = exact_eigenbasis(objective, Gaussian(dim=2))
    scrambled = Eigenbasis(basis.eigenvalues, basis.eigenvectors.T)
    masses = off_diagonal(egop, {"original": None, "EGOP": basis, "scrambled": scrambled})
    assert masses["EGOP"] < 1e-20
    assert masses["original"] > 0.1
    assert masses["scrambled"] > 0.1
    hessian = objective.hessian(np.zeros(2))
    assert off_diagonal(hessian, {"EGOP": basis})["EGOP"] < 1e-20


def test_an_ellipse_is_flat_where_a_coordinate_stands_still():
    inside = look_inside(quadratic(np.diag([2.0, 0.0])), methods.adam(0.1, eps=0.0), [1.0, 1.0], 5)
    assert not np.isfinite(inside.preconditioners[:, 1]).any()
    np.testing.assert_array_equal(inside.at(3).ellipse()[:, 1], 0.0)


def test_a_rule_is_not_taken_for_another_by_its_hyperparameters():
    h = methods.full_adagrad(0.1).hyperparameters
    own = methods.Method("own", 0.1, h, methods.gradient_descent().rule)
    f, start = quadratic(np.diag([2.0, 1.0])), [1.0, 1.0]
    given, expected = (look_inside(f, m, start, 5) for m in (own, methods.gradient_descent(0.1)))
    np.testing.assert_array_equal(given.at(3).semi_axes, expected.at(3).semi_axes)
