"""The lab as a whole, without a page: start, watch, compare, rename, delete, download."""

import asyncio
import base64
import errno
import io
import os
import time
import zipfile
from functools import partial
from html import escape
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import numpy as np
import panel as pn
import pytest

from egop.admission import ADMISSION, LimitError
from egop.experiments.cost_estimate import CostEstimate
from egop.lab import actions, dataset_download, obstacles, polling, snapshot
from egop.lab import lab as lab_module
from egop.lab.actions import DRAWING, figures_of
from egop.lab.lab import Lab
from egop.lab.run_detail import FIRST
from egop.lab.settings import config_of, defaults
from egop.lab.views.dashboard import Dashboard
from egop.limits import Limit, Limits
from egop.runs.jobs import Job
from egop.runs.ownership import Visitor
from egop.runs.results import write
from egop.ui import allowance as allowances
from egop.ui.allowance import Allowance
from egop.ui.document import Page
from egop.ui.live_check import LiveCheck
from tests.experiments.planted_results import described, sweep
from tests.lab.fakes import FakeQueue, folder_of_run, label_of, result
from tests.lab.views.watched_runs import digits


class FakeWatch:
    """Figures that remember what they were shown."""

    def __init__(self):
        self.view, self.shown, self.dark = "the figures", [], None

    def show(self, runs):
        if any("training_loss" not in run.dataset for run in runs):
            raise ValueError("a result to be shown has a training_loss")
        self.shown.append([(run.label, run.dataset) for run in runs])

    def set_dark(self, dark):
        self.dark = dark


@pytest.fixture
def known(monkeypatch):
    """What is known of runs, by name."""
    datasets = {}
    monkeypatch.setattr(snapshot.partial_results, "read", lambda folder: datasets.get(folder.name))
    monkeypatch.setattr(
        lab_module, "_predict", lambda *asked: SimpleNamespace(sentence="2 min", fits=True)
    )
    monkeypatch.setattr(lab_module, "_make_watch", FakeWatch)
    monkeypatch.setattr(dataset_download, "missing", lambda data: [])
    return datasets


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def lab(tmp_path, known, queue):
    return Lab(tmp_path / "runs", queue=queue)


def runs_of(lab, *names):
    lab.archive.folder.mkdir(exist_ok=True)
    for name in names:
        folder_of_run(lab.archive.folder, name)
    lab.poller.poll()


def listed(lab):
    return [row["name"] for row in lab.run_list.list.rows]


def press(lab, act, name, value=""):
    lab.run_list.list._handle_msg({"act": act, "name": name, "value": value})


def test_a_cell_of_it_can_say_that_no_python_answers(lab):
    assert len(pn.panel(lab).select(LiveCheck)) == 1


def test_it_begins_with_an_empty_list_and_a_warm_worker(lab, queue):
    assert queue.asked == [("prepare",)]
    assert "No runs yet" in lab.run_list.list.empty
    assert lab.view.get_root() is not None
    assert lab.controls.get_root() is not None


def test_start_puts_a_run_in_the_line_and_opens_it(lab, queue):
    lab.form.set("trials", 2)
    lab.form.press()
    (job,) = queue.line
    folder = lab.archive.path(job.name)
    assert label_of(folder) == "Handwritten digits, quick"
    assert lab.archive.entry(job.name).config["trials"] == 2
    assert lab.names == (job.name,)
    assert lab.run_detail.list.rows[0]["state_words"] == "next in line"
    assert "waits for its turn" in lab.run_detail._waiting.object
    lab.form.press()
    assert label_of(lab.archive.path(queue.line[1].name)) == "Handwritten digits, quick 2"


def test_a_visitor_with_enough_runs_is_told_under_the_button(lab, queue):
    queue.full = True
    lab.form.press()
    assert "2 unfinished runs" in lab.form.sentence("start")
    assert lab.form.startable
    assert not lab.names
    assert not lab.archive.entries()


