"""A scene survives as text; what is wrong in a text is left out."""

import json

import pytest

from egop.explorer import Explorer
from egop.explorer.saved_scene import read_scene, write_scene
from egop.explorer.scene import Scene


def test_a_scene_comes_back_as_it_was():
    scene = Scene(
        objective="rosenbrock", start=(0.5, 0.25), methods=["adam"], rates={"adam": 0.3}, scale=0.7
    )
    found = read_scene(write_scene(scene))
    assert write_scene(Scene(**found)) == write_scene(scene)
    assert found["start"] == (0.5, 0.25)
    assert "scale" in found
    assert "name" not in found


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null"])
def test_what_is_no_scene_is_none(text):
    assert read_scene(text) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("objective", "nothing"), ("start", [1, 2, 3]), ("start", ["a", "b"]), ("start", 3),
        ("start", [1.0, float("inf")]), ("scale", -1), ("n_samples", 2.5), ("methods", ["sgd9"]),
        ("rates", {"adam": "fast"}), ("rates", {"nobody": 0.1}), ("rates", [0.1]),
        ("scale", float("nan")), ("unknown", 1), ("autoplay", False),
    ],
)  # fmt: skip
def test_a_wrong_value_is_left_out_alone(name, value):
    assert read_scene(json.dumps({name: value, "n_steps": 50})) == {"n_steps": 50}


def test_an_explorer_shows_a_scene_that_was_saved_without_the_defaults_of_its_objective():
    before = Explorer()
    before.scene.objective = "himmelblau"
    before.scene.param.update(start=(1.5, -2.5), scale=0.4, rates={"adagrad": 0.2, "adam": 0.02})
    after = Explorer()
    after.restore(before.saved)
    assert after.saved == before.saved
    assert after.scene.start == (1.5, -2.5)
    after.scene.objective = "booth"
    assert after.scene.start != (1.5, -2.5)
