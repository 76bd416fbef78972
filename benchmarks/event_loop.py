"""The longest time for which each action of a visitor keeps the server's event loop busy.

All other visitors wait as long. A frame's 50 ms are the budget; 250 ms where the action makes
figures or imports for the first time, or their models anew: Panel does so when a run is opened.
Imports are in a thread, which keeps the interpreter from the loop for a second when somebody opens
the lab for the first time since the server's start.
"""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.arguments import take_none
from benchmarks.lab_actions import LabActions, planted_runs
from benchmarks.stopwatch import Row, Timing
from egop.explorer.explorer import TABS
from egop.explorer.scene import MOST_SAMPLES, MOST_STEPS, OBJECTIVES, Scene
from egop.methods import VECTOR_METHODS
from egop.page import garbage, lifecycle
from egop.ui import allowance
from egop.ui.playback import Channel
from tests.page.in_process import ServedPage, served_page

BUDGET, FIRST = 0.05, 0.25
"""Seconds for an action, and for one that makes something for the first time."""
LARGE = {"dim": 200}
RATES = {"rates": dict.fromkeys(VECTOR_METHODS, 0.01)}
SCENES: dict[str, dict[str, Any]] = {
    "the start, moved": {"start": (-3.9, 1.1)},
    "width of ρ": {"scale": 2.2},
    "a slider of the objective": {"angle": 30.0},
    "M at its bound": {"n_samples": MOST_SAMPLES},
    "T at its bound": {"n_steps": MOST_STEPS},
    "a start far outside": {"start": (-300.0, 200.0)},
    "every method": {"methods": list(VECTOR_METHODS), **RATES},
    "every method, T at its bound": {
        "methods": list(VECTOR_METHODS),
        **RATES,
        "n_steps": MOST_STEPS,
    },
    "methods that diverge, T at its bound": {
        "methods": ["gradient_descent", "momentum", "adam"], "n_steps": MOST_STEPS,
        "rates": dict.fromkeys(VECTOR_METHODS, 100.0),
    },
    "methods that have no rate yet": {"methods": list(VECTOR_METHODS)},
    "a sample along the path, T and M at their bounds": {
        "distribution": "along_path", "n_steps": MOST_STEPS, "n_samples": MOST_SAMPLES,
    },
    "a formula": {"objective": "formula", "formula": "sin(x*y)^2 + log(1 + x^2 + y^4) + x*y/3"},
    "logistic regression, d = 200": {"objective": "logistic", **LARGE},
    "log-sum-exp, d = 200, M at its bound": {
        "objective": "log_sum_exp", **LARGE, "n_samples": MOST_SAMPLES
    },
    "least squares, d = 200, T at its bound": {
        "objective": "least_squares", **LARGE, "n_steps": MOST_STEPS
    },
    "logistic regression, d = 200, Hessian's basis": {
        "objective": "logistic", **LARGE, "basis": "hessian"
    },
    "full-matrix AdaGrad, d = 200": {
        "objective": "logistic", **LARGE, "methods": ["full_adagrad"], **RATES, "n_steps": 60
    },
    "full-matrix AdaGrad, d = 200, T at its bound": {
        "objective": "logistic", **LARGE, "methods": ["full_adagrad"], **RATES,
        "n_steps": MOST_STEPS,
    },
}  # fmt: skip


def rows() -> Iterator[Row]:
    """One row for each action: how long the loop was busy without a break, at most.

    The best time is that of the loop's own work, the median that by the clock.
    """
    lifecycle.compile_the_rest()
    Channel.PATIENCE = 0.0  # no browser says what it has drawn
    allowance.allowed = lambda: 300.0  # this visitor does what many do
    garbage.keep_imports()
    with planted_runs() as runs, served_page() as page:
        page.act(garbage.GARBAGE.start)
        for name, scene in SCENES.items():
            reset(page)
            yield row(page, name, lambda scene=scene: change(page, **scene))
        for key in OBJECTIVES:
            reset(page)
            yield row(page, f"objective {key}", lambda key=key: change(page, objective=key))
        reset(page)
        for tab in [*TABS[1:], TABS[0]]:
            yield row(page, f"tab {tab}, first opened", lambda tab=tab: open_tab(page, tab), FIRST)
            yield row(page, f"tab {tab}, start moved", lambda: nudge(page))
        for number, name in enumerate(("Networks, first opened", "Explorer, again")):
            place = 1 - number
            yield row(page, name, lambda place=place: switch(page, place), FIRST)
        switch(page, 1)
        for name, act, first in LabActions(page, runs):
            yield row(page, f"lab, {name}", act, FIRST if first else BUDGET)


def row(page: ServedPage, name: str, act: Callable[[], Any], budget: float = BUDGET) -> Row:
    """The row of one action."""
    return Row(f"event loop: {name}", Timing(*page.longest_block(act), repetitions=1), budget)


def reset(page: ServedPage) -> None:
    """Shows the opening scene."""
    values = {name: value for name, value in Scene().param.values().items() if name != "name"}
    change(page, **values)


def change(page: ServedPage, **values: Any) -> None:
    """Sets values of the scene, and waits until it is shown or refused."""
    explorer = page.main.explorer
    assert explorer is not None
    page.act(lambda: explorer.scene.param.update(**values))

    updates = explorer.updates
    page.until(
        lambda: page.act(lambda: updates.is_settled and not updates.added.is_tuning), seconds=300
    )


def nudge(page: ServedPage) -> None:
    """Moves the start a little."""
    explorer = page.main.explorer
    assert explorer is not None
    x, y = explorer.scene.start
    change(page, start=(x + 0.01, y))


def open_tab(page: ServedPage, tab: str) -> None:
    """Opens a tab of the explorer, and waits for what it computes."""
    explorer = page.main.explorer
    assert explorer is not None
    page.act(lambda: explorer.param.update(tab=tab))
    change(page)


def switch(page: ServedPage, place: int) -> None:
    """Turns to the other page, and waits until it is there."""
    page.act(lambda: page.main.switch.param.update(active=place))
    page.until(lambda: place == 0 or page.main.lazy_lab.lab is not None, seconds=120)


if __name__ == "__main__":
    take_none(__doc__)
    for each in rows():
        work, clock = 1e3 * each.egop.best, 1e3 * each.egop.median
        over = "" if each.holds else "  ← over"
        print(f"{each.question:<66} {work:7.1f} ms, by the clock {clock:7.1f} ms{over}", flush=True)
