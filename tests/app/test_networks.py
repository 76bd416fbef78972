"""The lab in a browser: start, watch, reload, cancel, restart the server, compare, download."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xarray as xr

from tests.app.driver import FIND
from tests.app.lab_driver import LONG, Networks, fill
from tests.conftest import Server, serve

ENDLESS = 100_000
"""Epochs of the run that is cancelled: however late the press comes, it is not finished by then."""
EPOCHS = 150
"""Of the run whose end is waited for: some seconds, in which it is cancelled and continued."""


@pytest.fixture
def serving(tmp_path: Path) -> Callable:
    """A context of a server of its own, on runs that outlive it."""

    @contextmanager
    def serve_once(number: int) -> Iterator[Server]:
        log, runs = tmp_path / f"server-{number}.log", str(tmp_path / "runs")
        with serve(log, sys.executable, "-m", "panel", "serve", "app", EGOP_RUNS=runs) as server:
            yield server

    return serve_once


def test_a_day_in_the_lab(serving, visit):
    with serving(1) as server:
        lab = Networks(visit(), server.url)
        lab.predicts("runs of 40 epochs")  # digits, quick
        fill(lab.page, "Epochs", "2000")  # so that it lasts
        lab.predicts("runs of 2,000 epochs")
        first = lab.begin()
        lab.see_points()
        lab.state(first, "running")
        lab.page.reload(timeout=LONG)
        lab.start.wait_for(state="attached", timeout=LONG)
        assert first in lab.query
        lab.state(first, "running")
        lab.see_points()
        lab.choose_small(ENDLESS)
        second = lab.begin()
        assert second != first
        lab.list_runs()
        lab.state(second, "next in line", "running")
        lab.press("cancel", second)
        lab.state(second, "cancelled")
        lab.state(first, "running")
        assert lab.visited.console == []
        lab.page.context.close()

    with serving(2) as server:
        lab = Networks(visit(accept_downloads=True), server.url)
        lab.state(first, "running")  # taken up where it was
        lab.state(second, "cancelled")
        lab.pause(first)
        lab.press("continue", second)
        lab.state(second, "running")
        lab.press("cancel", second)
        lab.state(second, "cancelled")
        lab.choose_small(EPOCHS)
        third = lab.begin()
        lab.list_runs()
        lab.state(third, "running")
        lab.press("cancel", third)
        lab.state(third, "cancelled")
        lab.press("continue", third)
        lab.state(third, "finished")
        lab.compare(first, third)
        lab.page.wait_for_function(
            f"""() => {{ {FIND} return find("training-lines").data.xs.length >= 12; }}""",
            timeout=LONG,
        )
        result = xr.load_dataset(lab.download("netcdf", third), engine="h5netcdf")
        assert result["training_loss"].sizes["epoch"] == EPOCHS + 1
        assert bool((result["status"] == "finished").any())
        assert "training_loss" in lab.download("csv", third).read_text().splitlines()[0]
        assert lab.visited.console == []
        lab.page.context.close()
