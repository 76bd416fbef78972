"""Methods that are added to a scene come with a rate that was tuned in original coordinates."""

import numpy as np
import pytest

from egop import objectives, run
from egop.analysis.rate_grids import rate_grid
from egop.explorer import Explorer
from egop.explorer.added_methods import DECADES, NO_LENGTH
from egop.explorer.own_objects import Own
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views.controls import TUNED
from egop.methods import VECTOR_METHODS

ADDED = ["adamw", "adamax", "amsgrad", "rmsprop"]


def hint(explorer: Explorer, method: str) -> str:
    return explorer.controls.values[f"rate:{method}:hint"]


def test_of_methods_added_to_the_opening_scene_none_is_hurt_by_its_rate():
    explorer = Explorer()
    explorer.controls.set("methods", [*explorer.scene.methods, *ADDED])
    shown = explorer._shown
    assert list(shown.methods) == ["adagrad", "adam", *ADDED]
    outcomes = {each.method: each.outcome for each in verdict_of(shown).methods}
    assert not [name for name in ADDED if outcomes[name] in {"loss", "diverged"}]
    assert all(hint(explorer, name) == TUNED for name in ADDED)
    assert hint(explorer, "adam") == ""


@pytest.mark.parametrize("objective", ["quadratic", "rosenbrock"])
def test_no_rate_near_the_tuned_one_ends_lower_in_original_coordinates(objective):
    explorer = Explorer(objective=objective, methods=["gradient_descent", "amsgrad"])
    shown = explorer._shown
    for method in shown.methods.values():
        rates = rate_grid(*DECADES)
        if method.name not in NO_LENGTH:
            rates = rates[rates <= shown.windows[0].half]
        others = method.with_learning_rate(rates)
        ends = run(shown.objective, others, shown.start, len(shown.schedule)).final_value
        gaps = np.nan_to_num(ends, nan=np.inf) - shown.objective.minimum
        assert gaps[rates == method.learning_rate] <= gaps.min() + 1e-12


def test_a_rate_set_by_hand_is_no_longer_called_tuned_and_is_kept():
    explorer = Explorer(methods=["momentum"])
    assert hint(explorer, "momentum") == TUNED
    explorer.controls.set("rate:momentum", 0.001)
    assert hint(explorer, "momentum") == ""
    explorer.scene.start = (1.0, 2.0)
    assert explorer.scene.rates["momentum"] == 0.001


def test_another_objective_tunes_added_methods_anew():
    explorer = Explorer(methods=["adam", "momentum"])
    before = explorer.scene.rates["momentum"]
    explorer.scene.objective = "rosenbrock"
    assert list(explorer._shown.methods) == ["adam", "momentum"]
    assert explorer.scene.rates["momentum"] != before


def test_where_every_rate_diverges_a_sentence_says_so():
    explorer = Explorer(
        objective="formula", formula="exp(x^2+y^2)", start=(5.0, 5.0), methods=["momentum"]
    )
    assert explorer.scene.rates["momentum"] > 0
    assert "every one of" in explorer.controls.sentence("methods")
    explorer.controls.set("rate:momentum", 1e-9)
    assert not explorer.controls.sentence("methods")


def test_every_method_gets_a_rate():
    explorer = Explorer(n_steps=50, methods=list(VECTOR_METHODS))
    assert explorer._shown.methods.keys() == set(VECTOR_METHODS)


def test_the_rate_of_an_own_function_is_tuned_too():
    own = objectives.from_functions(lambda x: (x**2).sum(axis=-1), lambda x: 2 * x, dim=2)
    explorer = Explorer(Own(own), n_steps=60, methods=["rmsprop"])
    assert "rmsprop" in explorer._shown.methods
