"""A basis prefers directions, or it is arbitrary, or it is the original one."""

import numpy as np
import pytest

from egop.analysis.preference import find_preference
from egop.bootstrap import bootstrap
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.objectives import from_expression, quadratic
from egop.theory import exact_eigenbasis


def turned(degrees: float, eigenvalues=(4.0, 1.0)) -> Eigenbasis:
    vectors = Eigenbasis.rotation(np.radians(degrees)).eigenvectors
    return Eigenbasis(eigenvalues=np.array(eigenvalues), eigenvectors=vectors)


def test_equal_eigenvalues_make_any_axes_eigenvectors():
    assert find_preference(turned(30, (2.0, 2.0))) == "equal"
    assert find_preference(turned(30, (0.0, 0.0))) == "equal"
    assert find_preference(turned(30)) == "clear"
    round_bowl = quadratic(np.eye(2))
    assert find_preference(exact_eigenbasis(round_bowl, Gaussian(dim=2))) == "equal"


def test_eigenvalues_that_the_sample_cannot_tell_apart_are_tied():
    objective, rho = from_expression("x^2 + y^2"), Gaussian(dim=2)
    band = bootstrap(sample_gradients(objective, rho, 500, 0).gradients, 100)
    basis = estimate_eigenbasis(objective, rho, 500)
    assert find_preference(basis, n_tied=band.n_tied) == "tied"
    assert find_preference(turned(30), n_tied=1) == "clear"


def test_a_rotation_that_is_no_eigenbasis_is_not_judged_by_eigenvalues():
    rotation = Eigenbasis.rotation(0.5)
    assert find_preference(rotation, spectral=False, n_tied=2) == "clear"


@pytest.mark.parametrize(
    ("degrees", "found"),
    [(0, "aligned"), (90, "aligned"), (-2.9, "aligned"), (3.1, "clear"), (45, "clear")],
)
def test_axes_within_three_degrees_of_the_original_ones_are_those(degrees, found):
    assert find_preference(turned(degrees)) == found
