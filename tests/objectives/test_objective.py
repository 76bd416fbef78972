"""The type of objectives and objectives from anybody's functions."""

import numpy as np
import pytest

from egop.eigenbasis import Eigenbasis
from egop.objectives import from_functions, log_sum_exp, quadratic
from egop.reparameterization import reparameterize


def cubic(**known):
    return from_functions(
        lambda x: (x**3).sum(axis=-1) + x[..., 0] * x[..., 1], cubic_gradient, dim=2, **known
    )


def cubic_gradient(x):
    return 3 * x**2 + x[..., ::-1]


def test_any_leading_axes():
    points = np.random.default_rng(0).normal(size=(2, 3, 2))
    for objective in (cubic(), quadratic(), log_sum_exp()):
        values, gradients = objective.value_and_gradient(points)
        assert values.shape == (2, 3)
        assert gradients.shape == (2, 3, 2)
        assert objective.hessian(points).shape == (2, 3, 2, 2)
        assert objective.value(points[0, 0]) == values[0, 0]
        np.testing.assert_array_equal(objective.gradient(points[1]), gradients[1])


def test_repr_is_one_short_line():
    assert repr(quadratic()) == "<Objective 'quadratic': 2 variables, minimum 0>"
    assert repr(cubic(name="cubic")) == "<Objective 'cubic': 2 variables>"


def test_read_only_and_strided_points_give_the_same():
    points = np.random.default_rng(0).normal(size=(5, 4))
    points.flags.writeable = False
    objective = quadratic()
    np.testing.assert_array_equal(
        objective.value(points[:, ::2]), objective.value(points[:, ::2].copy())
    )


def test_hessian_by_central_differences():
    point = np.array([0.3, -0.7])
    expected = [[6 * point[0], 1.0], [1.0, 6 * point[1]]]
    np.testing.assert_allclose(cubic().hessian(point), expected, atol=1e-8)


def test_known_hessian_is_used():
    objective = cubic(hessian=lambda x: np.broadcast_to(np.eye(2), (*x.shape, 2)))
    np.testing.assert_array_equal(objective.hessian([0.3, 0.2]), np.eye(2))


def test_rotated_derivatives_match_differences():
    objective = reparameterize(log_sum_exp(), Eigenbasis.rotation(0.7))
    point, h = np.array([0.4, -0.9]), 1e-6
    shifts = h * np.eye(2)
    slope = (objective.value(point + shifts) - objective.value(point - shifts)) / (2 * h)
    np.testing.assert_allclose(objective.gradient(point), slope, atol=1e-8)
    curve = (objective.gradient(point + shifts) - objective.gradient(point - shifts)) / (2 * h)
    np.testing.assert_allclose(objective.hessian(point), curve, atol=1e-6)


def test_infinite_and_undefined_values_raise_nothing():
    objective = from_functions(
        lambda x: np.log(x).sum(axis=-1), lambda x: 1 / x, dim=1, name="logarithm"
    )
    values = objective.value(np.array([[-1.0], [0.0], [1.0]]))
    assert np.isnan(values[0])
    assert np.isneginf(values[1])
    assert values[2] == 0


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: quadratic().value([1.0, 2.0, 3.0]), ValueError, "last axis has 2 coordinates"),
        (lambda: quadratic().value(1.0), ValueError, "last axis has 2 coordinates"),
        (lambda: from_functions(3, np.sin, dim=2), TypeError, "a function as value"),
        (lambda: from_functions(np.sin, np.sin, dim=2), ValueError, "value function"),
        (lambda: from_functions(np.sum, np.sin, dim=2), ValueError, "any leading axes"),
        (lambda: from_functions(lambda x: float(x[0]), np.sin, dim=2), ValueError, "value .*axes"),
        (
            lambda: from_functions(lambda x: x[..., 0], lambda x: 1 / 0, dim=2),
            ValueError,
            "gradient .*by zero",
        ),
        (lambda: from_functions(np.sum, np.sin, dim=0), ValueError, "dim takes an integer"),
    ],
)
def test_bad_input_is_one_sentence(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
