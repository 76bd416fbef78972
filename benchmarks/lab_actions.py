"""Actions of a visitor of the lab, for `benchmarks/event_loop.py`."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from egop.lab import snapshot
from egop.lab.browser import PART
from egop.lab.polling import LONG, SHORT
from egop.ui.background import SWEEPS
from tests.lab.served_lab import plant
from tests.lab.views.watched_runs import digits, so_far
from tests.page.in_process import ServedPage

RUNS = 50
TRIALS, EPOCHS = 10, 100
"""Trials and epochs of the run that is watched while it grows."""
GROWING = "run-01"


@contextmanager
def planted_runs() -> Iterator[Path]:
    """A folder of runs that the lab of every page has, finished ones and one that grows."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        runs = Path(folder) / "runs"
        plant(runs, patch, *(f"run-{k:02}" for k in range(RUNS)))
        whole, epochs = digits(TRIALS, EPOCHS), iter(range(1, 10**9))
        read = snapshot.partial_results.read

        def read_growing(path: Path) -> Any:
            if path.name != GROWING:
                return read(path)
            return so_far(whole, next(epochs) % EPOCHS)

        patch.setattr(snapshot.partial_results, "read", read_growing)
        yield runs


class LabActions:
    """Does in the lab what a visitor does.

    Args:
        page: whose lab is open.
        runs: the folder of `planted_runs`.
    """

    def __init__(self, page: ServedPage, runs: Path):
        self._page, self._runs = page, runs
        self._lab: Any = page.main.lazy_lab.lab

    def __iter__(self) -> Iterator[tuple[str, Callable[[], None], bool]]:
        """Each action by its name, and whether it makes figures, as every opening of a run does."""
        do, press, lab = self._doing, self._press, self._lab
        yield f"list of {RUNS} runs", do(lab.poller.poll), False
        yield "search in the list", do(lambda: lab.run_list._set("search:typed", "run-1")), False
        yield "a setting", do(lambda: lab.form.set("trials", 3)), False
        yield "another experiment", do(lambda: lab.form.set("experiment", "fashion")), False
        yield "a run, first opened", do(lambda: press("open"), self._is_drawn), True
        yield "a method highlighted", do(lambda: self._choose("adam")), False
        yield "the list again", do(lambda: lab.open([])), False
        yield "a run, opened again", do(lambda: press("open"), self._is_drawn), True
        yield "two runs compared", do(lambda: lab.open(["run-00", "run-02"])), False
        yield "a run that grows, opened", do(lambda: press("open", GROWING), self._is_drawn), True
        yield "a run that grows", self._watch_growing, False
        yield "a new name", do(lambda: press("rename", value="another")), False
        yield "a netCDF file", do(lambda: press("download", value="netcdf")), False
        yield "a table", do(lambda: press("download", value="csv")), False
        yield "pictures", do(lambda: press("download", value="svg")), False
        yield "an upload", self._upload, False
        yield "a run deleted", do(lambda: press("delete", "run-09")), False

    def _doing(self, action: Callable[[], Any], holds: Callable[[], Any] = bool) -> Any:
        def do() -> None:
            self._page.act(action)
            self._page.until(is_idle, seconds=60)
            self._page.until(lambda: holds is bool or self._page.act(holds), seconds=60)

        return do

    def _press(self, act: str, name: str = "run-00", value: str = "") -> None:
        self._lab.run_list.list._handle_msg({"act": act, "name": name, "value": value})

    def _choose(self, method: str) -> None:
        self._lab.run_detail.dashboard.selection.press("method", method)

    def _is_drawn(self) -> bool:
        return len(self._lab.run_detail.figures) > 0

    def _watch_growing(self) -> None:
        """Looks at a run until it was drawn several times."""
        drawn: set[float] = set()

        def has_grown() -> bool:
            for each in self._lab.run_detail.dashboard.runs:
                drawn.add(each.dataset.attrs.get("share", 0.0))
            return len(drawn) > 5

        self._page.until(lambda: self._page.act(has_grown), seconds=60)

    def _upload(self) -> None:
        """A file in the parts in which browsers send it."""
        content = (self._runs / "run-00" / "result.nc").read_bytes()
        hear = self._lab.run_list.upload._handle_msg
        self._page.act(lambda: hear({"key": "k", "name": "mine.nc", "size": len(content)}))
        for at in range(0, len(content), PART):
            part = base64.b64encode(content[at : at + PART]).decode()
            self._page.act(lambda at=at, part=part: hear({"key": "k", "at": at, "part": part}))
        self._page.until(is_idle, seconds=60)


def is_idle() -> bool:
    """True if no thread works for the lab."""
    return not any(pool._running for pool in (SHORT, LONG, SWEEPS))
