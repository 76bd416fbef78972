"""Files that are sent to the browser."""

import base64
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from egop.experiments import run
from egop.lab import actions
from egop.lab.actions import DRAWING
from egop.ui import allowance as allowances
from egop.ui.allowance import Allowance
from egop.ui.document import Page
from tests.experiments.planted_results import described
from tests.lab.fakes import make_runs, press, result
from tests.lab.views.watched_runs import digits


def test_downloads_come_in_parts(lab, known, monkeypatch):
    make_runs(lab, "a")
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
    assert not lab.messages.message


@pytest.mark.parametrize("opened", ["", "a,b"])
def test_figures_of_a_finished_run_are_made_when_asked_for(
    lab, known, waiting, monkeypatch, opened
):
    make_runs(lab, "a", "b")
    known.update(a=digits(trials=2), b=result())
    lab.archive.rename("a", "My <b>run</b>")
    lab.run = opened
    waiting.clear()
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    lab.run_detail.list._handle_msg({"act": "download", "name": "a", "value": "svg"})
    assert not sent
    assert lab.messages.message == DRAWING
    ((work, then),) = waiting
    lab.run = "b"
    then(work())
    content = b"".join(base64.b64decode(message["part"]) for message in sent)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert sent[0]["name"] == "My-b-run-b-figures.zip"
    assert names == ["My-b-run-b-figure-1-right.svg", "My-b-run-b-figure-10.svg"]
    assert not lab.messages.message


def test_everything_that_the_menu_offers_comes(lab, known, monkeypatch):
    make_runs(lab, "a")
    known["a"] = run("schedule", epochs=20, out=None)
    sent = []
    monkeypatch.setattr(lab.browser, "send", sent.append)
    monkeypatch.setattr(lab.archive, "netcdf", lambda name: Path(__file__))
    monkeypatch.setattr("egop.lab.actions.long_table", lambda path: b"method,basis")
    offered = lab.run_list.list.downloads
    assert offered == lab.run_detail.list.downloads
    for kind in offered:
        press(lab, "download", "a", kind)
    assert [message["type"] for message in sent] == [
        "application/x-netcdf",
        "text/csv",
        "image/svg+xml",
        "application/pdf",
        "image/png",
    ]
    begun = [base64.b64decode(message["part"])[:4] for message in sent]
    assert begun[2:] == [b"<?xm", b"%PDF", b"\x89PNG"]


def test_no_file_is_made_for_who_has_left_or_has_computed_all_that_is_allowed(
    lab, known, waiting, monkeypatch
):
    make_runs(lab, "a")
    known["a"] = digits(trials=2)
    made, there = [], [True]
    monkeypatch.setattr(actions, "exported", lambda *run: made.append(run) or ("a.svg", b"x"))
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
    make_runs(lab, "a")
    press(lab, "download", "a", "svg")
    assert lab.messages.message == "a has measured nothing yet, so there is no figure of it"
    known["a"] = described(digits(), "mine")
    press(lab, "download", "a", "png")
    assert "of which the paper has no figure" in lab.messages.message
    press(lab, "download", "gone", "png")
    assert "no run 'gone'" in lab.messages.message


def test_a_download_leaves_what_is_offered(lab, known):
    make_runs(lab, "a", "b")
    known["b"] = digits(trials=2)
    press(lab, "delete", "a")
    press(lab, "download", "b", "svg")
    assert lab.messages.fields.values["undo"]
