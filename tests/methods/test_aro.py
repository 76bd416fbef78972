"""ARO beside its formulas, its limit, and where gradients say little."""

import numpy as np
import pytest

from benchmarks.oracles.comparison import SHAPES, deviation, oracle_path, our_path
from benchmarks.oracles.eigenbasis_forms import aro
from egop import methods
from tests.methods.walks import gradients_of, largest_change, path_of

FORMULAS = {
    "sign": lambda a: np.sign(a) * (abs(a) > 1e-13 * abs(a).max()),  # an exact 0 is round-off
    "row_norm": lambda a: a / np.sqrt(np.mean(a**2, axis=1, keepdims=True)),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("base", FORMULAS)
def test_each_base_takes_the_steps_of_the_formula(base, shape):
    path = our_path(methods.aro(0.3, momentum=0.5, base=base), shape)
    assert deviation(path, oracle_path(aro(0.3, 0.5, FORMULAS[base]), shape)) < 1e-10


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)])
def test_rows_of_equal_norm_make_the_polar_factor_of_a_constant_gradient(shape):
    gradient = gradients_of(shape, 1)[0]
    path = path_of(methods.aro(1.0, base="row_norm", rms=1.0), np.stack(400 * [gradient]))
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    step = path[-2] - path[-1]
    np.testing.assert_allclose(step, left @ right * max(shape) ** 0.5, atol=1e-9)


@pytest.mark.parametrize(("shape", "longer"), [((3, 5), 1), ((5, 3), 0)])
def test_with_rows_of_equal_norm_a_rotation_of_the_longer_side_changes_nothing(shape, longer):
    rotation = np.linalg.qr(np.random.default_rng(5).standard_normal((5, 5)))[0]
    gradients = gradients_of(shape, 60)
    for base, same in (("row_norm", True), ("sinkhorn", False)):
        path, method = path_of(methods.aro(base=base), gradients), methods.aro(base=base)
        turned = path_of(method, gradients @ rotation if longer else rotation.T @ gradients)
        turned = turned @ rotation.T if longer else rotation @ turned
        change = largest_change(turned, path)
        assert change < 1e-10 if same else change > 0.05


@pytest.mark.parametrize("base", ["sinkhorn", "row_norm", "sign"])
def test_a_step_has_the_root_mean_square_that_is_asked_for(base):
    path = path_of(methods.aro(0.1, base=base, rms=0.3), gradients_of((3, 4), 10))
    sizes = np.sqrt((np.diff(path, axis=0) ** 2).mean((1, 2)))
    np.testing.assert_allclose(sizes, 0.1 * 0.3, rtol=1e-12)


@pytest.mark.parametrize("base", ["sinkhorn", "row_norm", "sign"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (1, 3)])
def test_gradients_of_low_rank_give_finite_steps_along_themselves(base, shape):
    gradients = gradients_of(shape, 60)
    gradients[:, -1:] = 0.0
    path = path_of(methods.aro(base=base), gradients)
    assert np.isfinite(path).all()
    np.testing.assert_allclose(path[:, -1], 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"momentum": 1.0}, "aro takes momentum at least 0 and below 1"),
        ({"base": "adam"}, "aro takes base 'sinkhorn' or 'row_norm' or 'sign', got 'adam'"),
        ({"iterations": 0}, "aro takes iterations as an integer of at least 1, got 0"),
        ({"rms": -0.1}, "aro takes rms finite and at least 0"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        methods.aro(**options)
