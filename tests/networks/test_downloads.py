"""Downloads: only whole files with their pinned sum arrive, and nothing half written stays."""

import errno
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from egop.networks import downloads
from egop.networks.downloads import DataError, collection, data_folder, fetch, missing, read
from egop.networks.sources import COLLECTIONS, Collection, PinnedFile
from tests.networks.public_server import PublicServer, serving

FIRST, SECOND = (np.random.default_rng(i).bytes(300_000) for i in range(2))
FILES = {"first.bin": FIRST, "second.bin": SECOND}
PINNED = tuple(
    PinnedFile(name, len(content), hashlib.sha256(content).hexdigest())
    for name, content in FILES.items()
)
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def server():
    folders = {f"good/{name}": content for name, content in FILES.items()}
    folders |= {f"short/{name}": content[:200_000] for name, content in FILES.items()}
    folders |= {f"altered/{name}": content[:-1] + b"?" for name, content in FILES.items()}
    folders |= {f"endless/{name}": content * 3 for name, content in FILES.items()}
    folders["all.zip"] = zipped(FILES)
    folders["altered.zip"] = zipped(FILES | {"second.bin": FIRST})
    folders["page.zip"] = b"<html>We moved.</html>"
    with serving(PublicServer(folders)) as running:
        yield running


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pair(server, *mirrors, archives=()):
    return Collection(
        name="pair",
        folder="two-files",
        files=PINNED,
        mirrors=tuple(m if ":" in m else f"{server.url}{m}/" for m in mirrors),
        archives=tuple(server.url + each for each in archives),
    )


def assert_all_there(folder):
    home = folder / "two-files"
    assert {path.name: path.read_bytes() for path in home.iterdir()} == FILES


def test_files_arrive_and_are_not_asked_for_again(server, tmp_path):
    told = []
    paths = fetch(pair(server, "good"), tmp_path, lambda *step: told.append(step))
    assert paths == [tmp_path / "two-files" / name for name in FILES]
    assert_all_there(tmp_path)
    assert told[0] == ("first.bin", 0, 300_000)
    assert told[-1] == ("second.bin", 300_000, 300_000)
    assert [done for name, done, _ in told if name == "first.bin"] == sorted(
        done for name, done, _ in told if name == "first.bin"
    )
    fetch(pair(server, "good"), tmp_path)
    assert len(server.asked) == 2


def test_a_transfer_that_breaks_off_leaves_nothing_and_the_next_call_begins_anew(server, tmp_path):
    server.breaks_after = 100_000
    with pytest.raises(DataError, match=r"100000 bytes read, 200000 more expected"):
        fetch(pair(server, "good"), tmp_path)
    assert list((tmp_path / "two-files").iterdir()) == []
    server.breaks_after = None
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)


def test_an_interrupted_call_leaves_whole_files_alone(server, tmp_path):
    def impatient(name, done, total):
        if name == "second.bin" and done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(pair(server, "good"), tmp_path, impatient)
    assert [path.name for path in (tmp_path / "two-files").iterdir()] == ["first.bin"]


def test_a_server_that_sends_for_ever_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.2)
    monkeypatch.setattr(downloads, "SLOWEST", 10**9)
    server.pauses = 0.05
    with pytest.raises(DataError, match=r"it sent \d+ bytes in \d+ s"):
        fetch(pair(server, "good"), tmp_path)


def test_a_server_that_says_nothing_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.1)
    server.pauses = 0.5
    with pytest.raises(DataError, match=r"first\.bin could not be downloaded .*timed out"):
        fetch(pair(server, "good"), tmp_path)


@pytest.mark.parametrize("bad", ["short", "altered", "endless", "absent", NOWHERE])
def test_the_next_mirror_helps_out(server, tmp_path, bad):
    fetch(pair(server, bad, "good"), tmp_path)
    assert_all_there(tmp_path)


