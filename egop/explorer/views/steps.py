"""Single steps of a path as dots, where runs arrive, and how fast playback goes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from egop import theme
from egop.analysis.ending import Ending
from egop.analysis.pacing import pace_steps
from egop.analysis.verdict import has_no_lower_bound
from egop.explorer.compute import Window
from egop.explorer.tabs import ComparisonResult, ShownRun, heads_of
from egop.metrics import steps_to_tolerance
from egop.theme import label
from egop.trajectory import Trajectory
from egop.ui.packing import Packet

APART = 0.06
"""The length of a step that can be told apart, as a share of half a window."""
FEW = 40
"""Up to so many steps each has its dot, however short."""
MOST = 200
"""Dots of one path."""
MARKS = 4
"""Markers along a curve by step, which tell methods apart whose colors are near."""
RING = 17
"""Diameter in pixels of the ring where the first method's run arrives."""

OUT_OF_SIGHT = 4.0
"""Times half a window, from the start: movement beyond does not slow playback."""


class Arrival(NamedTuple):
    """The first time that a run is within the tolerance.

    Attributes:
        step: when.
        method: whose run it is.
        rotated: whether it is the one in the basis.
        words: what happened, without a full stop.
    """

    step: int
    method: str
    rotated: bool
    words: str


def arrivals_of(shown: ComparisonResult) -> list[Arrival]:
    """The runs that come within the tolerance, by step; none where f has no known lower bound.

    They are computed once.
    """
    if "arrivals" not in shown.found:
        shown.found["arrivals"] = [] if _is_bottomless(shown) else _arrivals(shown)
    return shown.found["arrivals"]


def steps_of_arrival(shown: ComparisonResult) -> dict[tuple[str, bool], int]:
    """The steps of `arrivals_of` by method and by whether the run is in the basis."""
    return {(each.method, each.rotated): each.step for each in arrivals_of(shown)}


def _arrivals(shown: ComparisonResult) -> list[Arrival]:
    found = []
    for method, rotated, path in shown.runs:
        step = int(steps_to_tolerance(path.values, shown.target.level, shown.target.tolerance))
        where = f"{shown.basis_name} coordinates" if rotated else "original coordinates"
        if step >= 0:
            words = f"{label(method)} has arrived in {where} at step {step}"
            found.append(Arrival(step, method, rotated, words))
    return sorted(found)


def _is_bottomless(shown: ComparisonResult) -> bool:
    """True if the level is the value of a run that still fell, at which nothing can arrive."""
    target = shown.target

    def ending(path: Trajectory, method: str) -> Ending:
        rate = float(shown.methods[method].learning_rate)
        return Ending.of_run(path.values, target, rate)

    endings = {
        pair.name: (ending(pair.original, pair.name), ending(pair.rotated, pair.name))
        for pair in shown.pairs
    }
    return not target.known and has_no_lower_bound(endings, target)


def dotted_steps(path: np.ndarray, window: Window) -> np.ndarray:
    """The steps that have a dot: those that can be told apart, or all where there are few.

    Args:
        path: (T+1, 2) in the window's plane.
        window: that shows it.
    """
    steps = np.arange(1, len(path))
    with np.errstate(invalid="ignore"):
        if len(steps) > FEW:
            steps = steps[np.linalg.norm(np.diff(path, axis=0), axis=1) >= APART * window.half]
        near = (np.abs(path[steps] - window.center) <= 2 * window.half).all(axis=1)
    return steps[near][:MOST]


def pack_dots(
    packet: Packet, source: str, paths: Sequence[np.ndarray], colors: list[str], window: Window
) -> None:
    """A dot for each step of the paths (T+1, 2) that can be told apart."""
    steps = [dotted_steps(path, window) for path in paths]
    _pack(packet, source, paths, steps, {"color": colors})


def marked_steps(n_steps: int, place: int, count: int) -> np.ndarray:
    """The steps at which a method's curves have its marker, those of the others between them.

    Args:
        n_steps: T.
        place: of the method, counted from 0.
        count: of methods; a single one has none.
    """
    shares = (np.arange(MARKS) + (place + 0.5) / count) / MARKS
    return np.unique(np.rint(n_steps * shares).astype(int)) if count > 1 else np.array([], int)


def pack_marks(
    packet: Packet, source: str, runs: Sequence[ShownRun], curves: Sequence[np.ndarray]
) -> None:
    """A few markers of its method along each run's curve (T+1, 2)."""
    order = list(dict.fromkeys(each.method for each in runs))
    steps = [
        marked_steps(len(curve) - 1, order.index(each.method), len(order))
        for each, curve in zip(runs, curves, strict=True)
    ]
    _pack(packet, source, curves, steps, heads_of(runs))


def pack_arrivals(
    packet: Packet,
    source: str,
    runs: Sequence[ShownRun],
    paths: Sequence[np.ndarray],
    shown: ComparisonResult,
    ring: int = RING,
) -> None:
    """A ring where each run arrives; those of several methods lie around each other.

    Args:
        packet: to the browser.
        source: its name.
        runs: that are drawn.
        paths: (T+1, 2) of each run.
        shown: the comparison.
        ring: diameter in pixels of the first method's ring.
    """
    reached = steps_of_arrival(shown)
    known = [reached.get((each.method, each.rotated)) for each in runs]
    steps = [np.array([] if step is None else [step], dtype=int) for step in known]
    methods = [each.method for each in runs]
    order = list(dict.fromkeys(methods))
    looks = {
        "color": [theme.color(method) for method in methods],
        "size": [ring + 5 * order.index(method) for method in methods],
    }
    _pack(packet, source, paths, steps, looks)


def _pack(
    packet: Packet,
    source: str,
    paths: Sequence[np.ndarray],
    steps: Sequence[np.ndarray],
    looks: dict[str, list],
) -> None:
    """Points of the paths at some of their steps, each shown from its step on."""
    lines = np.repeat(np.arange(len(paths)), [len(each) for each in steps])
    points = [path[each] for path, each in zip(paths, steps, strict=True)]
    at, where = np.concatenate([*steps, []]), np.concatenate([*points, np.empty((0, 2))])
    order = np.argsort(at, kind="stable")
    x, y = where[order].T
    packet.appearing(source, at[order], lines[order], looks, x=x, y=y)


def pack_clock(packet: Packet, shown: ComparisonResult) -> None:
    """Packs the pace of playback, the arrivals of runs, and the scene with which it begins anew."""
    packet.pace(clock_of(shown))
    packet.say(
        scene=shown.scene.played,
        arrivals=[
            {"step": each.step, "words": each.words, "color": theme.color(each.method)}
            for each in arrivals_of(shown)
        ],
    )


def clock_of(shown: ComparisonResult) -> np.ndarray:
    """Returns the time at which playback reaches each step, (T+1,) from 0 to 1, computed once."""
    if "clock" not in shown.found:
        paths = [each.path.points for each in shown.runs if each.path.points is not None]
        reach = OUT_OF_SIGHT * shown.windows[0].half
        shown.found["clock"] = pace_steps(paths, len(shown.schedule), reach)
    return shown.found["clock"]
