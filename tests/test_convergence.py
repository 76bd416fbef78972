"""Theorem 3 with its constants, against runs of Adagrad in both bases."""

import numpy as np
import pytest

import egop
from egop.convergence import gradient_norm_1_bound, quadratic_smoothness
from egop.distributions import Gaussian
from egop.objectives import quadratic
from egop.theory import exact_eigenbasis

N_STEPS = 300


def problem():
    """A quadratic whose leading eigenvector is dense, and its EGOP eigenbasis."""
    dim = 6
    dense = np.linalg.qr(np.c_[np.ones(dim), np.eye(dim)[:, 1:]])[0]
    hessian = dense @ np.diag([100.0, 3, 1, 0.3, 0.1, 0.03]) @ dense.T
    objective = quadratic((hessian + hessian.T) / 2)
    return objective, exact_eigenbasis(objective, Gaussian(dim))


def bounds(learning_rate: float, accumulator: float):
    """Of both bases, for T = 1 … N_STEPS."""
    objective, basis = problem()
    hessian = objective.quadratic[0]
    gap = float(objective.value(np.ones(6)))
    steps = np.arange(1, N_STEPS + 1)
    rotated = basis.eigenvectors.T @ hessian @ basis.eigenvectors
    return [
        gradient_norm_1_bound(
            quadratic_smoothness((each + each.T) / 2), gap, learning_rate, steps, accumulator
        )
        for each in (hessian, rotated)
    ]


@pytest.mark.parametrize("learning_rate", [0.01, 0.3, 10.0])
@pytest.mark.parametrize("accumulator", [1e-3, 0.1, 10.0])
def test_the_least_gradient_norm_stays_below_the_bound(learning_rate, accumulator):
    objective, basis = problem()
    method = egop.methods.adagrad(learning_rate, 0.0, initial_accumulator=accumulator)
    for bound, coordinates in zip(bounds(learning_rate, accumulator), (None, basis), strict=True):
        path = egop.run(objective, method, np.ones(6), N_STEPS, basis=coordinates)
        least = np.minimum.accumulate(path.gradient_norms_1[:-1])
        assert (least <= bound).all()


def test_the_bound_falls_with_the_smoothness_constant_in_the_eigenbasis():
    original, rotated = (each[-1] for each in bounds(10.0, 0.1))
    assert rotated < original
    objective, basis = problem()
    turned = basis.eigenvectors.T @ objective.quadratic[0] @ basis.eigenvectors
    ratio = quadratic_smoothness((turned + turned.T) / 2).sum()
    ratio /= quadratic_smoothness(objective.quadratic[0]).sum()
    assert ratio < 0.3
    assert rotated / original == pytest.approx(ratio, rel=0.5)  # at large steps, up to logarithms


def test_smoothness_of_a_quadratic_satisfies_lemma_10():
    objective, _ = problem()
    hessian = objective.quadratic[0]
    smoothness = np.diag(quadratic_smoothness(hessian))
    assert np.linalg.eigvalsh(smoothness - hessian)[0] >= 0
    assert np.linalg.eigvalsh(smoothness + hessian)[0] >= 0
    np.testing.assert_array_equal(quadratic_smoothness(np.diag([2.0, -3.0])), [2, 3])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accumulator": 0.0}, "accumulator of 0 the bound has no constants"),
        ({"learning_rate": -1.0}, "a learning_rate above zero, got -1"),
        ({"gap": np.nan}, "a gap above zero, got nan"),
        ({"smoothness": [-1.0]}, "finite L_i of at least 0"),
        ({"n_steps": 0}, "at least one step, got 0"),
    ],
)
def test_what_has_no_bound_is_one_sentence(changes, words):
    given = {"smoothness": [1.0], "gap": 1.0, "learning_rate": 0.1, "n_steps": 5} | changes
    with pytest.raises(ValueError, match=words):
        gradient_norm_1_bound(**given)
