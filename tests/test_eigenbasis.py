"""An eigenbasis must mean something: VᵀEGOP V diagonal, E⟨∇f,v_i⟩² = λ_i. A scrambled V fails."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.distributions import (
    Empirical,
    Gaussian,
    Laplace,
    Mixture,
    StudentT,
    UniformBall,
    UniformBox,
    from_sampler,
)
from egop.eigenbasis import Eigenbasis, StreamingEGOP, estimate_eigenbasis
from egop.gradients import gradient_chunks, sample_gradients
from egop.metrics import density, stable_rank, subspace_angle
from egop.objectives import from_expression, from_functions, power_law
from egop.objectives.convex import log_sum_exp, quadratic
from egop.theory import diagonalizes, exact_eigenbasis

seeds = st.integers(0, 10_000)
dims = st.integers(1, 6)


def planted_gradients(n_samples, eigenvalues, seed=0):
    """Gradients whose outer product has these eigenvalues exactly, and its eigenvectors."""
    rank, dim = min(n_samples, len(eigenvalues)), len(eigenvalues)
    rng = np.random.default_rng(seed)
    left, _ = np.linalg.qr(rng.standard_normal((n_samples, rank)))
    V = Eigenbasis.random(dim, seed + 1).eigenvectors
    return left * np.sqrt(n_samples * np.asarray(eigenvalues[:rank])) @ V[:, :rank].T, V


def second_moment(gradients):
    return gradients.T @ gradients / len(gradients)


shapes = pytest.mark.parametrize(
    ("n_samples", "dim"), [(4, 12), (12, 12), (13, 12), (500, 12), (3, 1), (1, 5)]
)


@shapes
def test_planted_spectrum_is_recovered(n_samples, dim):
    planted = 10.0 ** -np.linspace(0, 5, dim)
    gradients, V = planted_gradients(n_samples, planted)
    basis = Eigenbasis.from_gradients(gradients)
    rank = min(n_samples, dim)
    np.testing.assert_allclose(basis.eigenvalues[:rank], planted[:rank], rtol=1e-9)
    assert not basis.eigenvalues[rank:].any()
    for k in range(rank):
        assert subspace_angle(basis.eigenvectors[:, k], V[:, k]) < 1e-9


@shapes
def test_eigenvectors_diagonalize_the_second_moment(n_samples, dim):
    gradients, _ = planted_gradients(n_samples, np.linspace(3, 1, dim))
    basis = Eigenbasis.from_gradients(gradients, seed=8)
    assert diagonalizes(basis.eigenvectors, second_moment(gradients))
    np.testing.assert_allclose(basis.matrix, second_moment(gradients), atol=1e-12)


@shapes
def test_eigenvalues_are_mean_squared_slopes_along_the_eigenvectors(n_samples, dim):
    """Eq. (2): λ_i = E⟨∇f, v_i⟩²."""
    gradients, _ = planted_gradients(n_samples, np.linspace(3, 1, dim))
    basis = Eigenbasis.from_gradients(gradients)
    slopes = (gradients @ basis.eigenvectors) ** 2
    np.testing.assert_allclose(slopes.mean(axis=0), basis.eigenvalues, atol=1e-12)


@pytest.mark.parametrize("n_samples", [5, 200])
def test_a_scrambled_basis_is_found_out(n_samples):
    gradients, _ = planted_gradients(n_samples, np.linspace(3, 1, 6))
    basis = Eigenbasis.from_gradients(gradients)
    V, egop = basis.eigenvectors, second_moment(gradients)
    scrambled = {
        "transposed": V.T,
        "reshaped": V.ravel(order="F").reshape(6, 6),
        "reversed": V[:, ::-1],
        "rows permuted": V[::-1],
        "other": Eigenbasis.random(6, 3).eigenvectors,
    }
    assert diagonalizes(V, egop)
    for name, wrong in scrambled.items():
        assert not diagonalizes(wrong, egop), name


def test_estimate_agrees_with_the_closed_form():
    objective = quadratic(condition_number=30.0, angle=0.7)
    estimate = estimate_eigenbasis(objective, Gaussian(2), n_samples=20_000, seed=0)
    exact = exact_eigenbasis(objective, Gaussian(2))
    np.testing.assert_allclose(estimate.eigenvalues, exact.eigenvalues, rtol=0.05)
    assert subspace_angle(estimate.eigenvectors[:, 0], exact.eigenvectors[:, 0]) < 0.01
    assert estimate.angle == pytest.approx(0.7, abs=0.01)
    assert estimate.n_samples == 20_000


def test_estimate_follows_the_seed():
    objective = log_sum_exp(dim=6, singular_values=1.0 / np.arange(1, 7))
    first, again, other = (
        estimate_eigenbasis(objective, Gaussian(6), n_samples=4, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.eigenvectors, again.eigenvectors)
    assert not np.allclose(first.eigenvectors, other.eigenvectors)


@pytest.mark.parametrize("n_samples", [3, 6, 2500])
def test_streamed_estimate_equals_the_one_shot_one(n_samples):
    objective, rho = log_sum_exp(dim=6, singular_values=10.0 ** -np.arange(6)), Gaussian(6, scale=9)
    streaming = StreamingEGOP(6)
    for chunk in gradient_chunks(objective, rho, n_samples, seed=2, chunk_sizes=(1, 2, 100)):
        streaming = streaming.add(chunk.gradients)
    streamed = streaming.eigenbasis(seed=2)
    one_shot = estimate_eigenbasis(objective, rho, n_samples, seed=2)
    values = one_shot.eigenvalues
    error = (
        50 * np.finfo(float).eps * np.sqrt(values[0] * values)
    )  # singular values are good to σ₁ε
    assert (np.abs(streamed.eigenvalues - values) <= error + 1e-30).all()
    known = min(n_samples, 6)
    np.testing.assert_allclose(
        streamed.eigenvectors[:, :known], one_shot.eigenvectors[:, :known], atol=1e-9
    )
    assert streamed.n_samples == one_shot.n_samples == n_samples


def test_merged_estimates_do_not_depend_on_the_order():
    gradients, _ = planted_gradients(90, np.linspace(3, 1, 4))
    left, right = StreamingEGOP(4).add(gradients[:20]), StreamingEGOP(4).add(gradients[20:])
    one_shot = Eigenbasis.from_gradients(gradients)
    for merged in (left.merge(right), right.merge(left)):
        np.testing.assert_allclose(merged.eigenbasis().matrix, one_shot.matrix, atol=1e-12)
    assert left.n_samples == 20


def test_gradients_that_are_not_finite_are_counted():
    gradients, _ = planted_gradients(50, [2.0, 1.0])
    spoiled = np.concatenate([gradients, [[np.nan, 1.0], [np.inf, 0.0]]])
    basis = Eigenbasis.from_gradients(spoiled)
    assert (basis.n_samples, basis.n_excluded) == (50, 2)
    np.testing.assert_allclose(basis.eigenvalues, [2.0, 1.0])
    root = from_functions(lambda x: np.sqrt(x[..., 0]), lambda x: 0.5 / np.sqrt(x), dim=1)
    with pytest.warns(RuntimeWarning, match="looks so"):  # 1/x has no mean
        estimate = estimate_eigenbasis(root, UniformBox(1), 500)
    assert estimate.n_samples is not None
    assert estimate.n_excluded == 500 - estimate.n_samples > 200


def test_zero_gradient_everywhere_gives_the_identity():
    flat = from_functions(lambda x: 0 * x[..., 0], lambda x: 0 * x, dim=3)
    basis = estimate_eigenbasis(flat, Gaussian(3), 10)
    np.testing.assert_array_equal(basis.eigenvalues, np.zeros(3))
    np.testing.assert_array_equal(basis.eigenvectors, np.eye(3))


def test_one_gradient_is_its_own_first_eigenvector():
    basis = Eigenbasis.from_gradients([[3.0, -4.0]])
    np.testing.assert_allclose(basis.eigenvalues, [25.0, 0.0])
    np.testing.assert_allclose(basis.eigenvectors[:, 0], [-0.6, 0.8])


def test_repeated_eigenvalues_still_diagonalize():
    egop = np.diag([2.0, 2.0, 1.0])
    assert diagonalizes(Eigenbasis.from_matrix(egop).eigenvectors, egop)


@given(dims, seeds)
@settings(deadline=None)
def test_from_matrix_diagonalizes_it(dim, seed):
    rows = np.random.default_rng(seed).standard_normal((dim + 2, dim))
    basis = Eigenbasis.from_matrix(rows.T @ rows)
    assert diagonalizes(basis.eigenvectors, rows.T @ rows)
    np.testing.assert_allclose(basis.matrix, rows.T @ rows, atol=1e-10)


@given(dims, seeds)
@settings(deadline=None)
def test_from_hessian_orders_by_magnitude_and_keeps_signs(dim, seed):
    hessian = np.random.default_rng(seed).standard_normal((dim, dim))
    hessian += hessian.T
    basis = Eigenbasis.from_hessian(hessian)
    np.testing.assert_allclose(basis.matrix, hessian, atol=1e-10)
    assert (np.diff(np.abs(basis.eigenvalues)) <= 1e-10).all()


@given(dims, seeds)
@settings(deadline=None)
def test_to_basis_and_back_is_the_identity_and_keeps_lengths(dim, seed):
    basis = Eigenbasis.random(dim, seed)
    x = np.random.default_rng(seed).standard_normal((2, 3, dim))
    z = basis.to_basis(x)
    np.testing.assert_allclose(basis.from_basis(z), x, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(z, axis=-1), np.linalg.norm(x, axis=-1))


def test_coordinates_in_the_basis_are_inner_products_with_its_columns():
    basis = Eigenbasis.random(4, 0)
    x = np.arange(4.0)
    np.testing.assert_allclose(basis.to_basis(x)[2], x @ basis.eigenvectors[:, 2])
    np.testing.assert_allclose(basis.from_basis([0.0, 0.0, 1.0, 0.0]), basis.eigenvectors[:, 2])


@given(st.floats(-10, 10))
def test_rotation_turns_the_first_axis_by_its_angle(angle):
    basis = Eigenbasis.rotation(angle)
    np.testing.assert_allclose(basis.eigenvectors[:, 0], [np.cos(angle), np.sin(angle)])
    assert np.linalg.det(basis.eigenvectors) == pytest.approx(1.0)
    difference = (basis.angle - angle) / np.pi
    assert difference == pytest.approx(round(difference), abs=1e-9)
    assert -np.pi / 2 < basis.angle <= np.pi / 2


def test_random_basis_is_uniform():
    entries = np.stack([Eigenbasis.random(3, seed).eigenvectors for seed in range(2000)])
    np.testing.assert_allclose(entries.mean(axis=0), 0.0, atol=0.05)
    np.testing.assert_allclose((entries**2).mean(axis=0), 1 / 3, atol=0.03)
    np.testing.assert_allclose((entries**4).mean(axis=0), 1 / 5, atol=0.03)


def test_a_previous_basis_decides_signs_and_never_the_order():
    basis = Eigenbasis(np.array([4.0, 1.0]), Eigenbasis.rotation(1.5).eigenvectors)
    frame = basis.oriented(Eigenbasis.identity(2))
    np.testing.assert_array_equal(frame.eigenvalues, [4.0, 1.0])
    np.testing.assert_allclose(frame.eigenvectors, basis.eigenvectors)
    turned = Eigenbasis(np.array([4.0, 1.0]), -basis.eigenvectors).oriented(frame)
    np.testing.assert_allclose(turned.eigenvectors, frame.eigenvectors)


@given(st.integers(1, 6), st.integers(0, 10_000))
@settings(deadline=None)
def test_v_k_belongs_to_its_eigenvalue_whatever_was_shown_before(dim, seed):
    gradients = np.random.default_rng(seed).standard_normal((50, dim)) * np.arange(1, dim + 1)
    basis = Eigenbasis.from_gradients(gradients)
    for previous in (None, Eigenbasis.random(dim, seed), Eigenbasis.identity(dim)):
        frame = basis.oriented(previous)
        assert np.linalg.det(frame.eigenvectors) == pytest.approx(1.0)
        means = ((gradients @ frame.eigenvectors) ** 2).mean(axis=0)
        np.testing.assert_allclose(means, basis.eigenvalues)
        assert (np.diff(frame.eigenvalues) <= 0).all()


@pytest.mark.parametrize("name", ["basis.npz", "basis", "v1.basis"])
def test_a_saved_basis_is_loaded_bit_by_bit(tmp_path, name):
    basis = Eigenbasis.from_gradients([[1.0, 2.0, 3.0], [np.nan, 0.0, 0.0], [0.1, 0.7, 0.2]])
    basis.save(tmp_path / name)
    loaded = Eigenbasis.load(tmp_path / name)
    np.testing.assert_array_equal(loaded.eigenvalues, basis.eigenvalues)
    np.testing.assert_array_equal(loaded.eigenvectors, basis.eigenvectors)
    assert (loaded.n_samples, loaded.n_excluded) == (2, 1)
    Eigenbasis.identity(2).save(str(tmp_path / name))
    assert Eigenbasis.load(str(tmp_path / name)).n_samples is None


def test_a_file_that_is_no_basis_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*Eigenbasis\.save"):
        Eigenbasis.load(tmp_path / "missing")
    (tmp_path / "text.npz").write_text("no basis")
    np.savez(tmp_path / "other.npz", weights=np.eye(2))
    np.save(tmp_path / "array.npy", np.eye(2))
    for name in ("text.npz", "other.npz", "array.npy"):
        with pytest.raises(ValueError, match=rf"{name} is no file that Eigenbasis\.save") as caught:
            Eigenbasis.load(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_stable_rank_and_density_are_those_of_the_metrics():
    basis = Eigenbasis.from_matrix([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
    assert basis.stable_rank == stable_rank(basis.eigenvalues)
    np.testing.assert_array_equal(basis.density, density(basis.eigenvectors))
    hessian = Eigenbasis.from_hessian(np.diag([-4.0, 1.0]))
    assert hessian.stable_rank == pytest.approx(1.5)


def test_repr_is_one_short_line():
    basis = Eigenbasis.from_gradients([[3.0, 4.0], [np.nan, 1.0]])
    assert repr(basis) == (
        "<Eigenbasis of 2 variables: eigenvalues 25, 0, n_samples=1, n_excluded=1>"
    )
    assert len(repr(Eigenbasis.identity(300))) < 120


def test_arrays_are_read_only():
    basis = Eigenbasis.identity(2)
    for array in (basis.eigenvalues, basis.eigenvectors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Eigenbasis(np.array([1.0, 2.0]), np.eye(2)), "descending order"),
        (lambda: Eigenbasis(np.array([1.0, 1.0]), np.eye(3)), r"got \(2,\) and \(3, 3\)"),
        (lambda: Eigenbasis(np.array([1.0, np.nan]), np.eye(2)), "finite"),
        (
            lambda: Eigenbasis(np.array([2.0, 1.0]), np.array([[1.0, 1.0], [0.0, 1.0]])),
            "orthonormal columns",
        ),
        (lambda: Eigenbasis.from_matrix([[1.0, 0.0], [0.0, -1.0]]), "from_hessian"),
        (lambda: Eigenbasis.from_matrix([[1.0, 2.0], [0.0, 1.0]]), "symmetric"),
        (lambda: Eigenbasis.from_matrix([1.0, 2.0]), "square"),
        (lambda: Eigenbasis.from_gradients([1.0, 2.0]), r"gradients \(M, d\)"),
        (lambda: Eigenbasis.from_gradients(np.zeros((0, 3))), r"got shape \(0, 3\)"),
        (lambda: Eigenbasis.from_gradients([[np.nan, 1.0]]), r"got none \(1 left out\)"),
        (lambda: StreamingEGOP(2).eigenbasis(), "at least one finite gradient"),
        (lambda: StreamingEGOP(2).add(np.zeros((4, 3))), r"takes gradients \(M, 2\)"),
        (lambda: StreamingEGOP(2).merge(StreamingEGOP(3)), "2 variables, got 3"),
        (lambda: Eigenbasis.identity(3).to_basis(np.zeros(2)), "3 coordinates"),
        (lambda: Eigenbasis.identity(3).from_basis(0.0), "3 coordinates"),
        (lambda: Eigenbasis.identity(3).angle, "2 variables, this one has 3"),
        (lambda: estimate_eigenbasis(quadratic(), Gaussian(3)), "but the distribution has 3"),
    ],
)
def test_refuses_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_sampling_error_falls_like_one_over_root_m():
    """EGOP of a quadratic under N(μ, Σ) tends to H(Σ + (μ−c)(μ−c)ᵀ)H with slope −1/2."""
    hessian = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]])
    objective = quadratic(hessian, center=[1.0, 0.0, -1.0])
    rho = Gaussian(mean=[0.5, 1.0, 0.0], covariance=np.diag([1.0, 4.0, 0.25]) + 0.1)
    exact = exact_eigenbasis(objective, rho).matrix
    sizes = np.array([100, 400, 1600, 6400])

    def error(size):
        errors = [
            second_moment(sample_gradients(objective, rho, size, seed).gradients) - exact
            for seed in range(60)
        ]
        return np.sqrt(np.mean(np.square(errors)))

    slope = np.polyfit(np.log(sizes), [np.log(error(size)) for size in sizes], 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.06)


def test_a_basis_of_gradients_with_a_pole_has_a_caveat_and_warns():
    """∂f/∂x = 1 − 1/(x+1), whose square has no mean where the density at −1 is not 0."""
    barrier = from_expression("-log(x+1) - 3*log(y+2) + x + y")
    with pytest.warns(RuntimeWarning, match=r"is infinite or looks so .*caveat says why"):
        basis = estimate_eigenbasis(barrier, Gaussian(2, scale=2.0), 2000, seed=0)
    assert basis.n_excluded == pytest.approx(880, abs=80)
    assert basis.n_samples == 2000 - basis.n_excluded
    assert "the EGOP may be infinite (tail index of the squared gradient 0." in basis.caveat
    assert "has a caveat" in repr(basis)


@pytest.mark.parametrize("text", ["1/x + y", "-log(x + 2y)", "tan(x) + y", "exp(x^2) + y"])
def test_poles_and_fast_growth_give_a_caveat(text):
    with pytest.warns(RuntimeWarning, match="looks so"):
        basis = estimate_eigenbasis(from_expression(text), Gaussian(2), 2000)
    assert "may be infinite" in basis.caveat


@pytest.mark.parametrize("text", ["sqrt(x) + y", "log(x^2 + y^2)", "sqrt(|x|) + y^2"])
def test_squares_without_a_mean_by_a_hair_give_a_caveat(text):
    """The tail index is 1: half of the estimates are above."""
    for seed in range(3):
        with pytest.warns(RuntimeWarning, match="looks so"):
            estimate_eigenbasis(from_expression(text), Gaussian(2), 2000, seed)


def test_a_distribution_without_the_moments_gives_a_caveat():
    with pytest.warns(RuntimeWarning, match="looks so"):
        basis = estimate_eigenbasis(quadratic(), StudentT(2, 2.0), 500)
    assert basis.caveat.startswith("the EGOP is infinite")


@pytest.mark.parametrize(
    ("text", "rho"),
    [
        ("exp(3x) + y", Gaussian(2)),
        ("cosh(4x) + y", Mixture([Gaussian(2), Gaussian(2, mean=3.0)])),
        ("exp(100x) + y", UniformBox(2)),
        ("exp(30*(x^2 + y^2))", UniformBall(2)),
        ("exp(exp(5x)) + y", UniformBox(2)),
        ("exp(10x) + y", Empirical(np.random.default_rng(0).standard_normal((500, 2)))),
    ],
)
def test_exponentials_have_finite_moments_where_the_distribution_decays_faster(text, rho):
    for seed in range(3):
        assert not estimate_eigenbasis(from_expression(text), rho, 2000, seed).caveat


@pytest.mark.parametrize(
    ("text", "rho"), [("exp(3x) + y", Laplace(2)), ("exp(0.3*x^2) + y", Gaussian(2))]
)
def test_exponentials_that_grow_as_fast_as_the_distribution_decays_give_a_caveat(text, rho):
    with pytest.warns(RuntimeWarning, match="looks so"):
        estimate_eigenbasis(from_expression(text), rho, 2000)


def test_heavy_tails_of_a_sampler_that_tells_no_moments_give_a_caveat():
    objective = quadratic(condition_number=10.0)
    cauchy = from_sampler(lambda n, rng: rng.standard_cauchy((n, 2)))
    normal = from_sampler(lambda n, rng: rng.standard_normal((n, 2)))
    for seed in range(3):
        with pytest.warns(RuntimeWarning, match="looks so"):
            estimate_eigenbasis(objective, cauchy, 2000, seed)
        for finite in (objective, from_expression("(1-x)^2 + 100*(y-x^2)^2")):
            assert not estimate_eigenbasis(finite, normal, 2000, seed).caveat


FINITE = ["(1-x)^2 + 100*(y-x^2)^2", "log(1 + x^2) + y^2", "norm(x, y) + exp(x/4)"]


@pytest.mark.parametrize(
    "objective", [log_sum_exp(100, 100, power_law(100, 2.0)), *map(from_expression, FINITE)]
)
def test_a_finite_egop_has_no_caveat(objective):
    """The largest gradients of the log-sum-exp outweigh the others, but they are bounded."""
    for seed in range(5):
        assert not estimate_eigenbasis(objective, Gaussian(objective.dim), 1000, seed).caveat


def test_the_caveat_is_kept_in_a_file(tmp_path):
    basis = replace(Eigenbasis.identity(2), caveat="the EGOP is infinite")
    basis.save(tmp_path / "basis")
    assert Eigenbasis.load(tmp_path / "basis").caveat == basis.caveat
