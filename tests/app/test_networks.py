"""The lab in a browser: start, watch, reload, cancel, restart the server, compare, download."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xarray as xr

from tests.app.driver import FIND
from tests.app.lab_driver import LONG, Networks, fill
from tests.conftest import Server, serve

EPOCHS = 150
"""Of the run that is cancelled: too long to end before that, short enough to wait for its end."""


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
        fill(lab.page, "Epochs", "400")  # so that it lasts
        lab.predicts("runs of 400 epochs")
        first = lab.begin()
        lab.see_points()
        lab.state(first, "running")
        lab.page.reload(timeout=LONG)
        lab.start.wait_for(state="attached", timeout=LONG)
        assert first in lab.query
        lab.state(first, "running")
        lab.see_points()
        lab.choose_small(EPOCHS)
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
        lab.press("pause", first)
        lab.state(first, "paused")
        lab.press("continue", second)
        lab.state(second, "finished")
        for name in (first, second):
            lab.row(name).get_by_role("checkbox").check()
        lab.page.get_by_role("button", name=re.compile("^Compare")).click()
        lab.see_points()
        assert first in lab.query
        assert second in lab.query
        lab.page.wait_for_function(
            f"""() => {{ {FIND} return find("training-lines").data.xs.length >= 12; }}""",
            timeout=LONG,
        )
        with lab.page.expect_download(timeout=LONG) as caught:
            lab.row(second).get_by_label(re.compile("^Download")).select_option("netcdf")
        result = xr.load_dataset(caught.value.path(), engine="h5netcdf")
        assert result["training_loss"].sizes["epoch"] == EPOCHS + 1
        assert bool((result["status"] == "finished").any())
        with lab.page.expect_download(timeout=LONG) as caught:
            lab.row(second).get_by_label(re.compile("^Download")).select_option("csv")
        assert "training_loss" in caught.value.path().read_text().splitlines()[0]
        assert lab.visited.console == []
        lab.page.context.close()
