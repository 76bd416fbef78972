"""The clock of the machine is set back, or years ahead, while runs are in line or deleted."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from egop.execution.queue import KEPT, Queue
from egop.experiments import begin
from egop.lab.run_row_format import row_of
from egop.runs.archive import Archive
from egop.runs.jobs import read_job

YEAR = 365 * 86400.0


@pytest.fixture
def set_clock(monkeypatch) -> Callable[[float], None]:
    """A function that sets the clock so many seconds ahead of the true time, or back."""
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])
    return lambda seconds: ahead.__setitem__(0, seconds)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "runs")


@pytest.fixture
def begun() -> list[str]:
    return []


@pytest.fixture
def held() -> Event:
    return Event()


@pytest.fixture
def queue(archive, begun, held) -> Iterator[Queue]:
    """A queue whose runs wait until they are let go."""

    def execute(run, client, on_progress, stop):
        begun.append(run.folder.name)
        on_progress(0.5, "half")
        held.wait(10)
        (run.folder / "result.nc").write_text("done")

    made = Queue(archive.folder, connect=object, execute=execute)
    yield made
    made.close()


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def left(archive: Archive) -> str:
    """A run that was begun and is nobody's."""
    run = begin("schedule", epochs=3, out=archive.folder)
    run.close()
    assert run.folder is not None
    return run.folder.name


def test_first_come_first_served_whatever_the_clock_does(queue, archive, begun, held, set_clock):
    names = []
    for seconds in (0.0, -YEAR, 10 * YEAR, -20 * YEAR):
        set_clock(seconds)
        names.append(queue.submit(begin("schedule", epochs=3, out=archive.folder)))
        until(lambda: begun)
    assert [job.name for job in queue.jobs()] == names
    held.set()
    until(lambda: not queue.jobs())
    assert begun == names
    for name in names:
        assert 0 <= read_job(archive.path(name)).seconds < 60
        assert archive.entry(name).state == "finished"


@pytest.mark.parametrize(
    "at", [0.0, -YEAR, 50 * YEAR, -80 * YEAR], ids=["now", "back", "2076", "1946"]
)
def test_a_deleted_run_comes_back_whatever_the_clock_says(archive, set_clock, at):
    name = left(archive)
    set_clock(at)
    token = archive.delete(name)
    set_clock(0.0)
    assert archive.trash.empty(older_than=KEPT) == 0 or at < -KEPT
    if at >= -KEPT:
        assert archive.restore(token) == name


def test_deleted_runs_are_kept_while_the_clock_is_set_back(archive, set_clock):
    name = left(archive)
    token = archive.delete(name)
    set_clock(-YEAR)
    assert archive.trash.empty(older_than=KEPT) == 0
    assert archive.restore(token) == name


def test_runs_of_the_future_are_listed(archive):
    name = left(archive)
    entry = archive.entry(name)
    for now in (datetime(1980, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)):
        assert row_of(entry, now=now)["facts"]
