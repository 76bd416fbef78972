"""A lab without a page, whose runs, queue and figures are those of the test."""

from types import SimpleNamespace

import pytest

from egop.lab import dataset_download, snapshot
from egop.lab import lab as lab_module
from egop.lab.lab import Lab
from tests.lab.fakes import FakeDashboard, FakeQueue


@pytest.fixture
def known(monkeypatch):
    """The datasets of runs, by name."""
    datasets = {}
    monkeypatch.setattr(snapshot.partial_results, "read", lambda folder: datasets.get(folder.name))
    monkeypatch.setattr(
        lab_module, "limited_estimate", lambda *run: SimpleNamespace(sentence="2 min", fits=True)
    )
    monkeypatch.setattr(lab_module, "_make_dashboard", FakeDashboard)
    monkeypatch.setattr(dataset_download, "missing", lambda data: [])
    return datasets


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def lab(tmp_path, known, queue):
    return Lab(tmp_path / "runs", queue=queue)


@pytest.fixture
def waiting(lab, monkeypatch):
    """The work that the lab has asked for, to be done when the test says so."""
    asked = []
    monkeypatch.setattr(lab.tasks, "submit", lambda *work, long: asked.append(work))
    return asked
