"""What the served app does with the runs when it starts and ends."""

import runpy
import sys
from pathlib import Path

import pytest

from egop.runs.jobs import Job, write_job
from egop.scheduling import cluster, queue

HOOKS = Path(__file__).resolve().parents[2] / "app" / "app_hooks.py"


@pytest.fixture
def hooks():
    return runpy.run_path(str(HOOKS))


@pytest.fixture
def taken_up(tmp_path, monkeypatch):
    """The folders whose lines were taken up."""
    folders = []
    monkeypatch.setenv("EGOP_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(queue, "queue_of", folders.append)
    return folders


def test_what_was_in_line_is_taken_up(hooks, taken_up, tmp_path):
    hooks["continue_runs"]()
    runs = tmp_path / "runs"
    for name, state in (("a", "finished"), ("b", "paused"), ("c", "")):
        (runs / name).mkdir(parents=True)
        if state:
            write_job(Job(name, state), runs / name)
    hooks["continue_runs"]()
    assert not taken_up
    (runs / "d").mkdir()
    write_job(Job("d", "running"), runs / "d")
    hooks["continue_runs"]()
    assert taken_up == [runs]


def test_the_end_keeps_the_line_and_ends_the_worker(hooks, monkeypatch):
    done = []

    class Line:
        def close(self):
            done.append("line")

    monkeypatch.setattr(queue, "queue_of", lambda folder: Line())
    monkeypatch.setattr(cluster, "disconnect", lambda: done.append("worker"))
    hooks["on_server_unloaded"](None)
    assert done == ["line", "worker"]
    monkeypatch.delitem(sys.modules, "egop.scheduling.queue")
    hooks["on_server_unloaded"](None)
    assert done == ["line", "worker"]
