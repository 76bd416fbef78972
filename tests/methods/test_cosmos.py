"""COSMOS beside its formulas, at its limits, and where gradients say little."""

import numpy as np
import pytest

import egop
from benchmarks.oracles.comparison import SHAPES, deviation, oracle_path, our_path
from benchmarks.oracles.eigenbasis_forms import cosmos, newton_schulz
from egop import methods
from tests.methods.walks import gradients_of, path_of


@pytest.mark.parametrize("shape", [*SHAPES.values(), (8, 9)])
def test_other_hyperparameters_take_the_steps_of_the_formulas(shape):
    path = our_path(methods.cosmos(0.3, beta1=0.5, beta2=0.8, eps=0.1), shape)
    assert deviation(path, oracle_path(cosmos(0.3, 0.5, 0.8, 0.1), shape)) < 1e-10


def test_the_first_step_is_of_signs_along_the_leading_direction_and_of_the_rest():
    gradient = gradients_of((4, 3), 1)[0]
    step = -path_of(methods.cosmos(1.0, rank=1, rms=1.0, rest=0.5, eps=0.0), gradient[None])[1]
    direction = np.linalg.svd(gradient)[2][:1]
    leading = np.sign(gradient @ direction.T) @ direction
    rest = newton_schulz(gradient - gradient @ direction.T @ direction)
    expected = leading + 0.5 * rest / np.sqrt(np.mean(rest**2))
    np.testing.assert_allclose(step, expected / np.sqrt(np.mean(expected**2)), atol=1e-12)


def test_of_all_directions_nothing_is_left_for_the_rest():
    gradients = gradients_of((4, 3), 60)
    paths = [path_of(methods.cosmos(0.1, rank=3, rest=rest), gradients) for rest in (0.0, 5.0)]
    np.testing.assert_allclose(*paths, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (1, 3)])
def test_gradients_of_low_rank_give_finite_steps(shape):
    gradients = gradients_of(shape, 60)
    gradients[:, -1:] = 0.0
    gradients[20:40] = 0.0
    path = path_of(methods.cosmos(), gradients)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, -1], 0.0, atol=1e-12)


def test_a_rank_above_the_smaller_side_is_refused_at_the_first_step():
    objective = egop.objectives.matrix_quadratic(3, 6)
    words = "cosmos takes a rank up to the smaller side of every matrix, got 4 for 3×6; take rank=3"
    with pytest.raises(ValueError, match=words):
        egop.run(objective, methods.cosmos(rank=4), np.zeros(18), n_steps=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rank": -1}, "cosmos takes rank as an integer of at least 0, got -1"),
        ({"iterations": 0}, "cosmos takes iterations as an integer of at least 1, got 0"),
        ({"rest": -1.0}, "cosmos takes rest finite and at least 0"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        methods.cosmos(**options)
