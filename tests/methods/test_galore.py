"""GaLore and Conda by hand, beside their library, in rotated coordinates and at bad input."""

import numpy as np
import pytest

import egop
from benchmarks.oracles.optimizers import Float64, by, library
from benchmarks.oracles.variants import galore_from_step_0
from egop import methods
from tests.methods.walks import gradients_of, largest_change, path_of

STEPS = 60
SHAPES = [(4, 4), (6, 3), (3, 6)]


@pytest.mark.parametrize("transposed", [False, True])
def test_two_steps_of_galore_by_hand(transposed):
    gradients = gradients_of((4, 3), 2)
    given = gradients.mT if transposed else gradients
    method = methods.galore(0.1, 2, scale=0.5, beta1=0.5, beta2=0.75, eps=0.0)
    path = path_of(method, given)
    path = path.mT if transposed else path
    directions = np.linalg.svd(gradients[0])[2][:2].T
    low = gradients @ directions
    np.testing.assert_allclose(path[1], -0.05 * np.sign(low[0]) @ directions.T, atol=1e-14)
    first, second = 0.25 * low[0] + 0.5 * low[1], 0.1875 * low[0] ** 2 + 0.25 * low[1] ** 2
    step = (first / 0.75) / np.sqrt(second / (1 - 0.75**2))
    np.testing.assert_allclose(path[2] - path[1], -0.05 * step @ directions.T, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_renewed_directions_equal_the_library_s_with_steps_from_0_and_kept_signs(shape):
    group = {"rank": 2, "update_proj_gap": 7, "scale": 0.25, "projection_type": "std"}
    gradients = gradients_of(shape, STEPS)
    path = path_of(methods.galore(0.1, rank=2, refresh=7), gradients)
    for kind, near in ((library("GaLore"), False), (galore_from_step_0(), True)):
        other = by(lambda p, kind=kind: kind([{"params": [p]} | group], 0.1), Float64)
        oracle = other(np.zeros(shape))
        expected = np.stack([next(oracle), *map(oracle.send, gradients)])
        apart = largest_change(path, expected)
        assert apart < 1e-12 if near else apart > 1e-3


@pytest.mark.parametrize("name", ["galore", "conda"])
@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6)])
def test_a_rotation_of_the_shorter_side_changes_nothing(name, shape):
    method = methods.method(name, 0.1, refresh=7)
    gradients = gradients_of(shape, STEPS)
    sides = [np.linalg.qr(np.random.default_rng(5).standard_normal((n, n)))[0] for n in shape]
    path = path_of(method, gradients)
    turned = {
        "left": sides[0] @ path_of(method, sides[0].T @ gradients),
        "right": path_of(method, gradients @ sides[1]) @ sides[1].T,
    }
    shorter, longer = ("left", "right") if shape[0] < shape[1] else ("right", "left")
    assert largest_change(turned[shorter], path) < 1e-9
    assert largest_change(turned[longer], path) > 0.1


def test_galore_of_all_directions_is_adam_in_singular_vectors():
    gradients = gradients_of((5, 3), STEPS)
    basis = np.linalg.svd(gradients[0])[2].T
    adam = path_of(methods.adam(0.1, eps=0.0), gradients @ basis) @ basis.T
    path = path_of(methods.galore(0.1, rank=3, scale=1.0, eps=0.0), gradients)
    np.testing.assert_allclose(path, adam, atol=1e-12)


def test_conda_divides_the_mean_in_its_own_singular_vectors():
    gradients = gradients_of((4, 3), 12)
    path = path_of(methods.conda(0.1, refresh=5, beta1=0.5, beta2=0.75, eps=0.0), gradients)
    first, second, point = np.zeros((4, 3)), np.zeros((4, 3)), np.zeros((4, 3))
    for t, gradient in enumerate(gradients):
        first = 0.5 * first + 0.5 * gradient
        if t in {0, 5, 10}:
            basis = np.linalg.svd(first)[2].T
        second = 0.75 * second + 0.25 * (gradient @ basis) ** 2
        mean = first / (1 - 0.5 ** (t + 1))
        step = (mean @ basis) / np.sqrt(second / (1 - 0.75 ** (t + 1)))
        point = point - 0.1 * step @ basis.T
        np.testing.assert_allclose(path[t + 1], point, atol=1e-12)


@pytest.mark.parametrize("name", ["galore", "conda"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_gradients_of_low_rank_give_finite_steps(name, shape):
    gradients = gradients_of(shape, STEPS)
    gradients[:, -1:] = 0.0
    gradients[20:40] = 0.0
    path = path_of(methods.method(name, refresh=3), gradients)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, -1], 0.0, atol=1e-12)


def test_a_rank_above_the_smaller_side_is_refused_at_the_first_step():
    objective = egop.objectives.matrix_quadratic(6, 3)
    words = "galore takes a rank up to the smaller side of every matrix, got 4 for 6×3; take rank=3"
    with pytest.raises(ValueError, match=words):
        egop.run(objective, methods.galore(rank=4), np.zeros(18), n_steps=1)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("galore", {"rank": -1}, "galore takes rank as an integer of at least 0, got -1"),
        ("galore", {"rank": 1.5}, "galore takes rank as an integer"),
        ("galore", {"refresh": 0}, "galore takes refresh as an integer of at least 1, got 0"),
        ("galore", {"scale": -1.0}, "galore takes scale finite and at least 0"),
        ("conda", {"refresh": 0}, "conda takes refresh as an integer of at least 1, got 0"),
    ],
)
def test_bad_input_is_one_sentence(name, options, words):
    with pytest.raises(ValueError, match=words):
        methods.method(name, **options)
