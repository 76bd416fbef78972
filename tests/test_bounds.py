"""Every number that somebody can set has bounds, and one short sentence for what is beyond them.

All numeric fields of all experiments, of the lab, of the explorer's scene and of the commands are
walked through, so that a new one without bounds fails here.
"""

import dataclasses
import time
import tracemalloc
from argparse import ArgumentParser
from numbers import Number
from pathlib import Path

import numpy as np
import pytest

from egop import cli
from egop.bounds import Bounds, shown
from egop.experiments import EXPERIMENTS, configure
from egop.experiments.checks import BOUNDS
from egop.experiments.experiment import PRESETS
from egop.experiments.extent import check_extent, extent
from egop.explorer.parameters import BoundedNumber as Slider
from egop.explorer.parameters import Integer, Point, RatesByMethod
from egop.explorer.scene import Scene
from egop.explorer.scene_settings import assign
from egop.lab.settings import NUMBERS, SettingError, config_of, defaults
from egop.limits import limits

HOSTILE = [
    10**9, 10**18, 10**5000, -1, -(10**18), 2.5e300, float("nan"), float("inf"), -float("inf"),
    True, None, "many", "1", "9" * 10**6, [1] * 10**6, {"a": 1}, np.float64("nan"), 1j, b"1",
]  # fmt: skip


def refused(call, *caught) -> str:
    """The sentence of a refusal, which is short, comes at once and takes no memory."""
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(caught) as error:
            call()
    finally:
        seconds, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    sentence = str(error.value)
    assert 10 < len(sentence) < 1000  # some name what is known, methods of one's own among it
    assert "\n" not in sentence
    assert seconds < 1
    assert peak < 5_000_000
    return sentence


def numeric_fields():
    """(experiment, name, default) of each numeric field of each Config."""
    for experiment in EXPERIMENTS:
        for each in dataclasses.fields(configure(experiment)):
            kinds = each.default if isinstance(each.default, tuple) else (each.default,)
            numeric = str(each.type).replace("tuple[", "").startswith(("int", "float"))
            if numeric or any(isinstance(one, Number) for one in kinds):
                yield pytest.param(
                    experiment, each.name, each.default, id=f"{experiment}.{each.name}"
                )


@pytest.mark.parametrize(("experiment", "name", "default"), list(numeric_fields()))
def test_no_number_of_an_experiment_is_without_bounds(experiment, name, default):
    bounds = BOUNDS[name]
    beyond = [bounds.high * 2, *(value for value in HOSTILE if not fits(bounds, value))]
    assert len(beyond) > 10
    for value in beyond:
        given = (value,) if isinstance(default, tuple) else value
        changed = dataclasses.replace(configure(experiment), **{name: given})
        assert name in refused(lambda c=changed: configure(experiment, config=c), ValueError)


def fits(bounds: Bounds, value) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return (
        plain and bounds.low <= value <= bounds.high and (not bounds.whole or value == int(value))
    )


@pytest.mark.parametrize("experiment", EXPERIMENTS)
@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_of_the_lab_is_without_bounds(experiment, name):
    chosen = defaults(experiment, "quick")
    if getattr(chosen, name) is None:
        return
    for value in HOSTILE:
        if not fits(BOUNDS[name], value):
            changed = dataclasses.replace(chosen, **{name: value})
            sentence = refused(lambda c=changed: config_of(c), SettingError)
            assert sentence.startswith(name)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_lists_of_the_lab_are_bounded(experiment):
    chosen = defaults(experiment, "quick")
    for change in (
        {"methods": ("adam",) * 10**5},
        {"methods": ("adam", "adam")},
        {"methods": ({},)},
        {"methods": ("x" * 10**6,)},
        {"bases": ("sideways",) * 10**5},
        {"bases": ([],)},
        {"rates": "0.1 " * 10**5},
        {"rates": " ".join(f"{k}e-3" for k in range(1, 1500))},
        {"rates": "1e400"},
        {"rates": "nan"},
        {"rates": "adam=" + "9" * 10**4},
    ):
        (place,) = change
        if getattr(chosen, place) is not None:
            refused(lambda c=change: config_of(dataclasses.replace(chosen, **c)), SettingError)


NUMERIC = [name for name in Scene.param if isinstance(Scene.param[name].default, Number)]


