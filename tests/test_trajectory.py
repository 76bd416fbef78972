"""A trajectory: its points in both coordinates, and what of it is kept."""

import numpy as np
import pytest

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import quadratic

HESSIAN = np.array([[5.0, 2.0], [2.0, 1.5]])
START = np.array([2.0, -1.0])
BASIS = Eigenbasis.from_matrix(HESSIAN @ HESSIAN)


def test_points_are_original_coordinates_and_values_belong_to_them():
    objective = quadratic(HESSIAN)
    path = run(objective, methods.adam(0.1), START, 50, basis=BASIS)
    np.testing.assert_array_equal(path.points[0], START)
    np.testing.assert_allclose(path.values, objective.value(path.points), rtol=1e-12)
    gradients = objective.gradient(path.points)
    np.testing.assert_allclose(path.gradient_norms, np.linalg.norm(gradients, axis=-1))
    own = np.abs(gradients @ BASIS.eigenvectors).sum(axis=-1)
    np.testing.assert_allclose(path.gradient_norms_1, own, rtol=1e-10)
    np.testing.assert_allclose(path.rotated_points, BASIS.to_basis(path.points))


def test_what_is_kept():
    arguments = (quadratic(HESSIAN), methods.adam(0.1), START, 30)
    whole = run(*arguments)
    values = run(*arguments, keep="values")
    final = run(*arguments, keep="final")
    assert values.points is None
    assert final.points is None
    assert final.values is None
    np.testing.assert_array_equal(values.values, whole.values)
    np.testing.assert_array_equal(final.final_value, whole.values[-1])
    np.testing.assert_array_equal(final.final_point, whole.points[-1])
    with pytest.raises(ValueError, match="keep"):
        _ = values.rotated_points
