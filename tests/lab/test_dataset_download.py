"""The offer to download a data set."""

import pytest

from egop.lab import dataset_download
from egop.lab.dataset_download import DatasetDownload


class DownloadJob:
    """A download that does what the test says."""

    def __init__(self, name, tell):
        self.name, self.tell = name, tell
        self.state, self.share, self.error = "running", 0.0, ""

    def cancel(self):
        self.end("cancelled")

    def end(self, state, error=""):
        self.state, self.error = state, error
        self.tell(self.share, state)


@pytest.fixture
def absent(monkeypatch):
    names = {"digits", "fashion"}
    monkeypatch.setattr(
        dataset_download, "missing", lambda data: ["x"] if data.name in names else []
    )
    return names


@pytest.fixture
def offer(absent):
    made, changes = [], []

    def fetch(name, tell):
        made.append(DownloadJob(name, tell))
        return made[-1]

    offer = DatasetDownload(fetch, lambda: changes.append(1))
    offer.made, offer.changes = made, changes
    return offer


def shown(offer):
    return offer.text in list(offer._view)


def test_it_takes_no_room_when_nothing_is_missing(offer, absent):
    absent.clear()
    offer.show(("digits",))
    assert not shown(offer)
    assert not offer.blocks


def test_the_digits_have_a_replacement_and_fashion_has_none(offer):
    offer.show(("digits",))
    assert shown(offer)
    assert not offer.blocks
    assert "1797" in offer.text.object
    offer.show(("fashion",))
    assert offer.blocks
    assert offer.fields.values["download"] == "Download 30.9 MB"


def test_a_download_is_followed_to_its_end(offer, absent):
    offer.show(("digits",))
    offer.start()
    fetching = offer.made[0]
    assert offer.fields.values["cancel"]
    assert not offer.fields.values["download"]
    fetching.share = 0.5
    offer._shown_at = 0.0
    fetching.tell(0.5, "half")
    assert "50%" in offer.text.object
    absent.clear()
    fetching.end("finished")
    assert not shown(offer)
    assert not offer.message
    assert offer.changes


def test_a_failure_is_said_and_the_download_is_offered_again(offer):
    offer.show(("fashion",))
    offer.start()
    offer.made[0].end("failed", "the disk is full: make room")
    assert offer.message == "the disk is full: make room"
    assert offer.fields.values["download"]
    offer.start()
    assert len(offer.made) == 2
    assert not offer.message


def test_a_download_can_be_cancelled(offer):
    offer.show(("digits",))
    offer.start()
    offer.start()
    assert len(offer.made) == 1
    offer.stop()
    assert "Stopped" in offer.message
    assert offer.fields.values["download"]


def test_another_experiment_leaves_a_download_alone(offer):
    offer.show(("fashion",))
    offer.start()
    offer.show(("digits",))
    assert not offer.blocks
    assert "Fashion" in offer.text.object
