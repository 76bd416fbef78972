"""The lab as a whole, without a page: what it begins with, what is open, and who is told."""

import panel as pn

from egop.runs.jobs import Job
from egop.ui.live_check import LiveCheck
from tests.lab.fakes import listed, make_runs, press, result


def test_a_cell_of_it_can_say_that_no_python_answers(lab):
    assert len(pn.panel(lab).select(LiveCheck)) == 1


def test_it_begins_with_an_empty_list_and_a_warm_worker(lab, queue):
    assert queue.asked == [("prepare",)]
    assert "No runs yet" in lab.run_list.list.empty
    assert lab.view.get_root() is not None
    assert lab.controls.get_root() is not None


def test_two_runs_are_compared_and_found_again_by_the_address(lab, known):
    make_runs(lab, "a", "b")
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


def test_the_end_of_a_run_is_spoken(lab, queue):
    make_runs(lab, "a")
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
    make_runs(lab, "a")
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