def test_a_run_that_the_line_does_not_take_leaves_no_folder(lab, queue, monkeypatch):
    def submit(run, session):
        raise OSError("the disk is full")

    monkeypatch.setattr(queue, "submit", submit)
    lab.form.press()
    assert lab.form.sentence("start") == "the disk is full"
    assert not lab.archive.entries()


def test_an_open_run_is_drawn_as_it_grows(lab, queue, known):
    runs_of(lab, "a")
    queue.line.append(Job("a", "running", share=0.2, seconds=10.0, message="stage 1"))
    press(lab, "open", "a")
    assert "about 3 seconds" in lab.run_detail._waiting.object
    assert lab.run_detail.list.rows[0]["progress"] == "20 % · about 40 s left · stage 1"
    known["a"] = result()
    lab.poller.poll()
    lab.poller.poll()
    watch = lab.run_detail.dashboard
    assert len(watch.shown) == 1
    assert not lab.run_detail._waiting.visible
    known["a"] = result(0.1)
    lab.poller.poll()
    assert len(watch.shown) == 2
    assert watch.shown[-1] == [("a", known["a"])]


def test_a_run_that_is_opened_again_before_the_next_reading_shows_its_figures(lab, known):
    runs_of(lab, "a")
    (lab.archive.folder / "a" / "result.nc").touch()
    known["a"] = result()
    press(lab, "open", "a")
    lab.poller.poll = lambda: None
    lab.open([])
    lab.open(["a"])
    assert len(lab.run_detail._figures) == 1


def test_a_result_that_cannot_be_drawn_is_a_sentence_and_tried_once(
    lab, known, monkeypatch, caplog
):
    tried = []

    def fail(self, runs):
        tried.append(1)
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr(FakeWatch, "show", fail)
    runs_of(lab, "a")
    known["a"] = result()
    press(lab, "open", "a")
    for _ in range(3):
        lab.poller.poll()
    assert "cannot be shown; its numbers can be downloaded" in lab.run_detail.sentence
    assert len(tried) == 1
    assert caplog.text.count("A result cannot be shown.") == 1


def test_the_very_first_start_says_that_it_takes_longer(lab, queue):
    runs_of(lab, "a")
    queue.ready = False
    queue.line.append(Job("a", "running"))
    press(lab, "open", "a")
    assert "about 8 s" in lab.run_detail._waiting.object