@pytest.mark.parametrize("archive", ["absent.zip", "page.zip", "altered.zip"])
def test_an_archive_helps_out(server, tmp_path, archive):
    fetch(pair(server, "absent", archives=[archive, "all.zip"]), tmp_path)
    assert_all_there(tmp_path)


@pytest.mark.parametrize(
    ("mirror", "reason"),
    [
        ("short", f"what it sent has another SHA-256 than {PINNED[0].sha256}"),
        ("altered", f"what it sent has another SHA-256 than {PINNED[0].sha256}"),
        ("endless", "more than the 300000 bytes expected"),
        ("absent", "HTTP 404 Not Found"),
        (NOWHERE, "Connection refused"),
    ],
)
def test_without_a_good_mirror_one_sentence_says_why_and_what_to_do(
    server, tmp_path, mirror, reason
):
    with pytest.raises(DataError, match=reason) as caught:
        fetch(pair(server, mirror), tmp_path)
    sentence = str(caught.value)
    assert sentence.startswith("first.bin could not be downloaded")
    assert "run egop data fetch pair again" in sentence
    assert "\n" not in sentence
    assert list((tmp_path / "two-files").iterdir()) == []


def test_a_bad_file_stays_until_a_good_one_replaces_it(server, tmp_path):
    fetch(pair(server, "good"), tmp_path)
    path = tmp_path / "two-files/second.bin"
    path.write_bytes(SECOND[:-5])
    with pytest.raises(DataError):
        fetch(pair(server, NOWHERE), tmp_path)
    assert path.read_bytes() == SECOND[:-5]
    server.asked.clear()
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)
    assert server.asked == ["/good/second.bin"]


def test_a_full_disk_is_said_and_whole_files_stay(server, tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, block):
            if self.tell() > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(block)

    (tmp_path / "two-files").mkdir()
    (tmp_path / "two-files/first.bin").write_bytes(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(downloads.Path, "open", lambda path, mode="r": Full(path, mode))
        with pytest.raises(DataError, match=r"is full: make room .* egop data fetch pair again"):
            fetch(pair(server, "good"), tmp_path)
    assert [path.name for path in (tmp_path / "two-files").iterdir()] == ["first.bin"]
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written .* set EGOP_DATA"):
        fetch(pair(server, "good"), tmp_path / "file")


def test_reading_names_what_is_missing_truncated_or_altered(server, tmp_path):
    data = pair(server, "good")
    assert missing(data, tmp_path) == list(FILES)
    with pytest.raises(DataError, match=r"first\.bin is missing: run egop data fetch pair"):
        read(data, tmp_path)
    fetch(data, tmp_path)
    assert missing(data, tmp_path) == []
    assert read(data, tmp_path) == FILES
    second = tmp_path / "two-files/second.bin"
    second.write_bytes(SECOND[:10])
    truncated = r"second\.bin is truncated \(10 of 300000 bytes, SHA-256 expected [0-9a-f]{64}, got"
    with pytest.raises(DataError, match=truncated):
        read(data, tmp_path)
    second.write_bytes(SECOND[::-1])
    with pytest.raises(DataError, match=r"altered .*: run egop data fetch pair to replace it"):
        read(data, tmp_path)


def test_an_unknown_data_set_gets_the_nearest_name():
    with pytest.raises(DataError, match="no data set 'digit': did you mean 'digits'"):
        collection("digit")


def test_the_folder_is_given_or_the_platforms(monkeypatch):
    monkeypatch.setenv("EGOP_DATA", "/somewhere/data")
    assert data_folder() == Path("/somewhere/data")
    monkeypatch.delenv("EGOP_DATA")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert data_folder() == Path("/caches/egop/data")


@pytest.mark.parametrize("data", COLLECTIONS.values(), ids=COLLECTIONS)
def test_the_pinned_sums_are_those_of_the_real_files(data):
    if missing(data):
        pytest.skip("the real files are not here")
    assert [len(content) for content in read(data).values()] == [f.n_bytes for f in data.files]
