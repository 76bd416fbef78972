"""Dots for single steps, rings where runs arrive, and what playback begins anew with."""

from dataclasses import replace

import numpy as np
import pytest

from egop import theme
from egop.explorer import Explorer
from egop.explorer.compute import Window, gaps
from egop.explorer.scene import Scene
from egop.explorer.views.steps import FEW, arrivals_of, dotted_steps, marked_steps, pack_dots
from egop.metrics import steps_to_tolerance
from egop.ui.packing import Packet, unpack

WINDOW = Window(np.zeros(2), 1.0)
QUADRATIC = {
    "objective": "quadratic", "condition_number": 100.0, "angle": 35.0, "scale": 2.0,
    "start": (-4.0, 1.0), "rates": {"adagrad": 0.5, "adam": 0.1}, "n_steps": 200,
}  # fmt: skip


def header_of(explorer: Explorer) -> tuple[dict, np.ndarray]:
    return unpack(explorer._channel._source.data["packet"])


def test_steps_that_can_be_told_apart_have_dots():
    lengths = np.r_[np.full(5, 0.1), np.full(FEW, 1e-4), 0.2]
    path = np.stack([np.r_[0, np.cumsum(lengths)] - 0.5, np.zeros(len(lengths) + 1)], axis=1)
    assert dotted_steps(path, WINDOW).tolist() == [1, 2, 3, 4, 5, FEW + 6]
    assert dotted_steps(path[: FEW + 1], WINDOW).tolist() == list(range(1, FEW + 1))
    assert dotted_steps(np.full((9, 2), np.nan), WINDOW).size == 0


def test_dots_come_by_step_and_know_their_line():
    packet = Packet(3)
    paths = [np.stack([np.arange(4.0), np.full(4, y)], axis=1) for y in (0.0, 1.0)]
    pack_dots(packet, "dots", paths, ["red", "blue"], Window(np.zeros(2), 2.0))
    header, numbers = unpack(packet.to_bytes())
    entry = header["sources"]["dots"]
    steps, lines, x, y = (
        numbers[place["at"] : place["at"] + place["size"]]
        for place in (entry["steps"], entry["lines"], entry["columns"]["x"], entry["columns"]["y"])
    )
    assert steps.tolist() == [1, 1, 2, 2, 3, 3]
    assert x.tolist() == steps.tolist()
    assert y.tolist() == lines.tolist() == [0, 1] * 3
    assert entry["of_lines"] == {"color": ["red", "blue"]}


def test_curves_of_several_methods_have_their_markers_at_steps_of_their_own():
    marks = [marked_steps(1000, place, 5).tolist() for place in range(5)]
    assert marks[0] == [25, 275, 525, 775]
    assert len({step for each in marks for step in each}) == 20
    assert marked_steps(1000, 0, 1).size == 0
    assert marked_steps(1, 0, 2).tolist() == [0, 1]
    explorer = Explorer(**QUADRATIC)
    header, numbers = header_of(explorer)
    entry = header["sources"]["values-marks"]
    steps, x, y, lines = (
        numbers[place["at"] : place["at"] + place["size"]]
        for place in (entry["steps"], *entry["columns"].values(), entry["lines"])
    )
    runs = explorer._shown.runs
    assert entry["of_lines"]["marker"] == [theme.marker(each.method) for each in runs]
    assert x.tolist() == steps.tolist()
    level = explorer._shown.target.level
    both = zip(lines.astype(int), steps.astype(int), strict=True)
    heights = [gaps(runs[line].path, level)[step] for line, step in both]
    np.testing.assert_allclose(y, np.log10(heights), rtol=1e-4)


def test_arrivals_are_the_first_steps_within_the_tolerance():
    shown = Explorer(**QUADRATIC)._shown
    assert shown is not None
    found = {(each.method, each.rotated): each.step for each in arrivals_of(shown)}
    assert found[("adagrad", True)] < 100
    assert ("adagrad", False) not in found
    for pair in shown.pairs:
        for path, rotated in ((pair.original, False), (pair.rotated, True)):
            step = steps_to_tolerance(path.values, shown.target.level, shown.target.tolerance)
            assert found.get((pair.name, rotated), -1) == step


def test_arrivals_are_those_of_the_comparison_though_the_scene_has_moved_on():
    shown = Explorer(objective="saddle", n_steps=20, n_samples=50)._shown
    moved = replace(shown, scene=Scene(methods=["momentum"], rates={"momentum": 1.0}), found={})
    assert arrivals_of(moved) == arrivals_of(shown)


def test_the_packet_says_the_pace_and_the_arrivals():
    explorer = Explorer(**QUADRATIC)
    header, numbers = header_of(explorer)
    clock = numbers[header["clock"]["at"] :][: header["clock"]["size"]]
    assert len(clock) == 201
    assert (np.diff(clock) > 0).all()
    assert clock[-1] == 1
    shown = explorer._shown
    assert shown is not None
    told = [(each["step"], each["words"]) for each in header["arrivals"]]
    assert told == [(each.step, each.words) for each in arrivals_of(shown)]
    assert f"Adam has arrived in EGOP coordinates at step {told[0][0]}" in told[0][1]
    rings = header["sources"]["right-arrivals"]
    assert rings["steps"]["size"] == 2


def test_the_first_ten_of_a_thousand_steps_of_figure_1_take_a_second():
    header, numbers = header_of(Explorer(objective="log_sum_exp", n_steps=1000))
    clock = numbers[header["clock"]["at"] :][: header["clock"]["size"]]
    assert 8 * clock[10] > 1


@pytest.mark.parametrize(
    ("changes", "anew"),
    [
        ({"objective": "rosenbrock"}, True),
        ({"loaded": 1}, True),
        ({"condition_number": 50.0}, False),
        ({"rates": {"adagrad": 1.0, "adam": 0.2}}, False),
        ({"basis": "random"}, False),
        ({"start": (1.0, 2.0)}, False),
    ],
)
def test_another_scene_begins_anew_and_a_changed_one_does_not(changes: dict, anew: bool):
    explorer = Explorer(**QUADRATIC)
    before = header_of(explorer)[0]["scene"]
    explorer.scene.param.update(**changes)
    assert (header_of(explorer)[0]["scene"] != before) == anew


def test_nothing_arrives_where_no_lower_bound_is_known():
    for name in ("saddle", "monkey_saddle"):
        shown = Explorer(objective=name, autoplay=False)._shown
        assert shown is not None
        assert arrivals_of(shown) == []
