"""Runs that are started from the form, and what stands in their way."""

from functools import partial

import pytest

from egop.admission import ADMISSION, LimitError
from egop.experiments import EXPERIMENTS, cost_estimate
from egop.experiments.cost_estimate import CostEstimate
from egop.experiments.cost_estimate.calibration import Rates
from egop.lab import cost_limits
from egop.lab.settings import config_of, defaults
from egop.limits import Limit, Limits
from egop.runs.ownership import Visitor
from tests.lab.fakes import label_of


def test_start_puts_a_run_in_the_line_and_opens_it(lab, queue):
    lab.form.set("trials", 2)
    lab.form.press()
    (job,) = queue.line
    folder = lab.archive.path(job.name)
    assert label_of(folder) == "Handwritten digits, quick"
    assert lab.archive.entry(job.name).config["trials"] == 2
    assert lab.names == (job.name,)
    assert lab.run_detail.list.rows[0]["state_text"] == "next in line"
    assert "waits for its turn" in lab.run_detail.waiting.object
    lab.form.press()
    assert label_of(lab.archive.path(queue.line[1].name)) == "Handwritten digits, quick 2"


def test_a_visitor_with_enough_runs_is_told_under_the_button(lab, queue):
    queue.full = True
    lab.form.press()
    assert "2 unfinished runs" in lab.form.fields.sentence("start")
    assert lab.form.startable
    assert not lab.names
    assert not lab.archive.entries()


def test_a_run_that_the_line_does_not_take_leaves_no_folder(lab, queue, monkeypatch):
    def submit(run, session):
        raise OSError("the disk is full")

    monkeypatch.setattr(queue, "submit", submit)
    lab.form.press()
    assert lab.form.fields.sentence("start") == "the disk is full"
    assert not lab.archive.entries()


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
    monkeypatch.setattr(
        cost_limits, "estimate_cost", lambda *asked, **more: usual._replace(**change)
    )
    chosen = defaults("schedule", "quick")
    begin = partial(lab.actions.begin, chosen, config_of(chosen), Visitor(), "session")
    if not words:
        assert begin()
        return
    with pytest.raises(ValueError, match=words):
        begin()
    assert not list(lab.archive.folders())


def test_an_estimate_counts_the_cores_that_the_run_gets(monkeypatch):
    unit = Rates(*[1e-9] * len(Rates._fields))
    monkeypatch.setattr(cost_estimate, "rates", lambda device: unit)
    monkeypatch.setattr(cost_estimate, "available_threads", lambda: 4)
    config = EXPERIMENTS["digits"].quick
    said = cost_limits.limited_estimate("digits", config, "cpu")
    assert said.seconds == cost_estimate.estimate_cost("digits", config, threads=4).seconds
