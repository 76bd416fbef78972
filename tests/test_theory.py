"""The paper's statements, each held against sampled or brute-force numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.distributions import Gaussian, Laplace, StudentT, UniformBox
from egop.eigenbasis import Eigenbasis
from egop.gradients import sample_gradients
from egop.metrics import density, stable_rank
from egop.objectives import least_squares, log_sum_exp, quadratic
from egop.reparameterization import reparameterize
from egop.theory import (
    QUADRATIC_CONSTANT,
    Bracket,
    chain_rule_decay_bound,
    chain_rule_egop,
    diagonalizes,
    exact_egop,
    exact_eigenbasis,
    expects_gain,
    least_squares_egop,
    least_squares_eigenvalue_bounds,
    predict,
    quadratic_egop,
    quadratic_egop_bounds,
    quadratic_smoothness_bounds,
    ratio_bound,
    rotated_egop,
    rotated_smoothness_upper_bound,
    smoothness_lower_bound,
)

seeds = st.integers(0, 10_000)
dims = st.integers(1, 6)


def random_symmetric(dim, seed, definite=False):
    rows = np.random.default_rng(seed).standard_normal((dim, dim))
    return rows.T @ rows if definite else rows + rows.T


def is_below(smaller, larger):
    """True if smaller ⪯ larger."""
    return np.linalg.eigvalsh(larger - smaller)[0] >= -1e-9 * np.linalg.norm(larger)


@pytest.mark.parametrize(
    "rho",
    [
        Gaussian(mean=[1.0, 0.0, -1.0], covariance=np.diag([1.0, 2.0, 3.0]) + 0.5),
        UniformBox(mean=0.5, half_width=[1.0, 2.0, 3.0]),
        Laplace(3, mean=-1.0),
    ],
    ids=["gaussian", "box", "laplace"],
)
def test_closed_form_egop_of_a_quadratic_holds_for_any_distribution(rho):
    objective = quadratic(random_symmetric(3, seed=1), center=[1.0, 2.0, 3.0])
    gradients = sample_gradients(objective, rho, 400_000, seed=0).gradients
    estimate = gradients.T @ gradients / len(gradients)
    exact = exact_egop(objective, rho)
    assert np.linalg.norm(estimate - exact) < 0.01 * np.linalg.norm(exact)


def test_exact_basis_of_a_rotated_quadratic():
    objective, rho = quadratic(random_symmetric(3, seed=1)), Gaussian(3, scale=2.0)
    exact = exact_eigenbasis(objective, rho)
    rotated = reparameterize(objective, exact)
    assert diagonalizes(np.eye(3), exact_egop(rotated, rho))
    np.testing.assert_allclose(exact_eigenbasis(rotated, rho).eigenvalues, exact.eigenvalues)


def test_lemma_19_is_the_quadratic_closed_form_and_keeps_its_bounds():
    rng = np.random.default_rng(0)
    matrix, targets = rng.standard_normal((12, 5)), rng.standard_normal(12)
    egop = least_squares_egop(matrix, targets)
    center = np.linalg.lstsq(matrix, targets, rcond=None)[0]
    as_quadratic = quadratic_egop(matrix.T @ matrix, center, np.zeros(5), np.eye(5))
    np.testing.assert_allclose(egop, as_quadratic)
    bounds = least_squares_eigenvalue_bounds(matrix, targets)
    eigenvalues = np.linalg.eigvalsh(egop)[::-1]
    assert (bounds.lower <= eigenvalues * (1 + 1e-12)).all()
    assert (eigenvalues <= bounds.upper * (1 + 1e-12)).all()


def test_least_squares_objective_has_the_egop_of_lemma_19():
    objective = least_squares(dim=4, n=9)
    n, rest = int(objective.data[0]), objective.data[1:]
    matrix, targets = rest[: 4 * n].reshape(n, 4), rest[4 * n :]
    np.testing.assert_allclose(
        exact_egop(objective, Gaussian(4)), least_squares_egop(matrix, targets), atol=1e-12
    )


@given(dims, seeds, st.floats(0.0, 1.0))
@settings(deadline=None)
def test_lemma_11_brackets_the_egop_where_a1_holds(dim, seed, share):
    hessian, width = random_symmetric(dim, seed), 2.0
    direction = np.random.default_rng(seed + 1).standard_normal(dim)
    center = share * width * direction / np.linalg.norm(direction)
    egop = quadratic_egop(hessian, center, np.zeros(dim), width**2 * np.eye(dim))
    bounds = quadratic_egop_bounds(hessian, width)
    assert is_below(bounds.lower, egop)
    assert is_below(egop, bounds.upper)


def test_lemma_11_fails_where_the_distribution_is_too_narrow():
    egop = quadratic_egop(np.eye(2), [3.0, 0.0], np.zeros(2), np.eye(2))
    assert not is_below(egop, quadratic_egop_bounds(np.eye(2), 1.0).upper)


@given(dims, seeds)
@settings(deadline=None)
def test_lemma_14_for_quadratics(dim, seed):
    hessian, Q = random_symmetric(dim, seed), Eigenbasis.random(dim, seed)
    objective = quadratic(hessian, center=np.arange(dim))
    rho = Gaussian(dim, scale=1.5)
    assert rho.rotation_invariant
    np.testing.assert_allclose(
        exact_egop(reparameterize(objective, Q), rho),
        rotated_egop(exact_egop(objective, rho), Q.eigenvectors),
        atol=1e-8,
    )


@given(dims, seeds)
@settings(deadline=None)
def test_eq_4_and_lemma_18(dim, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((dim + 2, dim)) * 10.0 ** -rng.uniform(0, 2, dim)
    inner = random_symmetric(dim + 2, seed, definite=True)
    eigenvalues = np.linalg.eigvalsh(chain_rule_egop(matrix, inner))[::-1]
    bound = chain_rule_decay_bound(matrix, inner)
    assert (eigenvalues / eigenvalues[0] <= bound * (1 + 1e-9)).all()


def test_eq_4_with_sampled_gradients():
    matrix = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]])
    inner_gradients = np.random.default_rng(0).standard_normal((50, 3))
    gradients = inner_gradients @ matrix
    np.testing.assert_allclose(
        chain_rule_egop(matrix, inner_gradients.T @ inner_gradients), gradients.T @ gradients
    )


def smallest_smoothness(hessian):
    """L_f of a quadratic in two variables by brute force: min L_1 + L_2, −diag(L) ⪯ Q ⪯ diag(L)."""
    (a, b), (_, c) = hessian
    first = max(abs(a), 1e-12) + np.geomspace(1e-6, 1e3, 200_000) * (abs(b) + 1e-12)
    room = [b * b / (first - sign * a) + sign * c for sign in (1.0, -1.0)]
    return (first + np.maximum(*room)).min()


@given(seeds, st.booleans())
@settings(deadline=None, max_examples=40)
def test_smoothness_bounds_bracket_the_truth_in_two_variables(seed, definite):
    hessian = random_symmetric(2, seed, definite)
    bounds = quadratic_smoothness_bounds(hessian)
    truth = smallest_smoothness(hessian)
    assert bounds.lower <= truth * (1 + 1e-4)
    assert truth <= bounds.upper * (1 + 1e-4)


@given(dims, seeds)
@settings(deadline=None, max_examples=50)
def test_smoothness_bounds_are_ordered_and_meet_in_the_eigenbasis(dim, seed):
    hessian = random_symmetric(dim, seed)
    bounds = quadratic_smoothness_bounds(hessian)
    assert bounds.lower <= bounds.upper
    V = Eigenbasis.from_hessian(hessian).eigenvectors
    rotated = quadratic_smoothness_bounds(V.T @ hessian @ V)
    total = np.abs(np.linalg.eigvalsh(hessian)).sum()
    np.testing.assert_allclose([rotated.lower, rotated.upper], total)
    assert rotated.upper <= bounds.lower * (1 + 1e-9)


@pytest.mark.parametrize("definite", [True, False])
def test_sign_search_beyond_enumeration_stays_a_lower_bound(definite, monkeypatch):
    for seed in range(10):
        hessian = random_symmetric(9, seed, definite)
        exact = quadratic_smoothness_bounds(hessian)
        with monkeypatch.context() as patch:
            patch.setattr("egop.theory.LARGEST_ENUMERATED", 1)
            searched = quadratic_smoothness_bounds(hessian)
        assert 0.8 * exact.lower <= searched.lower <= exact.lower * (1 + 1e-12)
        assert searched.upper >= exact.upper * (1 - 1e-12)


def test_smoothness_bounds_in_many_variables():
    bounds = quadratic_smoothness_bounds(random_symmetric(60, 0, definite=True))
    assert 0 < bounds.lower < bounds.upper


@given(st.integers(2, 6), seeds)
@settings(deadline=None, max_examples=60)
def test_theorem_5_for_quadratics_where_a1_holds(dim, seed):
    """Both bounds of §2 hold, and L_{f∘V}/L_f ≤ √2·sr/(dβ_1)."""
    hessian, rng = random_symmetric(dim, seed), np.random.default_rng(seed)
    center = rng.standard_normal(dim)
    width = float(np.linalg.norm(center)) * rng.uniform(1.0, 3.0)
    objective = quadratic(hessian, center)
    basis = exact_eigenbasis(objective, Gaussian(dim, scale=width))
    V = basis.eigenvectors
    original = quadratic_smoothness_bounds(hessian)
    rotated = quadratic_smoothness_bounds(V.T @ hessian @ V)
    # L_f itself lies in its bracket, so only statements that must hold for every point of it count
    assert smoothness_lower_bound(basis, width) <= original.upper * (1 + 1e-9)
    assert rotated.lower <= rotated_smoothness_upper_bound(basis, width) * (1 + 1e-9)
    assert rotated.lower / original.upper <= np.sqrt(2) * predict(basis).ratio * (1 + 1e-9)


def test_theorem_5_needs_its_constant_in_two_variables():
    """Over random quadratics in A1, L_{f∘V}/L_f exceeds sr/(dβ_1), but never √2 of it."""
    rng = np.random.default_rng(0)
    factors, ratios, raised = [], [], []
    for _ in range(3000):
        angle, log_condition = rng.uniform(0, np.pi), rng.uniform(0, 3)
        V = Eigenbasis.rotation(angle).eigenvectors
        hessian = V @ np.diag([10**log_condition, 1.0]) @ V.T
        center = rng.standard_normal(2)
        width = float(np.linalg.norm(center)) * rng.choice([1.0, rng.uniform(1.0, 3.0)])
        egop = quadratic_egop(hessian, center, np.zeros(2), width**2 * np.eye(2))
        basis = Eigenbasis.from_matrix(egop)
        rotated = basis.eigenvectors.T @ hessian @ basis.eigenvectors
        # for a positive semidefinite H of two variables L_f is Σ|H_ij|
        change = np.abs(rotated).sum() / np.abs(hessian).sum()
        ratios.append(predict(basis).ratio)
        factors.append(change / ratios[-1])
        raised.append(change > 1)
    assert 1.2 < max(factors) <= QUADRATIC_CONSTANT
    ratios, raised = np.array(ratios), np.array(raised)
    assert raised[ratios <= 0.9].any()  # below 0.9 alone promises nothing
    assert not raised[QUADRATIC_CONSTANT * ratios < 1].any()


@given(st.integers(2, 6), seeds)
@settings(deadline=None, max_examples=60)
def test_with_the_general_constant_the_theory_never_speaks_in_two_variables(dim, seed):
    basis = Eigenbasis.from_matrix(random_symmetric(dim, seed, definite=True))
    prediction = predict(basis)
    assert ratio_bound(prediction, quadratic=False) == 2 * prediction.ratio
    assert expects_gain(prediction, quadratic=True) == (2**0.5 * prediction.ratio < 1)
    if dim == 2:
        assert not expects_gain(prediction, quadratic=False)


def test_a_bracket_is_closed_where_its_ends_meet():
    assert quadratic_smoothness_bounds(np.diag([3.0, 1.0])).is_closed
    assert not Bracket(1.0, 1.1).is_closed
    assert not Bracket(1.0, np.inf).is_closed


def test_lower_bound_is_broken_where_the_distribution_is_too_narrow():
    hessian, center = np.array([[1.0, 0.9], [0.9, 1.0]]), np.array([5.0, 5.0])
    basis = exact_eigenbasis(quadratic(hessian, center), Gaussian(2, scale=1.0))
    assert smoothness_lower_bound(basis, 1.0) > quadratic_smoothness_bounds(hessian).upper


def test_prediction_reads_off_the_spectrum():
    basis = Eigenbasis(np.array([16.0, 1.0]), Eigenbasis.rotation(np.pi / 4).eigenvectors)
    prediction = predict(basis)
    assert prediction.stable_rank == pytest.approx(1.25)
    assert prediction.density == pytest.approx(1.0)
    assert prediction.ratio == pytest.approx(1.25 / 2)
    assert prediction.rate_gain == pytest.approx(np.sqrt(2 / 1.25))


def test_no_gain_is_predicted_for_axis_aligned_or_isotropic_spectra():
    assert predict(Eigenbasis(np.array([16.0, 1.0]), np.eye(2))).ratio >= 1
    assert predict(Eigenbasis.identity(5)).ratio == pytest.approx(5.0)


def test_prediction_of_a_flat_function_is_finite():
    prediction = predict(Eigenbasis(np.zeros(3), np.eye(3)))
    assert prediction.stable_rank == 3
    assert np.isfinite(prediction).all()
    assert smoothness_lower_bound(Eigenbasis(np.zeros(3), np.eye(3)), 1.0) == 0.0


def test_smoothness_bounds_are_the_formulas_of_the_paper():
    basis = Eigenbasis.from_matrix(random_symmetric(4, 0, definite=True))
    beta, spectrum = density(basis.eigenvectors), basis.eigenvalues
    paper = 4 / (2 * 3.0) * np.sqrt(spectrum[0]) * beta[0]
    assert smoothness_lower_bound(basis, 3.0) >= paper * (1 - 1e-12)
    upper = rotated_smoothness_upper_bound(basis, 3.0)
    assert upper == pytest.approx(stable_rank(spectrum) * np.sqrt(spectrum[0]) / 3.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exact_egop(log_sum_exp(), Gaussian(2)), "no closed-form EGOP"),
        (lambda: exact_egop(quadratic(), Gaussian(3)), "but the distribution has 3"),
        (lambda: exact_egop(quadratic(), StudentT(2, 1.5)), "no finite covariance"),
        (lambda: predict(Eigenbasis.from_hessian(np.diag([1.0, -1.0]))), "not negative"),
        (lambda: quadratic_smoothness_bounds([[1.0, 2.0], [3.0, 4.0]]), "symmetric"),
    ],
)
def test_refuses_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
