"""Shampoo by hand, at shapes without a second side, and with its options."""

import numpy as np
import pytest

from egop import methods
from egop.methods.blocks import rule_blocks
from tests.methods.walks import steps_of

RNG = np.random.default_rng(0)


def power(a, exponent):
    values, vectors = np.linalg.eigh(a)
    return vectors * values**exponent @ vectors.T


def test_two_steps_by_hand():
    gradients = [np.diag([3.0, 4.0]), np.diag([4.0, 3.0])]
    taken = steps_of(methods.shampoo(eps=0.0), gradients)
    np.testing.assert_allclose(taken[0], np.eye(2), atol=1e-14)
    np.testing.assert_allclose(taken[1], np.diag([4 / 5, 3 / 5]), atol=1e-14)
    (once,) = steps_of(methods.shampoo(eps=16.0), gradients[:1])
    np.testing.assert_allclose(once, np.diag([3 / 5, 4 / 32**0.5]), atol=1e-14)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_sums_and_their_roots(shape):
    gradients = RNG.standard_normal((6, *shape))
    left = 0.1 * np.eye(shape[0]) + sum(g @ g.T for g in gradients)
    right = 0.1 * np.eye(shape[1]) + sum(g.T @ g for g in gradients)
    last = steps_of(methods.shampoo(eps=0.1), gradients)[-1]
    expected = power(left, -1 / 4) @ gradients[-1] @ power(right, -1 / 4)
    np.testing.assert_allclose(last, expected, rtol=1e-11)
    last = steps_of(methods.shampoo(eps=0.1, exponent=1.0), gradients)[-1]
    expected = power(left, -1 / 2) @ gradients[-1] @ power(right, -1 / 2)
    np.testing.assert_allclose(last, expected, rtol=1e-11)
    last = steps_of(methods.one_sided_shampoo(eps=0.1), gradients)[-1]
    np.testing.assert_allclose(last, power(left, -1 / 2) @ gradients[-1], rtol=1e-11)


@pytest.mark.parametrize("shape", [(5,), (5, 1), (1, 5)])
def test_a_vector_has_one_side(shape):
    """It is full-matrix AdaGrad with ε under the root: (S + εI)^{-1/2} g."""
    gradients = RNG.standard_normal((60, 5))
    made = gradients.reshape(60, *shape)
    if len(shape) == 1:
        (_, block) = rule_blocks(methods.shampoo(eps=1e-3), [(2, 2), shape], 9)
        assert block.shape == (5, 1)
        made = gradients[..., None]
    taken = steps_of(methods.shampoo(eps=1e-3), made).reshape(60, 5)
    sums = 1e-3 * np.eye(5) + np.cumsum(gradients[:, :, None] * gradients[:, None, :], 0)
    expected = [power(s, -1 / 2) @ g for s, g in zip(sums, gradients, strict=True)]
    np.testing.assert_allclose(taken, expected, rtol=1e-11)


def test_a_number_is_stepped_as_by_adagrad():
    taken = steps_of(methods.shampoo(eps=0.0), [np.full((1, 1), 3.0), np.full((1, 1), -4.0)])
    np.testing.assert_allclose(taken.ravel(), [1.0, -4 / 5])


def test_roots_are_of_the_first_step_and_of_every_fth():
    gradients = RNG.standard_normal((7, 3, 4))
    taken = steps_of(methods.shampoo(eps=0.1, refresh=3), gradients)
    for step, rooted in enumerate([1, 1, 3, 3, 3, 6, 6], start=1):
        left = 0.1 * np.eye(3) + sum(g @ g.T for g in gradients[:rooted])
        right = 0.1 * np.eye(4) + sum(g.T @ g for g in gradients[:rooted])
        expected = power(left, -1 / 4) @ gradients[step - 1] @ power(right, -1 / 4)
        np.testing.assert_allclose(taken[step - 1], expected, rtol=1e-11)
    (once,) = steps_of(methods.one_sided_shampoo(eps=0.1, refresh=2), gradients)[2:3]
    left = 0.1 * np.eye(3) + sum(g @ g.T for g in gradients[:2])
    np.testing.assert_allclose(once, power(left, -1 / 2) @ gradients[2], rtol=1e-11)


def test_means_are_corrected_as_those_of_adam():
    gradients = RNG.standard_normal((5, 3, 4))
    method = methods.shampoo(eps=0.1, accumulation="mean", beta2=0.9, momentum=0.8)
    weights, slow = (b ** np.arange(5)[::-1] for b in (0.8, 0.9))
    mean = np.tensordot(weights / weights.sum(), gradients, 1)
    slow = slow / slow.sum()
    left = 0.1 * np.eye(3) + sum(w * g @ g.T for w, g in zip(slow, gradients, strict=True))
    right = 0.1 * np.eye(4) + sum(w * g.T @ g for w, g in zip(slow, gradients, strict=True))
    expected = power(left, -1 / 4) @ mean @ power(right, -1 / 4)
    np.testing.assert_allclose(steps_of(method, gradients)[-1], expected, rtol=1e-11)


@pytest.mark.parametrize("make", [methods.shampoo, methods.one_sided_shampoo])
@pytest.mark.parametrize("eps", [0.0, 1e-30, 1e-6])
def test_gradients_of_low_rank_are_stepped_on_their_range(make, eps):
    left, right = RNG.standard_normal((6, 2)), RNG.standard_normal((2, 4))
    gradients = [left @ np.diag(RNG.standard_normal(2)) @ right for _ in range(20)]
    onto = left @ np.linalg.pinv(left)
    for taken in steps_of(make(eps=eps), gradients):
        assert np.linalg.norm(taken) < 10
        np.testing.assert_allclose(onto @ taken, taken, atol=1e-7)


@pytest.mark.parametrize("make", [methods.shampoo, methods.one_sided_shampoo])
@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "2"])
def test_a_period_that_is_none_is_refused(make, bad):
    with pytest.raises(ValueError, match="takes refresh as an integer of at least 1, got"):
        make(refresh=bad)
    if bad != "2":
        with pytest.raises(ValueError, match="takes refresh as an integer of at least 1, got"):
            make().changed(refresh=bad)


def test_words_and_numbers_that_it_does_not_take_are_refused():
    with pytest.raises(ValueError, match="takes accumulation 'sum' or 'mean', got 'ema'"):
        methods.shampoo(accumulation="ema")
    with pytest.raises(ValueError, match="takes exponent finite and at least 0"):
        methods.shampoo(exponent=-1.0)
    with pytest.raises(ValueError, match="takes momentum at least 0 and below 1"):
        methods.shampoo(momentum=1.0)
