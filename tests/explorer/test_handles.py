"""Handles lie on what one sees, and an end that is pulled stays under the hand."""

import numpy as np
import pytest

from egop.explorer import Explorer
from egop.explorer.catalog import DISTRIBUTIONS
from egop.explorer.compute import ellipse
from egop.explorer.handles import WITHOUT_HANDLES, handles_of

SETTINGS = {"objective": "booth", "n_steps": 5, "n_samples": 50, "scale": 2.0, "mean": (1.0, 2.0)}


def positions(explorer, side=0):
    return np.array([handle.position for handle in handles_of(explorer._shown, side)])


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS.values())
def test_the_handles_of_rho_lie_on_the_ellipse_that_is_drawn(distribution, side):
    explorer = Explorer(distribution=distribution, tilt=30.0, elongation=2.0, **SETTINGS)
    shown = explorer._shown
    start, *rest = positions(explorer, side)
    np.testing.assert_allclose(start, shown.planes[side].project(shown.start))
    assert len(rest) == (0 if distribution in WITHOUT_HANDLES else 5)
    if rest:
        mean, *ends = rest
        np.testing.assert_allclose(mean, shown.planes[side].project(shown.distribution.mean))
        curve = ellipse(shown.distribution, shown.planes[side])
        for end in ends:
            assert np.linalg.norm(curve - end, axis=1).min() < 0.1
        np.testing.assert_allclose(np.mean(ends, axis=0), mean)


@pytest.mark.parametrize("degrees_of_freedom", [1.5, 1.0, 0.5])
def test_without_an_ellipse_only_the_center_can_be_dragged(degrees_of_freedom):
    settings = {
        **SETTINGS, "distribution": "student_t", "degrees_of_freedom": degrees_of_freedom
    }  # fmt: skip
    explorer = Explorer(**settings)
    assert ellipse(explorer._shown.distribution, explorer._shown.planes[0]).size == 0
    np.testing.assert_allclose(positions(explorer)[1:], [[1.0, 2.0]])
    handles_of(explorer._shown, 0)[1].move(np.array([0.5, -1.0]))
    np.testing.assert_allclose(positions(explorer)[1:], [[0.5, -1.0]])


@pytest.mark.parametrize("distribution", ["gaussian", "mixture", "student_t", "uniform_box"])
def test_an_end_that_is_pulled_inward_and_out_again_stays_under_the_hand(distribution):
    explorer = Explorer(distribution=distribution, **SETTINGS)
    for index in range(2, 6):
        mean, end = positions(explorer)[[1, index]]
        held = handles_of(explorer._shown, 0)[index]
        others = positions(explorer)
        for share in [*np.linspace(1, 0.4, 7), *np.linspace(0.4, 1.5, 12)]:
            at = mean + share * (end - mean)
            held.move(at)
            now = positions(explorer)
            near = 0.01 * np.linalg.norm(end - mean)
            assert np.linalg.norm(now - at, axis=1).min() < near
            for other in others:  # none jumps away
                assert np.linalg.norm(now - other, axis=1).min() < 30 * near
            others = now


def test_pulling_an_axis_of_two_gaussians_turns_and_widens_them():
    explorer = Explorer(distribution="mixture", **SETTINGS)
    scene, mean = explorer.scene, positions(explorer)[1]
    lengths = np.linalg.norm(positions(explorer)[2:] - mean, axis=1)
    handles_of(explorer._shown, 0)[2].move(mean + 2 * lengths[0] * np.array([0.0, 1.0]))
    assert scene.scale == pytest.approx(4.0)
    assert scene.tilt == 90.0


def test_a_scene_that_failed_keeps_its_handles_where_they_are_drawn():
    explorer = Explorer(objective="formula", formula="x - log(x) + y^2", start=(2.0, 1.0),
                        mean=(2.0, 0.0), scale=0.3, n_steps=5)  # fmt: skip
    before = positions(explorer)
    explorer.scene.start = (-1.0, 0.0)
    np.testing.assert_array_equal(positions(explorer), before)
    handles_of(explorer._shown, 0)[0].move(np.array([3.0, 1.0]))
    assert not explorer.updates.comparison.failure
    np.testing.assert_allclose(positions(explorer)[0], [3.0, 1.0])


def test_before_anything_is_shown_there_is_nothing_to_drag():
    explorer = Explorer(objective="formula", formula="x +")
    figures = explorer._figures
    assert figures._handles(0) == figures._handles(1) == ([], 0.0)
