"""ASGO in both forms and DASGO by hand and beside what the authors' code does."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from benchmarks.oracles.closed_forms import asgo, dasgo
from benchmarks.oracles.comparison import SHAPES, deviation, oracle_path, our_path
from egop import methods
from egop.methods.blocks import rule_blocks
from tests.methods.walks import gradients_of, path_of, steps_of

RNG = np.random.default_rng(0)
RESCALED = [methods.asgo, methods.dasgo]


def test_two_steps_of_asgo_by_hand():
    gradients = [np.diag([3.0, 4.0]), np.diag([1.0, 2.0])]
    first, second = steps_of(methods.asgo(momentum=0.5, beta2=0.5, eps=0.0), gradients)
    np.testing.assert_allclose(first, 0.2 * 2 / 2**0.5 * np.eye(2), rtol=1e-13)
    mean, gram = np.array([1.25, 2.0]), np.array([2.75, 6.0])
    ratio = mean / gram**0.5
    expected = np.diag(0.4 * ratio / np.linalg.norm(ratio))
    np.testing.assert_allclose(second, expected, rtol=1e-13)


def test_two_steps_of_dasgo_by_hand():
    gradients = [np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])]
    first, second = steps_of(methods.dasgo(momentum=0.5, beta2=0.5, eps=0.0), gradients)
    rows = np.array([[0.6, 0.8], [0.0, 1.0]])
    np.testing.assert_allclose(first, 0.4 * rows / 2**0.5, rtol=1e-13)
    rows = np.array([[0.75 / 6.25**0.5, 1.0 / 6.25**0.5], [0.0, 0.75 / 0.75**0.5]])
    np.testing.assert_allclose(second, 0.4 * rows / np.linalg.norm(rows), rtol=1e-13)


def test_two_steps_of_sums_by_hand():
    gradients = [np.diag([3.0, 4.0]), np.diag([4.0, 3.0])]
    taken = steps_of(methods.accumulating_asgo(eps=1.0), gradients)
    np.testing.assert_allclose(taken[0], np.diag([3 / 4, 4 / 5]), rtol=1e-13)
    np.testing.assert_allclose(taken[1], np.diag([4 / 6, 3 / 6]), rtol=1e-13)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_sixty_steps_are_those_of_the_authors_formulas(shape):
    ours = our_path(methods.asgo(0.1, weight_decay=0.1), shape)
    assert deviation(ours, oracle_path(asgo(0.1, 0.9, 0.8, 0.1), shape)) < 1e-9
    ours = our_path(methods.dasgo(0.1, weight_decay=0.1), shape)
    assert deviation(ours, oracle_path(dasgo(0.1, 0.9, 0.95, 1e-8, 0.1), shape)) < 1e-12


def test_the_preconditioner_stands_on_the_shorter_side():
    gradients = gradients_of((3, 6), 12)
    wide = path_of(methods.asgo(), gradients)
    tall = path_of(methods.asgo(), gradients.swapaxes(1, 2))
    np.testing.assert_allclose(tall, wide.swapaxes(1, 2), atol=1e-12)
    square = RNG.standard_normal((2, 3, 3))
    _, taken = steps_of(methods.asgo(momentum=0.0, beta2=0.5, eps=0.0), square)
    gram = 0.25 * square[0].T @ square[0] + 0.5 * square[1].T @ square[1]
    expected = square[1] @ np.linalg.inv(sqrtm(gram))
    np.testing.assert_allclose(taken, 0.6 * expected / np.linalg.norm(expected), rtol=1e-10)
    (block,) = rule_blocks(methods.asgo(), [(50, 2)], 100)
    assert block.state_shapes() == ((50, 2), (2, 2), (2, 2))


def test_the_authors_dasgo_steps_the_transposed_matrix():
    gradients = gradients_of((3, 5), 12)
    theirs = 0
    mean = sums = 0
    for g in gradients:
        mean, sums = 0.9 * mean + 0.1 * g, 0.95 * sums + 0.05 * (g * g).sum(0)
        step = mean * (sums + 1e-8) ** -0.5
        theirs = theirs - 0.01 * step * 0.2 * 15**0.5 / np.linalg.norm(step)
    ours = path_of(methods.dasgo(), gradients.swapaxes(1, 2))[-1]
    np.testing.assert_allclose(ours.T, theirs, rtol=1e-12)


@pytest.mark.parametrize("make", [methods.asgo, methods.accumulating_asgo])
def test_the_root_is_of_the_first_step_and_of_every_fth(make):
    gradients = gradients_of((3, 4), 7)
    often, seldom = (path_of(make(refresh=f), gradients) for f in (1, 3))
    np.testing.assert_allclose(often[1], seldom[1], rtol=1e-12)
    assert np.abs(often[2] - seldom[2]).max() > 1e-4
    step, other = np.diff(often, axis=0), np.diff(seldom, axis=0)
    for due in (2, 5):
        np.testing.assert_allclose(step[due], other[due], rtol=1e-8)


@pytest.mark.parametrize("make", RESCALED)
def test_steps_have_the_size_of_those_of_adam(make):
    for taken in steps_of(make(size=0.3), gradients_of((4, 6), 9)):
        np.testing.assert_allclose(np.sqrt((taken**2).mean()), 0.3, rtol=1e-12)


@pytest.mark.parametrize("make", [methods.asgo, methods.accumulating_asgo, methods.dasgo])
@pytest.mark.parametrize("eps", [0.0, 1e-30, 1e-10])
def test_gradients_of_low_rank_are_stepped_on_their_range(make, eps):
    left, right = RNG.standard_normal((6, 2)), RNG.standard_normal((2, 4))
    left[0], right[:, 0] = 0, 0
    gradients = [left @ np.diag(RNG.standard_normal(2)) @ right for _ in range(20)]
    gradients[0] = 0 * gradients[0]
    taken = steps_of(make(eps=eps), gradients)
    np.testing.assert_array_equal(taken[0], 0.0)
    assert np.abs(taken).max() < 10
    across = right.T @ np.linalg.pinv(right.T)
    np.testing.assert_allclose(taken @ across, taken, atol=1e-6)
    np.testing.assert_allclose(taken[:, 0], 0.0, atol=1e-6)


@pytest.mark.parametrize("make", RESCALED)
def test_weights_decay_and_vectors_are_stepped_by_adamw(make):
    method = make(0.1, weight_decay=0.5, vector_rate=2.0)
    matrix, vector = rule_blocks(method, [(2, 3), (4,)], 10)
    point = np.ones(6)
    direction, _, _ = matrix.step(np.zeros(6), matrix.new_state(point), point, (), 1)
    np.testing.assert_array_equal(direction, 0.5)
    assert vector.method.name == "adamw"
    assert vector.method.learning_rate == 2.0
    assert vector.method.hyperparameters.weight_decay == 0.5


@pytest.mark.parametrize("make", [methods.asgo, methods.accumulating_asgo])
def test_a_period_of_zero_is_refused(make):
    with pytest.raises(ValueError, match="takes refresh as an integer of at least 1, got 0"):
        make(refresh=0)
