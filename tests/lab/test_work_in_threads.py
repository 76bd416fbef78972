"""The lab does in threads all that takes long: the event loop belongs to all visitors."""

import base64
import shutil
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from egop.lab import actions, cost_limits, snapshot
from egop.lab import lab as lab_module
from egop.lab.lab import Lab
from egop.lab.polling import LONG, SHORT
from egop.lab.views import dashboard
from egop.limited_process import LimitedProcesses
from egop.runs.archive import Archive
from egop.ui.background import SWEEPS
from egop.ui.playback import Channel
from tests.lab.fakes import FakeQueue
from tests.lab.served_lab import served_lab
from tests.page.in_process import ServedPage, threads_of

FUNCTIONS = {
    "list": (Archive, "entries"),
    "read": (snapshot.partial_results, "read"),
    "read a stranger's file": (LimitedProcesses, "call"),
    "medians": (snapshot, "_prepare"),
    "claims": (dashboard, "claims_table"),
    "table": (actions, "long_table"),
    "pictures": (actions, "exported"),
    "validate": (Archive, "import_run"),
    "predict": (cost_limits, "estimate_cost"),
    "plan": (actions, "begin"),
    "rename": (Archive, "rename"),
    "delete": (Archive, "delete"),
    "restore": (Archive, "restore"),
    "pause": (FakeQueue, "pause"),
    "queue": (FakeQueue, "submit"),
    "jobs": (FakeQueue, "jobs"),
    "figures": (lab_module, "_make_dashboard"),
}

Act = Callable[[Lab], Any]


def press(act: str, name: str = "first", value: str = "") -> Act:
    return lambda lab: lab.run_list.list._handle_msg({"act": act, "name": name, "value": value})


def upload(lab: Lab) -> None:
    content = (lab.archive.folder.parent / "mine.nc").read_bytes()
    hear = lab.run_list.upload._handle_msg
    hear({"key": "k", "name": "mine.nc", "size": len(content)})
    hear({"key": "k", "at": 0, "part": base64.b64encode(content).decode()})


ACTIONS: dict[str, tuple[Act, set[str]]] = {
    "the list is read": (lambda lab: lab.poller.poll(), {"list", "jobs"}),
    "a run is opened": (
        press("open"), {"read", "read a stranger's file", "medians", "figures", "claims"}
    ),
    "runs are compared": (
        lambda lab: lab.open(["first", "second"]), {"read", "medians"}
    ),
    "the list again": (lambda lab: lab.open([]), {"list"}),
    "a setting is changed": (lambda lab: lab.form.set("trials", 3), {"predict"}),
    "another experiment": (lambda lab: lab.form.set("experiment", "linear"), {"predict"}),
    "Start": (lambda lab: lab.form.press(), {"predict", "plan", "queue", "rename"}),
    "a new name": (press("rename", value="another"), {"rename"}),
    "netCDF": (press("download", value="netcdf"), {"read a stranger's file"}),
    "a table": (press("download", value="csv"), {"table"}),
    "pictures": (press("download", value="svg"), {"read", "pictures"}),
    "an upload": (upload, {"validate", "read a stranger's file", "rename"}),
    "pause": (press("pause"), {"pause"}),
    "delete": (press("delete", "second"), {"delete"}),
    "undo": (lambda lab: lab.messages.fields.set("undo"), {"restore"}),
}  # fmt: skip
"""By action what it does, and the functions that it calls; one after the other on one page."""


@pytest.fixture(scope="module")
def page_and_lab(tmp_path_factory) -> Iterator[tuple[ServedPage, Lab]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Channel, "PATIENCE", 0.0)  # no browser says what it has drawn
        folder = tmp_path_factory.mktemp("lab")
        with served_lab(folder / "runs", "first", "second") as made:
            shutil.copy(folder / "runs" / "first" / "result.nc", folder / "mine.nc")
            yield made


@pytest.fixture
def threads(monkeypatch) -> defaultdict[str, set[int]]:
    """By function the threads that called it."""
    return threads_of(FUNCTIONS, monkeypatch)


@pytest.fixture(scope="module")
def opened() -> Iterator[list[tuple[int, str]]]:
    """The files that were opened since, each with its thread."""
    found, listens = [], True

    def note(event: str, args: tuple) -> None:
        if listens and event in {"open", "os.scandir", "os.listdir"}:
            found.append((threading.get_ident(), str(args[0])))

    sys.addaudithook(note)  # for good: none can be removed
    yield found
    listens = False


@pytest.mark.parametrize(("act", "heavy"), ACTIONS.values(), ids=ACTIONS)
def test_nothing_heavy_runs_on_the_event_loop(page_and_lab, threads, opened, act, heavy):
    page, lab = page_and_lab
    opened.clear()
    page.act(lambda: act(lab))
    page.until(lambda: heavy <= threads.keys(), seconds=60)
    page.until(lambda: not any(pool._running for pool in (SHORT, LONG, SWEEPS)))
    page.act(lambda: None)  # what follows from it on the event loop
    assert not [name for name, found in threads.items() if page.thread in found]
    folder = str(lab.archive.folder)
    assert not [path for thread, path in opened if thread == page.thread and folder in path]
