"""Methods in the span of the leading eigenvectors: they are those of fewer variables."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.tuning import tune
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import from_functions, log_sum_exp, matrix_quadratic
from egop.refreshed import Refreshed
from egop.sweep import Sweep

OBJECTIVE = log_sum_exp(dim=5, n=30, singular_values=(1.0, 0.8, 0.5, 0.3, 0.2))
BASIS = Eigenbasis.random(5, 1)
START = np.array([1.0, -2.0, 0.5, 1.5, -1.0])


def restricted(k):
    """The objective in the span of the first k columns, through the start: y ↦ f(V_k y + rest)."""
    V = BASIS.eigenvectors[:, :k]
    rest = START - V @ (V.T @ START)
    return V, from_functions(
        lambda y: OBJECTIVE.value(y @ V.T + rest),
        lambda y: OBJECTIVE.gradient(y @ V.T + rest) @ V,
        dim=k,
    )


@pytest.mark.parametrize("loop", ["compiled", "general"])
@pytest.mark.parametrize("name", methods.VECTOR_METHODS)
def test_a_run_is_that_of_the_objective_in_the_span(name, loop):
    V, inside = restricted(2)
    method = methods.method(name, 0.01)
    record = () if loop == "compiled" else ("gradient",)
    path = run(OBJECTIVE, method, START, 30, basis=BASIS.leading(2), record=record)
    alone = run(inside, method, V.T @ START, 30)
    np.testing.assert_allclose(path.rotated_points[:, :2], alone.points, rtol=1e-7, atol=1e-9)
    still = np.broadcast_to(path.rotated_points[0, 2:], (31, 3))
    np.testing.assert_allclose(path.rotated_points[:, 2:], still, atol=1e-12)
    np.testing.assert_allclose(path.values, alone.values, rtol=1e-9)


def test_all_eigenvectors_are_the_whole_basis():
    whole = run(OBJECTIVE, methods.adam(0.1), START, 30, basis=BASIS)
    same = run(OBJECTIVE, methods.adam(0.1), START, 30, basis=BASIS.leading(5))
    np.testing.assert_array_equal(same.points, whole.points)


def test_methods_of_matrices_move_in_the_span_as_well():
    objective = matrix_quadratic(seed=0)
    basis = Eigenbasis.random(objective.dim, 2)
    path = run(objective, methods.muon(0.1), np.ones(objective.dim), 10, basis=basis.leading(3))
    moved = path.rotated_points - path.rotated_points[0]
    np.testing.assert_allclose(moved[:, 3:], 0, atol=1e-12)
    assert np.abs(moved[-1, :3]).min() > 0


def test_a_basis_that_is_refreshed_moves_in_one_span_after_the_other():
    basis = Refreshed(every=5, distribution=Gaussian(5), n_samples=50, leading=1)
    path = run(OBJECTIVE, methods.adam(0.1), START, 10, basis=basis)
    for first, last in ((0, 5), (5, 10)):
        steps = np.diff(path.points[first : last + 1], axis=0)
        v1 = path.bases.at(first).eigenvectors[:, 0]
        along = np.abs(steps @ v1) / np.linalg.norm(steps, axis=1)
        np.testing.assert_allclose(along, 1, rtol=1e-9)


def test_sweeps_and_tuners_run_in_the_span():
    basis, method = BASIS.leading(1), methods.gradient_descent()
    sweep = Sweep(OBJECTIVE, method, [None, basis], START, [0.01], n_steps=20).finish()
    alone = run(OBJECTIVE, methods.gradient_descent(0.01), START, 20, basis=basis)
    np.testing.assert_allclose(sweep.final_values[1, 0], alone.final_value)
    *_, tuning = tune(OBJECTIVE, [method], [None, basis], START[None], rates=[0.01], n_steps=20)
    gaps = tuning.curves["gradient_descent"].gap[:, 0] + tuning.level
    np.testing.assert_allclose(gaps, sweep.final_values[:, 0])


def test_a_file_and_the_words_keep_it(tmp_path):
    basis = BASIS.leading(2)
    basis.save(tmp_path / "basis.npz")
    assert Eigenbasis.load(tmp_path / "basis.npz").n_active == 2
    assert "runs move along the first 2" in repr(basis)
    np.savez(
        tmp_path / "old.npz", eigenvalues=np.ones(2), eigenvectors=np.eye(2), n_samples=-1,
        n_excluded=0, caveat="",
    )  # fmt: skip
    assert Eigenbasis.load(tmp_path / "old.npz").n_active is None
