"""A large sample: its first part is shown at once, the estimate from all of it as it comes."""

import numpy as np

import egop
from egop.explorer import Explorer
from egop.explorer.comparison import Comparison
from egop.explorer.compute import AT_ONCE
from egop.explorer.own_objects import Own
from egop.explorer.scene import Scene

DIM, WANTED = 50, 20_000
OBJECTIVE = egop.objectives.log_sum_exp(dim=DIM, singular_values=egop.objectives.power_law(DIM, 2))


def test_a_frame_takes_the_first_samples_and_the_rest_follow():
    scene = Scene(n_samples=WANTED, scale=3.0)
    comparison = Comparison(Own(OBJECTIVE), frozenset({"n_samples", "scale"}))
    shown = comparison.show(scene.snapshot())
    assert shown is not None
    assert len(shown.estimate.sample.gradients) == AT_ONCE // DIM < WANTED
    assert comparison.estimates.rest is not None
    (whole,) = comparison.estimates.rest()
    comparison.estimates.complete(whole)
    shown = comparison.show(scene.snapshot())
    assert shown is not None
    assert shown.estimate is whole
    assert comparison.estimates.rest is None
    expected = egop.estimate_eigenbasis(OBJECTIVE, shown.distribution, WANTED, seed=scene.seed)
    found, atol = shown.estimate.basis.eigenvalues, 1e-14 * expected.eigenvalues[0]
    np.testing.assert_allclose(found, expected.eigenvalues, rtol=1e-6, atol=atol)


def test_the_explorer_ends_with_all_of_them():
    explorer = Explorer(Own(OBJECTIVE), n_samples=WANTED, scale=3.0)
    shown = explorer._shown
    assert shown is not None
    assert shown.estimate.band.n_samples == WANTED
