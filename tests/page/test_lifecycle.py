"""Starting and ending the served app: runs that wait and runs that are carried out."""

import os
import sys
import tempfile
import threading

import pytest

from egop.execution import cluster, queue
from egop.page import lifecycle
from egop.runs.jobs import Job, write_job


@pytest.fixture
def taken_up(tmp_path, monkeypatch):
    """The folders whose lines were taken up."""
    folders = []
    monkeypatch.setenv("EGOP_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(queue, "queue_of", folders.append)
    return folders


def test_what_was_in_line_is_taken_up(taken_up, tmp_path):
    lifecycle.continue_runs()
    runs = tmp_path / "runs"
    for name, state in (("a", "finished"), ("b", "paused"), ("c", "")):
        (runs / name).mkdir(parents=True)
        if state:
            write_job(Job(name, state), runs / name)
    lifecycle.continue_runs()
    assert not taken_up
    (runs / "d").mkdir()
    write_job(Job("d", "running"), runs / "d")
    lifecycle.continue_runs()
    assert taken_up == [runs]


def test_what_was_left_behind_is_deleted_at_the_start(taken_up, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = [tmp_path / "egop-upload-x.nc", tmp_path / "runs" / "a" / "job.json.0123abcd.tmp"]
    young = [tmp_path / "egop-upload-y.nc", tmp_path / "runs" / "a" / "job.json.4567abcd.tmp"]
    (tmp_path / "runs" / "a").mkdir(parents=True)
    for path in (*old, *young):
        path.touch()
    for path in old:
        os.utime(path, (1000, 1000))
    lifecycle.delete_leftovers()
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in young)


def test_the_end_keeps_the_line_and_ends_the_worker(monkeypatch):
    done = []

    class Line:
        def close(self):
            done.append("line")

    monkeypatch.setattr(queue, "queue_of", lambda folder: Line())
    monkeypatch.setattr(cluster, "disconnect", lambda: done.append("worker"))
    lifecycle.end()
    assert done == ["line", "worker"]
    monkeypatch.delitem(sys.modules, "egop.execution.queue")
    lifecycle.end()
    assert done == ["line", "worker"]


def test_what_stands_still_for_the_end_of_the_server_has_not_failed(monkeypatch, caplog):
    monkeypatch.setattr(lifecycle, "_ended", threading.Event())
    monkeypatch.setattr(lifecycle.time, "sleep", lambda seconds: None)
    worked = []

    def broken():
        worked.append(True)
        raise ValueError("out of order")

    def interrupted():
        lifecycle._ended.set()
        broken()

    lifecycle.attempt("formula", broken)
    assert "formula failed ahead of time: ValueError: out of order" in caplog.text
    caplog.clear()
    lifecycle.attempt("formula", interrupted)
    lifecycle.attempt("the next", broken)
    assert caplog.text == ""
    assert len(worked) == 2
