"""KL-Shampoo beside its formulas, by hand, and what rotations change."""

import numpy as np
import pytest

from benchmarks.oracles.closed_forms import kl_shampoo
from benchmarks.oracles.comparison import SHAPES, deviation, oracle_path, our_path
from egop import methods
from tests.methods.test_equivariance import change
from tests.methods.walks import steps_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_sixty_steps_are_those_of_the_formulas(shape):
    method = methods.kl_shampoo(0.03, beta1=0.5, beta2=0.8, eps=0.1, refresh=3, largest_root=0.0)
    oracle = oracle_path(kl_shampoo(0.03, 0.5, 0.8, 0.1, 3), shape)
    assert deviation(our_path(method, shape), oracle) < 1e-12


@pytest.mark.parametrize(
    ("kind", "shape", "unchanged"),
    [
        ("left", (4, 4), True), ("right", (4, 4), True), ("kronecker", (4, 4), True),
        ("left", (3, 6), True), ("right", (3, 6), False), ("kronecker", (3, 6), False),
        ("left", (6, 3), False), ("right", (6, 3), True), ("kronecker", (6, 3), False),
    ],
)  # fmt: skip
def test_a_rotation_of_the_longer_side_alone_changes_the_path(kind, shape, unchanged):
    """There the first gradient leaves a part of the basis open."""
    size = change(methods.kl_shampoo(), shape, kind)
    assert size < 1e-7 if unchanged else size > 1e-3


def test_two_steps_by_hand():
    gradients = [np.diag([2.0, 1.0]), np.diag([3.0, 1.0])]
    taken = steps_of(methods.kl_shampoo(beta1=0.5, eps=0.1), gradients)
    np.testing.assert_array_equal(taken[0], 0.0)
    np.testing.assert_allclose(taken[1], np.diag([1.5, 0.5]) / 0.2, rtol=1e-13)


def test_roots_stay_within_their_bound():
    gradients = np.full((400, 3, 3), 0.0)
    gradients[0] = np.eye(3)
    gradients[-1] = 1e-3 * np.eye(3)
    last = steps_of(methods.kl_shampoo(beta1=0.0, eps=0.0, beta2=0.5), gradients)[-1]
    np.testing.assert_allclose(last, 1e-3 * 10 * 10 * np.eye(3))
    free = steps_of(methods.kl_shampoo(beta1=0.0, eps=0.0, beta2=0.5, largest_root=0.0), gradients)
    np.testing.assert_allclose(free[-1], 1e-3 * 2.0**398 / 0.1 * np.eye(3), rtol=1e-10)


def test_gradients_of_low_rank_and_of_zero_make_no_noise():
    left, right = RNG.standard_normal((6, 2)), RNG.standard_normal((2, 4))
    gradients = [left @ np.diag(RNG.standard_normal(2)) @ right for _ in range(3000)]
    gradients[0] = 0 * gradients[0]
    onto = left @ np.linalg.pinv(left)
    taken = steps_of(methods.kl_shampoo(eps=0.0), gradients)
    assert np.abs(taken).max() < 100
    refreshed = taken[11:]  # of nothing any basis is one, and the steps in it leave the range
    np.testing.assert_allclose(onto @ refreshed, refreshed, atol=1e-6)


def test_factors_of_zero_stay_finite():
    gradients = np.zeros((3000, 3, 2))
    gradients[1] = 1.0
    method = methods.kl_shampoo(eps=0.0, beta2=0.5, initial_value=0.0, largest_root=0.0)
    assert np.isfinite(steps_of(method, gradients)).all()


def test_a_period_of_zero_is_refused():
    with pytest.raises(ValueError, match="takes refresh as an integer of at least 1, got 0"):
        methods.kl_shampoo(refresh=0)
    with pytest.raises(ValueError, match="takes beta2 at least 0 and below 1, got 1"):
        methods.kl_shampoo(beta2=1.0)