@pytest.mark.parametrize(
    "name", [n for n in NUMERIC if not isinstance(Scene.param[n].default, bool)]
)
def test_no_number_of_the_scene_is_without_bounds(name):
    parameter, scene = Scene.param[name], Scene()
    assert isinstance(parameter, Slider | Integer)
    low, high = map(float, parameter.bounds)
    assert np.isfinite([low, high]).all()
    before = getattr(scene, name)
    for value in (*HOSTILE, low - 1, high + 1, high * 2.0):
        if not fits(Bounds(low, high), value):
            refused(lambda v=value: setattr(scene, name, v), ValueError)
            refused(lambda v=value: assign(scene, name, v), ValueError)
    assert getattr(scene, name) == before


@pytest.mark.parametrize("name", [n for n in Scene.param if isinstance(Scene.param[n], Point)])
def test_no_coordinate_of_the_scene_is_without_bounds(name):
    scene = Scene()
    for value in HOSTILE:
        if not fits(Bounds(-1e12, 1e12), value):
            refused(lambda v=value: setattr(scene, name, (v, 1.0)), ValueError)
        refused(lambda v=value: setattr(scene, name, v), ValueError)
        refused(lambda v=value: assign(scene, name, v), ValueError)
    for typed in ("1e13, 1e14", "1, 2, 3", "9" * 10**6, "1," * 10**6, "nan, 1", "²,1"):
        refused(lambda t=typed: assign(scene, name, t), ValueError)


@pytest.mark.parametrize(
    "name", [n for n in Scene.param if isinstance(Scene.param[n], RatesByMethod)]
)
def test_no_rate_of_the_scene_is_without_bounds(name):
    scene = Scene()
    for value in HOSTILE:
        if not fits(Bounds(5e-324, 1e12), value):
            refused(lambda v=value: setattr(scene, name, {"adam": v}), ValueError)
            refused(lambda v=value: assign(scene, "rate:adam", v), ValueError)
    many = dict.fromkeys(map(str, range(10**5)), 0.1)
    refused(lambda: setattr(scene, name, many), ValueError)


def test_no_list_of_the_scene_is_without_bounds():
    scene = Scene()
    for value in (["adam"] * 10**6, ["adam", "adam"], ["x" * 10**6], [[]], 3, ["adam", None]):
        refused(lambda v=value: setattr(scene, "methods", v), ValueError)


def options(parser: ArgumentParser):
    """(command, option) of everything that takes a number."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for name, command in action.choices.items():
                for option in command._actions:
                    takes = option.type not in {None, str, Path} and option.option_strings
                    if takes and option.dest not in {"trusted_proxy", "framed_by"}:
                        yield name, option


NUMBERS_TYPED = ["99999999999999999999", "-1", "nan", "inf", "1e3", "²", "true", "", "9" * 10**4]


@pytest.mark.parametrize(
    ("command", "option"),
    list(options(cli._parser())),
    ids=lambda each: each if isinstance(each, str) else each.dest,
)
def test_no_option_of_a_command_is_without_bounds(command, option, capsys):
    assert option.type is not int
    assert option.type is not float
    needed = {"experiment": ["convex"]}.get(command, [])
    for typed in NUMBERS_TYPED:
        with pytest.raises(SystemExit):
            cli._parser().parse_args([command, *needed, f"{option.option_strings[0]}={typed}"])
        last = capsys.readouterr().err.strip().splitlines()[-1]
        assert option.option_strings[0] in last
        assert len(last) < 300


def test_settings_that_fit_one_by_one_may_be_too_much_together():
    sentence = refused(
        lambda: configure("digits", changes={"trials": 10_000, "epochs": 10_000_000}), ValueError
    )
    assert "GB" in sentence
    many = {"adam": np.geomspace(1e-6, 1, 900), "momentum": np.geomspace(1e-6, 1, 900)}
    sentence = refused(
        lambda: configure("digits", changes={"trials": 100_000, "epochs": 1, "rates": many}),
        ValueError,
    )
    assert "runs" in sentence


def test_a_page_may_ask_for_less_than_a_script():
    chosen = dataclasses.replace(defaults("digits", "quick"), trials=100, epochs=10_000)
    sentence = refused(lambda: config_of(chosen), SettingError)
    assert "500 MB" in sentence
    configure("digits", changes={"trials": 100, "epochs": 10_000})


@pytest.mark.parametrize("size", PRESETS)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_size_of_the_lab_is_allowed_with_room(experiment, size):
    asked = extent(EXPERIMENTS[experiment].presets[size])
    assert 2 * asked.bytes < limits().result_megabytes * 10**6
    assert 2 * asked.runs < limits().runs_of_a_result
    check_extent(EXPERIMENTS[experiment].presets[size])


def test_what_is_refused_is_repeated_shortly():
    assert shown(10**5000) == "a number with thousands of digits"
    assert len(shown("x" * 10**6)) <= 60
    assert shown("adm") == "'adm'"