def test_two_runs_are_compared_and_found_again_by_the_address(lab, known):
    runs_of(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    for name in ("a", "b"):
        press(lab, "check", name, True)
    lab.run_list.fields.set("compare")
    assert lab.run == "a,b"
    assert [label for label, _ in lab.run_detail.dashboard.shown[-1]] == ["a", "b"]
    lab.run_detail.back.set("back")
    assert lab.run == ""
    assert sorted(listed(lab)) == ["a", "b"]
    lab.run = "b"
    assert [label for label, _ in lab.run_detail.dashboard.shown[-1]] == ["b"]


@pytest.fixture
def waiting(lab, monkeypatch):
    """The work that the lab has asked for, to be done when the test says so."""
    asked = []
    monkeypatch.setattr(lab.tasks, "submit", lambda *work, long: asked.append(work))
    return asked


@pytest.mark.parametrize("names", ["a", "a,b"])
def test_while_the_figures_are_loaded_the_page_says_so(lab, known, waiting, monkeypatch, names):
    monkeypatch.setattr(lab_module, "_LOADED", Event())
    runs_of(lab, "a", "b")
    for name in ("a", "b"):
        (lab.archive.folder / name / "result.nc").touch()
    lab.poller.poll()
    monkeypatch.setattr(lab.poller, "poll", lambda: None)
    lab.run = names
    words = lab.run_detail._waiting
    assert words.object == f'<p role="status">{escape(FIRST)}</p>'
    assert words.visible
    lab._draw(lab._read())
    assert words.object == f'<p role="status">{escape(FIRST)}</p>'
    known.update(a=result(), b=result(0.1))
    lab._draw(lab._read())
    assert words.object == f'<p role="status">{escape(FIRST)}</p>'
    (work, then, _), = waiting  # fmt: skip
    then(work())
    lab._draw(lab._read())
    assert len(lab.run_detail._figures)
    assert not words.visible
    lab.run = "b"
    lab.run = "a"
    assert "Only the first" not in words.object


def test_figures_that_cannot_be_loaded_are_tried_again(lab, known, monkeypatch):
    def fail():
        raise ImportError("there is no matplotlib")

    runs_of(lab, "a")
    known["a"] = result()
    monkeypatch.setattr(lab_module, "_make_watch", fail)
    lab.run = "a"
    assert lab.run_detail.sentence == "there is no matplotlib"
    assert not lab.run_detail._waiting.visible
    monkeypatch.setattr(lab_module, "_make_watch", FakeWatch)
    lab.run = ""
    lab.run = "a"
    assert len(lab.run_detail._figures)
    assert not lab.run_detail.sentence


def test_a_run_that_is_not_there_is_said(lab):
    lab.run = "../../etc"
    assert "no run" in lab.run_detail.sentence
    lab.run = "gone"
    assert "'gone'" in lab.run_detail.sentence
    assert not lab.run_detail._waiting.visible


def test_an_open_run_that_disappears_takes_its_figures_along_until_it_is_back(lab, known):
    runs_of(lab, "a")
    known["a"] = result()
    lab.run = "a"
    assert len(lab.run_detail._figures)
    token = lab.archive.delete("a")
    lab.poller.poll()
    assert "'a'" in lab.run_detail.sentence
    assert not len(lab.run_detail._figures)
    assert not lab.run_detail.list.rows
    lab.archive.restore(token)
    lab.poller.poll()
    assert len(lab.run_detail._figures)
    assert not lab.run_detail.sentence


def test_a_result_that_cannot_be_read_or_shown_is_said(lab, known, monkeypatch):
    runs_of(lab, "a", "b")
    known["b"] = result().drop_vars("training_loss")
    lab.run = "b"
    assert "training_loss" in lab.run_detail.sentence
    assert not lab.run_detail._waiting.visible

    def damaged(folder):
        raise ValueError("result.nc is damaged")

    monkeypatch.setattr(snapshot.partial_results, "read", damaged)
    lab.run = "a"
    assert "damaged" in lab.run_detail.sentence
    assert not lab.run_detail._waiting.visible


def test_pause_continue_and_cancel_reach_the_queue(lab, queue):
    runs_of(lab, "a")
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
    runs_of(lab, "a")
    press(lab, "rename", "a", "Best so far")
    assert lab.run_list.list.rows[0]["label"] == "Best so far"
    press(lab, "rename", "a", "x" * 200)
    assert "80 characters" in lab.run_list.fields.sentence("note")
    assert lab.run_list.list.rows[0]["label"] == "Best so far"


ODD = '<img src=x onerror="alert(1)">&$\\frac$'


def test_a_label_is_text_wherever_it_is_shown(lab, known):
    runs_of(lab, "a", "b")
    known.update(a=digits(trials=2), b=digits(trials=2))
    for name in ("a", "b"):
        press(lab, "rename", name, ODD)
    assert {row["label"] for row in lab.run_list.list.rows} == {ODD}
    lab.run_detail.take(Dashboard())
    lab._making_figures = True
    lab.run = "a,b"
    watch = lab.run_detail.dashboard
    assert [item["label"] for item in watch.controls.legend.groups[-1]["items"]] == [ODD, ODD]
    press(lab, "delete", "b")
    html = [lab.run_detail._title.object, watch.head.html, watch.words.html]
    html += [watch.numbers.html, watch.claims.html]
    assert all("<img" not in text for text in html)
    assert any("&lt;img" in text for text in html)
    sentences = [
        lab.run_detail.sentence,
        lab.run_list.fields.sentence("note"),
    ]  # set as text, not HTML
    assert all(ODD in sentence for sentence in sentences)
    assert figures_of(ODD, known["a"], "svg")[0] == "img-src-x-onerror-alert-1-frac-figures.zip"


@pytest.mark.parametrize("label", ["x" * 1000, "a\nb", "\u202egpj", "\0"])
def test_labels_that_are_no_names_are_refused_in_one_sentence(lab, label):
    runs_of(lab, "a")
    press(lab, "rename", "a", label)
    assert "a run's label takes" in lab.run_list.noted
    assert len(lab.run_list.noted) < 200
    assert lab.run_list.list.rows[0]["label"] == "a"


def test_a_full_disk_keeps_the_name(lab, monkeypatch):
    runs_of(lab, "a")
    press(lab, "rename", "a", "Mine")

    def full(self, *args, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        press(lab, "rename", "a", "Other")
    assert "is full, so the run keeps the name it had" in lab.run_list.noted
    assert "resume" not in lab.run_list.noted
    lab.poller.poll()
    assert lab.run_list.list.rows[0]["label"] == "Mine"


def test_a_compared_run_that_is_deleted_leaves_the_other_and_says_so(lab, known):
    runs_of(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    lab.run = "a,b,a"
    assert lab.names == ("a", "b")
    press(lab, "delete", "a")
    assert lab.names == ("b",)
    assert "“a” was deleted" in lab.run_detail.sentence


def test_an_odd_result_is_said_and_the_others_are_shown(lab, known, monkeypatch):
    def prepare(dataset):
        if dataset is known["a"]:
            raise IndexError("too few epochs")

    runs_of(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    monkeypatch.setattr(snapshot, "_prepare", prepare)
    lab.run = "a,b"
    assert lab.run_detail.sentence.startswith("a cannot be shown: its result is not as egop")
    assert [label for label, _ in lab.run_detail.dashboard.shown[-1]] == ["b"]


def test_a_deleted_run_comes_back(lab):
    runs_of(lab, "a", "b")
    press(lab, "open", "a")
    lab.run_detail.list._handle_msg({"act": "delete", "name": "a", "value": ""})
    assert listed(lab) == ["b"]
    assert not lab.names
    assert lab.run_list.fields.values["undo"]
    lab.run_list.fields.set("undo")
    assert sorted(listed(lab)) == ["a", "b"]


def test_two_visitors_delete_the_same_run(lab, tmp_path, known):
    runs_of(lab, "a")
    other = Lab(tmp_path / "runs", queue=FakeQueue())
    press(lab, "delete", "a")
    press(other, "delete", "a")
    assert "no run" in other.run_list.fields.sentence("note")
    assert not other.run_list.fields.values["undo"]


@pytest.mark.parametrize("name", ["..", "../x", "/etc", ""])
def test_nothing_outside_the_folder_is_touched(lab, tmp_path, name):
    (tmp_path / "x").mkdir()
    for act in ("delete", "rename", "download"):
        press(lab, act, name, "csv")
    assert (tmp_path / "x").is_dir()
    assert "run is named by its folder" in lab.run_list.fields.sentence("note")


def give(lab, name, content, monkeypatch):
    """Gives a file as the browser does."""
    asked = []
    monkeypatch.setattr(lab.run_list.upload, "_send_msg", asked.append)
    lab.run_list.upload._handle_msg({"key": "k", "name": name, "size": len(content)})
    while asked[-1]["at"] >= 0:
        at = asked[-1]["at"]
        part = base64.b64encode(content[at : at + 10_000]).decode()
        lab.run_list.upload._handle_msg({"key": "k", "at": at, "part": part})


def test_a_result_from_elsewhere_is_added(lab, tmp_path, temporary, monkeypatch):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    content = (tmp_path / "result.nc").read_bytes()
    for name in ("from <b>me.nc", "result.nc", "result.nc"):
        give(lab, name, content, monkeypatch)
    labels = {row["label"] for row in lab.run_list.list.rows}
    assert labels == {"from <b>me", "Handwritten digits", "Handwritten digits 2"}
    assert "“Handwritten digits 2” was added" in lab.run_list.fields.sentence("note")
    lab.run_list.fields.set("look")
    (name,) = lab.names
    assert lab.archive.entry(name).state == "finished"
    assert lab.archive.entry(name).label == "Handwritten digits 2"
    assert lab.archive.netcdf(name).read_bytes() == content
    assert not list(temporary.iterdir())


def test_a_renamed_run_keeps_its_title_through_download_and_upload(
    lab, tmp_path, temporary, monkeypatch
):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    content = (tmp_path / "result.nc").read_bytes()
    give(lab, "mine.nc", content, monkeypatch)
    (entry,) = lab.archive.entries()
    press(lab, "rename", entry.name, "Größe ½, “second” try")
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    press(lab, "download", entry.name, "netcdf")
    loaded = b"".join(base64.b64decode(message["part"]) for message in sent)
    lab.archive.delete(entry.name)
    give(lab, "download (3).nc", loaded, monkeypatch)
    (back,) = lab.archive.entries()
    assert back.label == "Größe ½, “second” try"
    assert back.config == entry.config


def test_what_is_no_result_is_not_added(lab, temporary, monkeypatch):
    give(lab, "<img>.nc", b"no netCDF", monkeypatch)
    assert "'<img>.nc' is no netCDF file" in lab.run_list.fields.sentence("note")
    assert str(temporary) not in lab.run_list.fields.sentence("note")
    assert not lab.run_list.fields.values["look"]
    assert not lab.archive.entries()
    assert not list(temporary.iterdir())


def test_a_result_that_cannot_be_kept_is_not_added(lab, tmp_path, temporary, monkeypatch):
    write(described(sweep({("adam", "original"): 0.1}, bases=("original",)), "digits"), tmp_path)
    (tmp_path / "runs").write_text("no folder")
    give(lab, "mine.nc", (tmp_path / "result.nc").read_bytes(), monkeypatch)
    assert "cannot be written" in lab.run_list.fields.sentence("note")
    assert not list(temporary.iterdir())


def test_downloads_come_in_parts(lab, known, monkeypatch):
    runs_of(lab, "a")
    known["a"] = result()
    content = np.random.default_rng(0).bytes(1_500_000)
    path = lab.archive.folder / "a" / "result.nc"
    path.write_bytes(content)
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    monkeypatch.setattr(lab.archive, "netcdf", lambda name: path)
    press(lab, "download", "a", "netcdf")
    assert [message["last"] for message in sent] == [False, False, True]
    assert b"".join(base64.b64decode(message["part"]) for message in sent) == content
    assert {message["name"] for message in sent} == {"a.nc"}
    assert not lab.run_list.noted


@pytest.mark.parametrize("opened", ["", "a,b"])
def test_figures_of_a_finished_run_are_made_when_asked_for(
    lab, known, waiting, monkeypatch, opened
):
    runs_of(lab, "a", "b")
    known.update(a=digits(trials=2), b=result())
    lab.archive.rename("a", "My <b>run</b>")
    assert {"svg", "png"} <= {*lab.run_list.list.downloads} == {*lab.run_detail.list.downloads}
    lab.run = opened
    waiting.clear()
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    lab.run_detail.list._handle_msg({"act": "download", "name": "a", "value": "svg"})
    assert not sent
    assert DRAWING in (lab.run_detail.sentence if opened else lab.run_list.noted)
    ((work, then, _),) = waiting
    lab.run = "b"
    then(work())
    content = b"".join(base64.b64decode(message["part"]) for message in sent)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert sent[0]["name"] == "My-b-run-b-figures.zip"
    assert names == ["My-b-run-b-figure-1-right.svg", "My-b-run-b-figure-10.svg"]
    assert DRAWING not in {lab.run_detail.sentence, lab.run_list.noted}


def test_no_file_is_made_for_who_has_left_or_has_computed_all_that_is_allowed(
    lab, known, waiting, monkeypatch
):
    runs_of(lab, "a")
    known["a"] = digits(trials=2)
    made, there = [], [True]
    monkeypatch.setattr(actions, "figures_of", lambda *run: made.append(run) or ("a.svg", b"x"))
    monkeypatch.setattr(Page, "has_visitor", property(lambda page: there[0]))
    allowance = Allowance()
    monkeypatch.setattr(allowances, "allowance_of", lambda page: allowance)

    def download() -> None:
        waiting.clear()
        lab.run_list.list._handle_msg({"act": "download", "name": "a", "value": "svg"})
        waiting[0][0]()

    there[0] = False
    download()
    assert not made
    there[0] = True
    download()
    assert len(made) == 1
    allowance.spend(1e3)
    with pytest.raises(ValueError, match=r"which is all that one visitor gets; try again in \d+ s"):
        download()
    assert len(made) == 1


def test_a_run_without_figures_says_so(lab, known):
    runs_of(lab, "a")
    press(lab, "download", "a", "svg")
    assert lab.run_list.noted == "a has measured nothing yet, so there is no figure of it"
    known["a"] = described(digits(), "mine")
    press(lab, "download", "a", "png")
    assert "of which the paper has no figure" in lab.run_list.noted
    press(lab, "download", "gone", "png")
    assert "no run 'gone'" in lab.run_list.noted


def test_a_download_leaves_what_is_offered(lab, known):
    runs_of(lab, "a", "b")
    known["b"] = digits(trials=2)
    press(lab, "delete", "a")
    press(lab, "download", "b", "svg")
    assert lab.run_list.fields.values["undo"]


def test_the_end_of_a_run_is_spoken(lab, queue):
    runs_of(lab, "a")
    queue.line[:] = [Job("a", "running")]
    lab.poller.poll()
    queue.line[:] = [Job("a", "failed", error="the device is gone")]
    lab.poller.poll()
    assert lab.browser.spoken == "a failed"
    assert lab.run_list.list.rows[0]["error"] == "the device is gone"


def test_a_phone_gets_a_button_for_the_form(lab):
    asked = []
    lab.param.watch(lambda event: asked.append(1), "asks_for_form")
    lab._list[0].set("new")
    assert asked


def test_the_theme_reaches_figures_that_are_made_later(lab, known):
    runs_of(lab, "a")
    known["a"] = result()
    lab.set_dark(True)
    assert lab.run_detail.dashboard is None
    lab.run = "a"
    assert lab.run_detail.dashboard.dark is True
    lab.set_dark(False)
    assert lab.run_detail.dashboard.dark is False


def test_hidden_it_reads_nothing(lab):
    lab.show(False)
    assert lab.poller.paused
    lab.show(True)
    assert not lab.poller.paused


def test_runs_that_are_begun_count_for_the_session(lab, monkeypatch):
    monkeypatch.setattr(ADMISSION, "_given", Limits(begun_runs=Limit(1, 5, 5)))
    ADMISSION.enter("session", "1.1.1.1")
    chosen = defaults("schedule", "quick")
    try:
        lab.actions.begin(chosen, config_of(chosen), Visitor(), "session")
        with pytest.raises(LimitError, match="as many runs begun as allowed within an hour, 1"):
            lab.actions.begin(chosen, config_of(chosen), Visitor(), "session")
    finally:
        ADMISSION.leave("session")
    assert len(list(lab.archive.folders())) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [({"memory_bytes": 1}, ""), ({"fits": False}, "only"), ({"seconds": 1e9}, "7 days")],
)
def test_a_run_that_is_too_large_is_not_begun(lab, monkeypatch, change, words):
    usual = CostEstimate(1, 1.0, 2.0, 1, 1, "only 1 MB is free.")
    monkeypatch.setattr(obstacles, "predict", lambda *asked, **more: usual._replace(**change))
    chosen = defaults("schedule", "quick")
    begin = partial(lab.actions.begin, chosen, config_of(chosen), Visitor(), "session")
    if not words:
        assert begin()
        return
    with pytest.raises(ValueError, match=words):
        begin()
    assert not list(lab.archive.folders())
