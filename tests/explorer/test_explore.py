"""`egop.explore`: what it takes, and what it answers to what it does not."""

import asyncio

import numpy as np
import pytest

import egop
from egop.explorer import Explorer


@pytest.mark.filterwarnings("ignore")
def test_a_name_an_objective_or_nothing_opens_an_explorer():
    assert egop.explore(n_steps=20).scene.objective == "quadratic"
    named = egop.explore("booth", n_steps=20, methods=["adam"])
    assert named.scene.objective == "booth"
    assert named.scene.methods == ["adam"]
    own = egop.objectives.from_expression("x^2 + 3*y^2")
    shown = egop.explore(own, methods="adam", n_steps=20)
    assert isinstance(shown, Explorer)
    assert repr(named) == "<Explorer of 'Booth': adam; 20 steps>"
    assert repr(shown) == f"<Explorer of {own.name!r}: adam; 20 steps>"


@pytest.mark.parametrize(
    ("objective", "settings", "error", "sentence"),
    [
        ("rosenbrok", {}, ValueError, "rosenbrock"),
        (None, {"n_step": 3}, ValueError, "n_steps"),
        (lambda x: x, {}, TypeError, "egop Objective or a name"),
        (None, {"n_steps": 0}, ValueError, "n_steps"),
    ],
)
def test_what_it_does_not_take_is_answered(objective, settings, error, sentence):
    with pytest.raises(error, match=sentence):
        egop.explore(objective, **settings)


def test_in_a_notebook_runs_that_diverge_open_as_anywhere_else():
    """There is an event loop, so that the verdict, which takes long, may come later."""
    given = {"methods": ["gradient_descent"], "rates": {"gradient_descent": 10.0}, "n_steps": 10**4}

    async def opened():
        return Explorer(objective="rosenbrock", **given)

    here, there = Explorer(objective="rosenbrock", **given), asyncio.run(opened())
    assert there.scene.snapshot() == here.scene.snapshot()
    pictures = [each._figures.contours._image.data["image"] for each in (here, there)]
    np.testing.assert_array_equal(*pictures)
