"""Open runs: their figures, what they wait for, and what cannot be shown."""

from html import escape
from threading import Event

import pytest

from egop.figures.labeled_result import LabeledResult
from egop.lab import lab as lab_module
from egop.lab import snapshot
from egop.lab.run_detail import FIRST
from egop.lab.views.dashboard import Dashboard
from egop.lab.views.export import exported
from egop.runs.jobs import Job
from tests.lab.fakes import FakeDashboard, make_runs, press, result
from tests.lab.views.watched_runs import digits


def test_an_open_run_is_drawn_as_it_grows(lab, queue, known):
    make_runs(lab, "a")
    queue.line.append(Job("a", "running", share=0.2, seconds=10.0, message="stage 1"))
    press(lab, "open", "a")
    assert "about 3 seconds" in lab.run_detail.waiting.object
    assert lab.run_detail.list.rows[0]["progress_text"] == "20 % · about 40 s left · stage 1"
    known["a"] = result()
    lab.poller.poll()
    lab.poller.poll()
    dashboard = lab.run_detail.dashboard
    assert len(dashboard.shown) == 1
    assert not lab.run_detail.waiting.visible
    known["a"] = result(0.1)
    lab.poller.poll()
    assert len(dashboard.shown) == 2
    assert dashboard.shown[-1] == [("a", known["a"])]


def test_a_run_that_is_opened_again_before_the_next_reading_shows_its_figures(lab, known):
    make_runs(lab, "a")
    (lab.archive.folder / "a" / "result.nc").touch()
    known["a"] = result()
    press(lab, "open", "a")
    lab.poller.poll = lambda: None
    lab.open([])
    lab.open(["a"])
    assert len(lab.run_detail.figures) == 1


def test_a_result_that_cannot_be_drawn_is_a_sentence_and_tried_once(
    lab, known, monkeypatch, caplog
):
    tried = []

    def fail(self, runs):
        tried.append(1)
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr(FakeDashboard, "show", fail)
    make_runs(lab, "a")
    known["a"] = result()
    press(lab, "open", "a")
    for _ in range(3):
        lab.poller.poll()
    assert "cannot be shown; its numbers can be downloaded" in lab.run_detail.error
    assert len(tried) == 1
    assert caplog.text.count("A result cannot be shown.") == 1


def test_the_very_first_start_says_that_it_takes_longer(lab, queue):
    make_runs(lab, "a")
    queue.ready = False
    queue.line.append(Job("a", "running"))
    press(lab, "open", "a")
    assert "about 8 s" in lab.run_detail.waiting.object


@pytest.mark.parametrize("names", ["a", "a,b"])
def test_while_the_figures_are_loaded_the_page_says_so(lab, known, waiting, monkeypatch, names):
    monkeypatch.setattr(lab_module, "_LOADED", Event())
    make_runs(lab, "a", "b")
    for name in ("a", "b"):
        (lab.archive.folder / name / "result.nc").touch()
    lab.poller.poll()
    monkeypatch.setattr(lab.poller, "poll", lambda: None)
    lab.run = names
    words = lab.run_detail.waiting
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
    assert len(lab.run_detail.figures)
    assert not words.visible
    lab.run = "b"
    lab.run = "a"
    assert "Only the first" not in words.object


def test_figures_that_cannot_be_loaded_are_tried_again(lab, known, monkeypatch):
    def fail():
        raise ImportError("there is no matplotlib")

    make_runs(lab, "a")
    known["a"] = result()
    monkeypatch.setattr(lab_module, "_make_dashboard", fail)
    lab.run = "a"
    assert lab.run_detail.error == "there is no matplotlib"
    assert not lab.run_detail.waiting.visible
    monkeypatch.setattr(lab_module, "_make_dashboard", FakeDashboard)
    lab.run = ""
    lab.run = "a"
    assert len(lab.run_detail.figures)
    assert not lab.run_detail.error


def test_a_run_that_is_not_there_is_said(lab):
    lab.run = "../../etc"
    assert "no run" in lab.run_detail.error
    lab.run = "gone"
    assert "'gone'" in lab.run_detail.error
    assert not lab.run_detail.waiting.visible


def test_an_open_run_that_disappears_takes_its_figures_along_until_it_is_back(lab, known):
    make_runs(lab, "a")
    known["a"] = result()
    lab.run = "a"
    assert len(lab.run_detail.figures)
    token = lab.archive.delete("a")
    lab.poller.poll()
    assert "'a'" in lab.run_detail.error
    assert not len(lab.run_detail.figures)
    assert not lab.run_detail.list.rows
    lab.archive.restore(token)
    lab.poller.poll()
    assert len(lab.run_detail.figures)
    assert not lab.run_detail.error


def test_a_result_that_cannot_be_read_or_shown_is_said(lab, known, monkeypatch):
    make_runs(lab, "a", "b")
    known["b"] = result().drop_vars("training_loss")
    lab.run = "b"
    assert "training_loss" in lab.run_detail.error
    assert not lab.run_detail.waiting.visible

    def damaged(folder):
        raise ValueError("result.nc is damaged")

    monkeypatch.setattr(snapshot.partial_results, "read", damaged)
    lab.run = "a"
    assert "damaged" in lab.run_detail.error
    assert not lab.run_detail.waiting.visible


def test_an_odd_result_is_said_and_the_others_are_shown(lab, known, monkeypatch):
    def prepare(result):
        if result.dataset is known["a"]:
            raise IndexError("too few epochs")

    make_runs(lab, "a", "b")
    known.update(a=result(), b=result(0.1))
    monkeypatch.setattr(snapshot, "_prepare", prepare)
    lab.run = "a,b"
    assert lab.run_detail.error.startswith("a cannot be shown: its result is not as egop")
    assert [label for label, _ in lab.run_detail.dashboard.shown[-1]] == ["b"]


ODD = '<img src=x onerror="alert(1)">&$\\frac$'


def test_a_label_is_text_wherever_it_is_shown(lab, known):
    make_runs(lab, "a", "b")
    known.update(a=digits(trials=2), b=digits(trials=2))
    for name in ("a", "b"):
        press(lab, "rename", name, ODD)
    assert {row["label"] for row in lab.run_list.list.rows} == {ODD}
    lab.run_detail.set_dashboard(Dashboard())
    lab.run = "a,b"
    dashboard = lab.run_detail.dashboard
    assert [item["label"] for item in dashboard.controls.legend.groups[-1]["items"]] == [ODD, ODD]
    press(lab, "delete", "b")
    html = [lab.run_detail.title.object, dashboard.head.html, dashboard.words.html]
    html += [dashboard.numbers.html, dashboard.claims.html]
    assert all("<img" not in text for text in html)
    assert any("&lt;img" in text for text in html)
    assert ODD in lab.messages.message  # set as text, not HTML
    assert (
        exported(LabeledResult(ODD, known["a"]), "svg")[0]
        == "img-src-x-onerror-alert-1-frac-figures.zip"
    )


def test_the_title_of_one_open_run_is_seen_once(lab, known):
    """It once stood above the row that says the same."""
    make_runs(lab, "a", "b")
    hidden = []
    for names in (["a"], ["a", "b"]):
        lab.open(names)
        lab.poller.poll()
        assert "<h2>" in lab.run_detail.title.object
        hidden.append("clip-path" in "".join(map(str, lab.run_detail.title.stylesheets)))
    assert hidden == [True, False]
