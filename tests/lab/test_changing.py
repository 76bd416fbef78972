"""Runs that are paused, cancelled, continued, renamed, deleted and brought back."""

import asyncio
import errno
import os
import time
from pathlib import Path
from threading import Event

import pytest

from egop.lab import polling
from egop.lab.lab import Lab
from tests.lab.fakes import FakeQueue, folder_of_run, listed, make_runs, press, result


def test_pause_continue_and_cancel_reach_the_queue(lab, queue):
    make_runs(lab, "a")
    for act in ("pause", "continue", "cancel"):
        press(lab, act, "a")
    assert queue.asked[1:] == [("pause", "a"), ("resume", "a"), ("cancel", "a")]
    press(lab, "no such act", "a")


@pytest.mark.parametrize("act", ["pause", "cancel"])
def test_a_run_is_ended_while_all_others_download(act, tmp_path, known, queue):
    gate = Event()

    folder_of_run(tmp_path / "runs", "a")

    async def visit():
        lab = Lab(tmp_path / "runs", queue=queue)
        for _ in range(polling.LONG.threads):
            lab.tasks.submit(lambda: gate.wait(10), lambda found: None, long=True)
        press(lab, act, "a")
        end = time.monotonic() + 5
        while (act, "a") not in queue.asked and time.monotonic() < end:
            await asyncio.sleep(0.01)
        lab.poller.stop()

    try:
        asyncio.run(visit())
    finally:
        gate.set()
    assert (act, "a") in queue.asked


def test_rename(lab):
    make_runs(lab, "a")
    press(lab, "rename", "a", "Best so far")
    assert lab.run_list.list.rows[0]["label"] == "Best so far"
    press(lab, "rename", "a", "x" * 200)
    assert "80 characters" in lab.messages.message
    assert lab.run_list.list.rows[0]["label"] == "Best so far"


@pytest.mark.parametrize("label", ["x" * 1000, "a\nb", "\u202egpj", "\0"])
def test_labels_that_are_no_names_are_refused_in_one_sentence(lab, label):
    make_runs(lab, "a")
    press(lab, "rename", "a", label)
    assert "a run's label takes" in lab.messages.message
    assert len(lab.messages.message) < 200
    assert lab.run_list.list.rows[0]["label"] == "a"


def test_a_full_disk_keeps_the_name(lab, monkeypatch):
    make_runs(lab, "a")
    press(lab, "rename", "a", "Mine")

    def full(self, *args, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        press(lab, "rename", "a", "Other")
    assert "is full, so the run keeps the name it had" in lab.messages.message
    assert "resume" not in lab.messages.message
    lab.poller.poll()
    assert lab.run_list.list.rows[0]["label"] == "Mine"


def test_a_compared_run_that_is_deleted_leaves_the_other_and_says_so(lab, known):
    make_runs(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    lab.run = "a,b,a"
    assert lab.names == ("a", "b")
    press(lab, "delete", "a")
    assert lab.names == ("b",)
    assert "“a” was deleted" in lab.messages.message
    lab.messages.fields.set("undo")
    assert lab.archive.path("a").exists()


def test_a_deleted_run_comes_back(lab):
    make_runs(lab, "a", "b")
    press(lab, "open", "a")
    lab.run_detail.list._handle_msg({"act": "delete", "name": "a", "value": ""})
    assert listed(lab) == ["b"]
    assert not lab.names
    assert lab.messages.fields.values["undo"]
    lab.messages.fields.set("undo")
    assert sorted(listed(lab)) == ["a", "b"]


def test_a_run_whose_label_was_given_again_comes_back_under_another(lab):
    make_runs(lab, "a", "b")
    press(lab, "rename", "a", "digits")
    press(lab, "delete", "a")
    press(lab, "rename", "b", "digits")
    lab.messages.fields.set("undo")
    assert {entry.name: entry.label for entry in lab.archive.entries()} == {
        "a": "digits 2",
        "b": "digits",
    }
    assert "It is back as “digits 2”." in lab.messages.message


def test_two_visitors_delete_the_same_run(lab, tmp_path, known):
    make_runs(lab, "a")
    other = Lab(tmp_path / "runs", queue=FakeQueue())
    press(lab, "delete", "a")
    press(other, "delete", "a")
    assert "no run" in other.messages.message
    assert not other.messages.fields.values["undo"]


@pytest.mark.parametrize("name", ["..", "../x", "/etc", ""])
def test_nothing_outside_the_folder_is_touched(lab, tmp_path, name):
    (tmp_path / "x").mkdir()
    for act in ("delete", "rename", "download"):
        press(lab, act, name, "csv")
    assert (tmp_path / "x").is_dir()
    assert "run is named by its folder" in lab.messages.message


def test_figures_stay_in_their_place_when_a_compared_run_is_deleted(lab, known):
    """Bokeh fails where figures go and come back in one message, and the rest of it is lost."""
    make_runs(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    for name in ("a", "b"):
        (lab.archive.folder / name / "result.nc").touch()
    lab.poller.poll()
    lab.run = "a,b"
    moved = []
    lab.run_detail.figures.param.watch(moved.append, "objects")
    press(lab, "delete", "b")
    assert [label for label, _ in lab.run_detail.dashboard.shown[-1]] == ["a"]
    assert [row["name"] for row in lab.run_detail.list.rows] == ["a"]
    assert not moved
