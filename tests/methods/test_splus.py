"""SPlus by hand, what rotations change, and the mean of its iterates."""

import numpy as np
import pytest
import torch

from benchmarks.oracles.optimizers import library
from egop import methods
from egop.methods.blocks import rule_blocks
from tests.methods.walks import gradients_of, path_of, steps_of

RNG = np.random.default_rng(0)


def test_two_steps_by_hand():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    gradients = [turn @ np.diag([3.0, 2.0]), turn @ np.array([[1.0, -30.0], [-20.0, -10.0]])]
    first, second = steps_of(methods.splus(beta1=0.0), gradients)
    np.testing.assert_array_equal(first, 0.5 * np.sign(gradients[0]))
    np.testing.assert_allclose(second, 0.5 * turn @ [[1, -1], [-1, -1]], atol=1e-14)


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3)])
def test_rotations_change_the_first_step_alone(shape):
    gradients = gradients_of(shape, 30)
    left, right = (np.linalg.qr(RNG.standard_normal((n, n)))[0] for n in shape)
    left = left if shape[0] <= shape[1] else np.eye(shape[0])
    right = right if shape[1] <= shape[0] else np.eye(shape[1])
    method = methods.splus(refresh=10)
    steps = steps_of(method, gradients)
    turned = left @ steps_of(method, left.T @ gradients @ right) @ right.T
    assert np.abs(turned[0] - steps[0]).max() > 0.1
    np.testing.assert_allclose(turned[1:], steps[1:], atol=1e-10)


def test_skipped_gradients_only_make_the_bases():
    gradients = gradients_of((6, 3), 12)
    steps = steps_of(methods.splus(skipped=3), gradients)
    np.testing.assert_array_equal(steps[:3], 0.0)
    q, p = (
        np.linalg.eigh(sum(0.999**-t * a @ a.T for t, a in enumerate(each)))[1]
        for each in (gradients[:3], gradients[:3].swapaxes(1, 2))
    )
    mean = sum(0.9 ** (3 - t) * 0.1 * g for t, g in enumerate(gradients[:4]))
    np.testing.assert_allclose(steps[3], 2 / 9 * q @ np.sign(q.T @ mean @ p) @ p.T, atol=1e-12)


def test_entries_that_are_round_off_have_no_sign():
    left, right = RNG.standard_normal((5, 2)), RNG.standard_normal((2, 4))
    gradients = [left @ np.diag(RNG.standard_normal(2)) @ right for _ in range(20)]
    onto = left @ np.linalg.pinv(left)
    taken = steps_of(methods.splus(refresh=5), gradients)[1:]
    np.testing.assert_allclose(onto @ taken, taken, atol=1e-12)


def test_the_mean_of_iterates_is_the_one_at_which_the_library_evaluates():
    gradients = gradients_of((3, 3), 25)
    point = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    optimizer = library("SPlus")([point], 0.1, weight_decay=0.0, ema_rate=0.9)
    for gradient in gradients:
        point.grad = torch.tensor(gradient)
        optimizer.step()
    optimizer.eval()
    path = path_of(methods.splus(), gradients)
    means = methods.iterate_average(path, decay=0.9)
    np.testing.assert_allclose(means[-1], point.detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(means[0], path[1], rtol=1e-14)
    np.testing.assert_allclose(means[1], (0.9 * path[1] + path[2]) / 1.9, rtol=1e-13)
    with pytest.raises(ValueError, match="iterate_average takes decay at least 0 and below 1"):
        methods.iterate_average(path, decay=1.0)


def test_weights_decay_and_vectors_are_stepped_by_signs():
    method = methods.splus(0.1, weight_decay=0.5)
    matrix, vector = rule_blocks(method, [(2, 3), (4,)], 10)
    point = np.ones(6)
    direction, _, _ = matrix.step(np.zeros(6), matrix.new_state(point), point, (), 1)
    np.testing.assert_allclose(direction, 0.5 * 2 / 5)
    assert vector.method.name == "sign_momentum"
    assert vector.method.learning_rate == 0.001


def test_a_period_of_zero_is_refused():
    with pytest.raises(ValueError, match="splus takes refresh as an integer of at least 1, got 0"):
        methods.splus(refresh=0)
