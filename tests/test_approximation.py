"""Approximate bases by their angle, Kronecker bases as a strict subset, and what a basis costs."""

import numpy as np
import pytest

from egop.approximation import basis_cost, kronecker_distance, subspace_angle_bound
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.experiments import configure
from egop.gradients import sample_gradients
from egop.metrics import off_diagonal_mass, subspace_angle
from egop.objectives import quadratic
from egop.theory import exact_egop, exact_eigenbasis


@pytest.mark.parametrize("n_samples", [50, 500, 5000])
@pytest.mark.parametrize("k", [1, 2])
def test_sampled_eigenvectors_lie_within_the_bound(n_samples, k):
    objective = quadratic(np.diag([3.0, 2.0, 1.0]))
    rho = Gaussian(3)
    exact, egop = exact_eigenbasis(objective, rho), exact_egop(objective, rho)
    for seed in range(20):
        gradients = sample_gradients(objective, rho, n_samples, seed).gradients
        error = np.linalg.norm(gradients.T @ gradients / n_samples - egop, 2)
        sampled = Eigenbasis.from_gradients(gradients)
        angle = subspace_angle(exact.eigenvectors[:, :k], sampled.eigenvectors[:, :k])
        assert angle <= subspace_angle_bound(exact.eigenvalues, error, k)


def test_the_bound_says_nothing_without_a_gap():
    assert subspace_angle_bound([2.0, 2.0, 1.0], 1e-9) == np.pi / 2
    assert subspace_angle_bound([3.0, 1.0], 5.0) == np.pi / 2
    assert subspace_angle_bound([3.0, 1.0], 1e-6) == pytest.approx(1e-6)
    with pytest.raises(ValueError, match="takes k from 1 to 1, got 2"):
        subspace_angle_bound([3.0, 1.0], 1.0, 2)


def test_kronecker_products_have_distance_zero_and_others_do_not():
    outer, inner = Eigenbasis.random(2, 0).eigenvectors, Eigenbasis.random(3, 1).eigenvectors
    assert kronecker_distance(np.kron(outer, inner), rows=2) < 1e-12
    assert kronecker_distance(Eigenbasis.random(6, 2).eigenvectors, rows=2) > 0.5
    with pytest.raises(ValueError, match="multiple of 4, got shape"):
        kronecker_distance(np.eye(6), rows=4)


def turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_an_egop_that_no_kronecker_basis_diagonalizes():
    """Lemma 20: with four different eigenvalues the eigenbasis is one, up to signs and order."""
    basis = np.eye(4)
    basis[:2, :2] = turn(np.pi / 4)
    hessian = basis @ np.diag([4.0, 3.0, 2.0, 1.0]) @ basis.T
    egop = exact_egop(quadratic((hessian + hessian.T) / 2), Gaussian(4))
    assert off_diagonal_mass(basis.T @ egop @ basis) < 1e-28
    assert kronecker_distance(basis, rows=2) > 0.3
    angles = np.linspace(0, np.pi / 2, 46)
    products = [np.kron(turn(a), turn(b)) for a in angles for b in angles]
    assert min(float(off_diagonal_mass(each.T @ egop @ each)) for each in products) > 0.01


@pytest.mark.parametrize(
    ("name", "n_examples", "epochs", "trained"),
    [("digits", 3823, 186, 200), ("fashion", 24_000, 50, 40), ("linear", 10_000, 115, 1000)],
)
def test_a_basis_of_the_paper_costs_as_much_as_many_epochs(name, n_examples, epochs, trained):
    config = configure(name)
    cost = basis_cost([], config.n_samples, config.batch_size, n_examples)
    assert round(cost.epochs) == epochs
    assert config.epochs == trained


def test_kronecker_bases_are_cheaper():
    shapes = [(32, 64), (10, 32)]
    dense = basis_cost(shapes, 2368, 300, 3823)
    kronecker = basis_cost(shapes, 2368, 300, 3823, "kronecker")
    assert dense[1:] == (2048**3 + 320**3, 2048**2 + 320**2)
    assert kronecker[1:] == (2 * 32**3 + 64**3 + 10**3, 2 * 32**2 + 64**2 + 10**2)
    assert basis_cost(shapes, 2368, 300, 3823, "rows")[1:] == (64**3 + 32**3, 64**2 + 32**2)
    with pytest.raises(ValueError, match="takes dense, kronecker, rows, got 'sparse'"):
        basis_cost(shapes, 1, 1, 1, "sparse")
