"""A folder of runs that may not be written: runs are shown, and each change is refused."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from egop.execution.queue import Queue
from egop.experiments import begin, resume
from egop.runs import limited_reading
from egop.runs.archive import Archive
from egop.runs.jobs import Job, read_job, write_job
from egop.runs.results import load
from tests.runs.read_only import read_only


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "runs")


def left(archive: Archive) -> str:
    """A run that was begun and is nobody's."""
    run = begin("schedule", epochs=3, out=archive.folder)
    run.close()
    assert run.folder is not None
    return run.folder.name


@pytest.fixture
def name(archive: Archive) -> str:
    made = left(archive)
    resume(archive.path(made))
    return made


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_runs_are_listed_and_read(archive, name):
    with read_only(archive.folder):
        (entry,) = archive.entries()
        assert (entry.name, entry.state, entry.error) == (name, "finished", "")
        assert np.isfinite(load(archive.netcdf(name))["learning_rate"]).all()
        assert limited_reading.long_table(archive.netcdf(name))


CHANGES = {
    "rename": lambda archive, name: archive.rename(name, "mine"),
    "delete": lambda archive, name: archive.delete(name),
    "add": lambda archive, name: archive.import_run(archive.netcdf(name)),
    "begin": lambda archive, name: begin("schedule", epochs=3, out=archive.folder),
    "job": lambda archive, name: write_job(Job(name, "paused"), archive.path(name)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_in_one_sentence(archive, name, change):
    before = sorted(path.name for path in archive.folder.rglob("*"))
    with read_only(archive.folder), pytest.raises(OSError, match=r"cannot be (written|made)") as e:
        CHANGES[change](archive, name)
    assert "\n" not in str(e.value)
    assert sorted(path.name for path in archive.folder.rglob("*")) == before
    assert archive.entry(name).state == "finished"


def test_a_run_in_line_says_that_it_cannot_be_written(archive, caplog):
    name = left(archive)
    write_job(Job(name, "queued", share=0.5), archive.path(name))

    def execute(run, client, on_progress, stop):
        run.keep("piece", {"x": np.arange(3)})

    with read_only(archive.folder):
        queue = Queue(archive.folder, connect=object, execute=execute)
        queue.restore()
        queue.archive.trash.empty(older_than=0.0)
        until(lambda: queue.jobs()[0].state == "failed")
        assert "cannot be written (Read-only file system)" in queue.jobs()[0].error
    assert read_job(archive.path(name)).state == "queued"  # as it was: the next start goes on
    queue.close()


def test_a_run_is_continued_when_the_folder_can_be_written_again(archive):
    name = left(archive)
    write_job(Job(name, "running"), archive.path(name))

    def execute(run, client, on_progress, stop):
        (run.folder / "result.nc").write_text("done")

    queue = Queue(archive.folder, connect=object, execute=execute)
    with read_only(archive.folder):
        queue.restore()
        until(lambda: queue.jobs()[0].state == "failed")
    queue.close()
    again = Queue(archive.folder, connect=object, execute=execute)
    assert "Read-only file system" in archive.entry(name).error
    again.resume(name)
    until(lambda: not again.jobs())
    assert archive.entry(name).state == "finished"
    again.close()
