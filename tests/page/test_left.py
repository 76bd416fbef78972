"""The work of a page ends when its browser is gone, half a minute before its session does."""

import threading
import time

import pytest

from egop import method_run
from egop.ui.background import SCENES, SWEEPS
from egop.ui.playback import Channel
from tests.page.in_process import served_page

CASES = {
    "dial": ("dial", {}),
    "map": ("map", {}),
    "compare": ("compare", {}),
    "scene": ("", {"objective": "logistic", "dim": 200, "n_steps": 5_000}),
}


@pytest.fixture
def runs(monkeypatch):
    """Runs in other threads than the event loop's: how many were begun, and how many finished."""
    counts, run = {"begun": 0, "finished": 0}, method_run.run_compiled

    def counting(*args):
        if threading.current_thread().name == "event-loop":
            run(*args)
            return
        counts["begun"] += 1
        time.sleep(0.02)  # on any machine many are left when the page is closed
        run(*args)
        counts["finished"] += 1

    monkeypatch.setattr(method_run, "run_compiled", counting)
    monkeypatch.setattr(Channel, "PATIENCE", 0.0)  # no browser says what it has drawn
    return counts


@pytest.mark.parametrize(("tab", "scene"), CASES.values(), ids=CASES)
def test_a_closed_page_finishes_no_more_runs(runs, tab, scene):
    with served_page() as page:
        explorer = page.main.explorer
        page.act(lambda: explorer.scene.param.update(**scene))
        if tab:
            page.settle()
            runs.update(begun=0)
            page.act(lambda: explorer.param.update(tab=tab))
        page.until(lambda: runs["begun"] > 0)
        page.leave()
        finished = runs["finished"]
        page.until(lambda: not SWEEPS._running and not SCENES._running)
        assert runs["finished"] <= finished + 3  # each thread may be at the end of one
        begun = runs["begun"]
        page.act(lambda: explorer.scene.param.update(n_steps=4_000, start=(0.1, 0.2)))
        time.sleep(0.3)
        assert runs["begun"] == begun
