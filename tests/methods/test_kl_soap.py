"""KL-SOAP beside its formulas, and where gradients say little."""

import numpy as np
import pytest

from benchmarks.oracles.comparison import SHAPES, deviation, oracle_path, our_path
from benchmarks.oracles.eigenbasis_forms import kl_soap
from egop import methods
from tests.methods.walks import gradients_of, path_of


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_other_hyperparameters_take_the_steps_of_the_formulas(shape):
    method = methods.kl_soap(
        0.03, beta1=0.5, beta2=0.8, eps=0.1, refresh=3, largest_root=0.0, initial_value=0.1
    )
    oracle = kl_soap(0.03, 0.5, 0.8, 0.1, 3, roots=np.inf)
    assert deviation(our_path(method, shape), oracle_path(oracle, shape)) < 1e-10


def test_the_first_gradient_moves_nothing_and_the_second_is_divided_by_its_own_size():
    gradients = gradients_of((3, 3), 2)
    path = path_of(methods.kl_soap(0.1, eps=0.0), gradients)
    np.testing.assert_array_equal(path[1], path[0])
    left, right = (np.linalg.eigh(g @ g.T)[1] for g in (gradients[0], gradients[0].T))
    signs = np.sign(left.T @ gradients[1] @ right)
    step = 0.1 * (1 - 0.9) / np.sqrt(1 - 0.98)
    np.testing.assert_allclose(path[2], -step * left @ signs @ right.T, atol=1e-13)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (1, 3)])
def test_gradients_of_low_rank_give_finite_steps(shape):
    gradients = gradients_of(shape, 60)
    gradients[:, -1:] = 0.0
    gradients[20:40] = 0.0
    path = path_of(methods.kl_soap(refresh=2), gradients)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, -1], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"refresh": 0}, "kl_soap takes refresh as an integer of at least 1, got 0"),
        ({"beta2": 1.0}, "kl_soap takes beta2 at least 0 and below 1"),
        ({"largest_root": -1.0}, "kl_soap takes largest_root finite and at least 0"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        methods.kl_soap(**options)
