"""The process that carries out runs is killed: its workers end, and the next one goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("distributed")

from egop.experiments import begin, digits, run
from egop.runs.archive import Archive
from egop.runs.jobs import Job, read_job, write_job
from egop.runs.results import load
from tests.experiments.same_numbers import assert_same_numbers

CONFIG = digits.Config(trials=1, epochs=60, hidden=(4,), n_samples=150)
OPTIONS = {"rates": {"adam": [0.01]}, "config": CONFIG, "device": "cpu", "threads": 1}
CARRY_OUT = "from egop.page import lifecycle; lifecycle.continue_runs(); input()"
"""The script of a server: its start, until its input ends."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a system without it")


def until(happened: Callable[[], object], seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def is_there(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


@contextmanager
def server(archive: Archive) -> Iterator[subprocess.Popen[bytes]]:
    places = os.environ | {"EGOP_RUNS": str(archive.folder)}
    with subprocess.Popen(
        [sys.executable, "-c", CARRY_OUT], env=places, stdin=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def worker_of(folder: Path) -> int:
    """The number of the process that computes a run; 0 where none does yet."""
    for path in (folder / "live").glob("*.task"):
        with suppress(OSError, ValueError):
            return int(path.read_text())
    return 0


def test_a_server_that_is_killed_leaves_no_worker_and_the_next_one_goes_on(tmp_path):
    archive = Archive(tmp_path)
    begun = begin("digits", out=tmp_path, **OPTIONS)
    begun.close()
    folder, name = begun.folder, begun.folder.name
    write_job(Job(name, "queued"), folder)
    with server(archive) as process:
        until(lambda: worker_of(folder))
        worker = worker_of(folder)
        process.send_signal(signal.SIGKILL)
        process.wait()
    until(lambda: not is_there(worker))
    assert read_job(folder).state == "running"
    assert archive.entry(name).state == "interrupted"  # nobody carries it out
    with server(archive):
        until(lambda: read_job(folder).state == "finished")
    expected = run("digits", out=None, **OPTIONS)
    assert_same_numbers(load(folder / "result.nc"), expected)
