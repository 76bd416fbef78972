"""An eigenbasis must mean something: VᵀEGOP V diagonal, E⟨∇f,v_i⟩² = λ_i. A scrambled V fails."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.eigenbasis import Eigenbasis
from egop.metrics import density, stable_rank, subspace_angle
from egop.theory import diagonalizes

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


def test_gradients_that_are_not_finite_are_counted():
    gradients, _ = planted_gradients(50, [2.0, 1.0])
    spoiled = np.concatenate([gradients, [[np.nan, 1.0], [np.inf, 0.0]]])
    basis = Eigenbasis.from_gradients(spoiled)
    assert (basis.n_samples, basis.n_excluded) == (50, 2)
    np.testing.assert_allclose(basis.eigenvalues, [2.0, 1.0])


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
        (lambda: Eigenbasis.identity(3).to_basis(np.zeros(2)), "3 coordinates"),
        (lambda: Eigenbasis.identity(3).from_basis(0.0), "3 coordinates"),
        (lambda: Eigenbasis.identity(3).angle, "2 variables, this one has 3"),
    ],
)
def test_refuses_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_the_caveat_is_kept_in_a_file(tmp_path):
    basis = replace(Eigenbasis.identity(2), caveat="the EGOP is infinite")
    basis.save(tmp_path / "basis")
    assert Eigenbasis.load(tmp_path / "basis").caveat == basis.caveat
