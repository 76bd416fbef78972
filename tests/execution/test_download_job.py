"""Downloads in the background: their progress, their end, and what is kept when nobody waits."""

import hashlib
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from egop.execution.download_job import fetch_data
from egop.networks import downloads
from egop.networks.downloads import DataError
from egop.networks.sources import Collection, PinnedFile
from tests.networks.public_server import PublicServer, serving

CONTENTS = {f"{name}.bin": np.random.default_rng(i).bytes(400_000) for i, name in enumerate("ab")}


@pytest.fixture
def server():
    with serving(PublicServer(dict(CONTENTS))) as running:
        yield running


@pytest.fixture
def home(server, tmp_path, monkeypatch) -> Path:
    """The folder of a data set "pair" that the server has."""
    files = tuple(
        PinnedFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    pair = Collection(name="pair", folder="pair", files=files, mirrors=(server.url,))
    monkeypatch.setitem(downloads.COLLECTIONS, "pair", pair)
    monkeypatch.setenv("EGOP_DATA", str(tmp_path))
    return tmp_path / "pair"


def complete(home: Path) -> bool:
    return {path.name: path.read_bytes() for path in home.iterdir()} == CONTENTS


def test_the_share_rises_to_the_end(home):
    told = []
    fetching = fetch_data("pair", lambda *each: told.append(each))
    fetching.join(10)
    assert (fetching.state, fetching.error, fetching.share) == ("finished", "", 1.0)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert any(0.4 < share < 0.6 for share in shares)
    assert told[-1] == (1.0, "finished")
    assert complete(home)


def test_a_server_that_is_gone_is_said_in_a_sentence(home, server):
    server.files.clear()
    told = []
    fetching = fetch_data("pair", lambda *each: told.append(each))
    fetching.join(10)
    assert fetching.state == "failed"
    assert "could not be downloaded" in fetching.error
    assert told[-1][1] == fetching.error


def test_an_unknown_data_set_is_refused():
    with pytest.raises(DataError, match="there is no data set"):
        fetch_data("../x")


def hold(at: float, held: threading.Event, reached: threading.Event):
    """A `tell` that lets the download wait at a share."""

    def tell(share: float, words: str) -> None:
        if share >= at and words.startswith("b.bin"):
            reached.set()
            held.wait(10)

    return tell


def test_a_cancelled_download_ends_at_once_and_keeps_whole_files(home, server):
    held, reached = threading.Event(), threading.Event()
    fetching = fetch_data("pair", hold(0.7, held, reached))
    assert reached.wait(10)
    fetching.cancel()
    assert fetching.state == "cancelled"
    held.set()
    fetching.join(10)
    assert [path.name for path in home.iterdir()] == ["a.bin"]
    fetching = fetch_data("pair")
    fetching.join(10)
    assert fetching.state == "finished"
    assert server.asked == ["/a.bin", "/b.bin", "/b.bin"]
    assert complete(home)


def test_two_visitors_do_not_download_the_same_at_once(home, server):
    held, reached = threading.Event(), threading.Event()
    first = fetch_data("pair", hold(0.7, held, reached))
    assert reached.wait(10)
    words = []
    second = fetch_data("pair", lambda _, each: words.append(each))
    third = fetch_data("pair")
    while not words:
        time.sleep(0.01)
    assert words[0] == "waits for the same download of somebody else"
    third.cancel()
    third.join(10)
    held.set()
    first.join(10)
    second.join(10)
    assert (first.state, second.state, third.state) == ("finished", "finished", "cancelled")
    assert server.asked == ["/a.bin", "/b.bin"]
    assert complete(home)


def test_of_an_archive_the_bytes_are_told(home, server, monkeypatch):
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in CONTENTS.items():
            archive.writestr(name, content)
    server.files = {"pair.zip": buffer.getvalue()}
    pair = downloads.COLLECTIONS["pair"]
    zipped = Collection(
        name="pair",
        folder="pair",
        files=pair.files,
        mirrors=(),
        archives=(f"{server.url}pair.zip",),
    )
    monkeypatch.setitem(downloads.COLLECTIONS, "pair", zipped)
    told = []
    fetching = fetch_data("pair", lambda *each: told.append(each))
    fetching.join(10)
    assert fetching.state == "finished"
    assert any("pair.zip, 0.8 MB" in words for _, words in told)
    assert all(0 <= share <= 1 for share, _ in told)
    assert complete(home)
