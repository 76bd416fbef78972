import numpy as np
import pytest

from egop.distributions import Gaussian, UniformBox
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.metrics import off_diagonal_mass
from egop.objectives import from_functions
from egop.objectives.convex import log_sum_exp, quadratic
from egop.reparameterization import reparameterize
from egop.theory import diagonalizes, rotated_egop

BASIS = Eigenbasis.random(3, seed=4)
V = BASIS.eigenvectors
POINTS = np.random.default_rng(0).standard_normal((2, 5, 3))


def problems():
    compiled = log_sum_exp(dim=3, n=20, singular_values=(2.0, 1.0, 0.5))
    numpy_only = from_functions(
        lambda x: np.sin(x).prod(axis=-1),
        lambda x: np.cos(x) * np.roll(np.sin(x), 1, -1) * np.roll(np.sin(x), 2, -1),
        dim=3,
    )
    return {"compiled": compiled, "numpy": numpy_only}


every_problem = pytest.mark.parametrize("name", problems())


@every_problem
def test_value_gradient_and_hessian_follow_the_chain_rule(name):
    f = problems()[name]
    rotated = reparameterize(f, BASIS)
    x = BASIS.from_basis(POINTS)
    np.testing.assert_allclose(rotated.value(POINTS), f.value(x))
    np.testing.assert_allclose(rotated.gradient(POINTS), f.gradient(x) @ V, atol=1e-12)
    np.testing.assert_allclose(rotated.hessian(POINTS), V.T @ f.hessian(x) @ V, atol=1e-6)


@every_problem
def test_gradient_agrees_with_central_differences(name):
    rotated = reparameterize(problems()[name], BASIS)
    step = 1e-5 * np.eye(3)
    z = POINTS[0, :, None, :]
    differences = (rotated.value(z + step) - rotated.value(z - step)) / 2e-5
    np.testing.assert_allclose(rotated.gradient(POINTS[0]), differences, atol=1e-7)


def test_rotating_twice_composes_and_rotating_back_undoes():
    f, other = problems()["compiled"], Eigenbasis.random(3, seed=9)
    twice = reparameterize(reparameterize(f, BASIS), other)
    np.testing.assert_allclose(
        twice.value(POINTS), f.value(POINTS @ other.eigenvectors.T @ V.T), rtol=1e-12
    )
    back = reparameterize(reparameterize(f, BASIS), Eigenbasis(np.ones(3), V.T))
    np.testing.assert_allclose(back.gradient(POINTS), f.gradient(POINTS), atol=1e-12)
    assert back.name == twice.name == f"rotated {f.name}"


def test_what_is_known_moves_along():
    f = quadratic(np.diag([3.0, 2.0, 1.0]), center=[1.0, -1.0, 2.0])
    rotated = reparameterize(f, BASIS)
    assert rotated.minimizer is not None
    assert rotated.quadratic is not None
    np.testing.assert_allclose(rotated.value(rotated.minimizer), 0.0, atol=1e-12)
    hessian, center = rotated.quadratic
    np.testing.assert_allclose(hessian, rotated.hessian(np.zeros(3)), atol=1e-12)
    np.testing.assert_allclose(center, rotated.minimizer[0])


def test_domain_is_the_smallest_box_around_the_rotated_one():
    f = quadratic(np.eye(2), center=[5.0, 1.0])
    basis = Eigenbasis.rotation(0.5)
    assert f.domain is not None
    corners = np.array([[x, y] for x in f.domain[0] for y in f.domain[1]])
    z = basis.to_basis(corners)
    domain = reparameterize(f, basis).domain
    assert domain is not None
    np.testing.assert_allclose(domain, np.stack([z.min(axis=0), z.max(axis=0)], axis=1))


def test_nothing_known_stays_nothing_known():
    rotated = reparameterize(problems()["numpy"], BASIS)
    assert rotated.minimizer is None
    assert rotated.domain is None
    assert rotated.quadratic is None


def test_egop_of_the_reparameterized_objective_is_diagonal():
    """Lemma 14, the sample level: pushed-forward points z = Vᵀθ, for any distribution."""
    f, rho = problems()["compiled"], UniformBox(3, half_width=[1.0, 3.0, 0.5])
    basis = estimate_eigenbasis(f, rho, 300, seed=1)
    points = sample_gradients(f, rho, 300, seed=1).points
    gradients = reparameterize(f, basis).gradient(basis.to_basis(points))
    egop = gradients.T @ gradients / 300
    assert diagonalizes(np.eye(3), egop)
    np.testing.assert_allclose(np.diag(egop), basis.eigenvalues, rtol=1e-9)


def test_lemma_14_needs_rotation_invariance():
    """EGOP(f∘Q) = Qᵀ EGOP(f) Q for a Gaussian; fresh points from a box break it."""
    f = from_functions(lambda x: (x**4).sum(-1) / 4, lambda x: x**3, dim=2)
    Q = Eigenbasis.rotation(np.pi / 4)

    def egop(objective, rho):
        gradients = sample_gradients(objective, rho, 200_000, seed=3).gradients
        return gradients.T @ gradients / len(gradients)

    def error(rho):
        expected = rotated_egop(egop(f, rho), Q.eigenvectors)
        difference = egop(reparameterize(f, Q), rho) - expected
        return np.linalg.norm(difference) / np.linalg.norm(expected)

    assert error(Gaussian(2)) < 0.05
    assert error(UniformBox(2)) > 0.3


def test_estimated_basis_diagonalizes_fresh_samples_nearly():
    f, rho = problems()["compiled"], Gaussian(3)
    basis = estimate_eigenbasis(f, rho, 20_000, seed=0)
    gradients = sample_gradients(reparameterize(f, basis), rho, 20_000, seed=1).gradients
    original = sample_gradients(f, rho, 20_000, seed=1).gradients
    mass = off_diagonal_mass(gradients.T @ gradients)
    assert mass < 0.01 < off_diagonal_mass(original.T @ original)


def test_refuses_another_dimension():
    with pytest.raises(ValueError, match="has 3 variables, but the basis has 2"):
        reparameterize(problems()["compiled"], Eigenbasis.identity(2))
