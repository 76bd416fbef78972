"""Downloads: only whole files with their pinned sum arrive, and nothing that came is lost."""

import errno
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from egop.networks import transfer
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


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(server, tmp_path):
    server.breaks_after = 100_000
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)
    ranges = [wanted for path, wanted in server.asked if path == "/good/first.bin"]
    assert ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_what_came_before_the_connection_died_is_used_by_the_next_call(server, tmp_path):
    server.breaks_after = 30_000
    with pytest.raises(DataError, match=r"broke off after 150000 of 300000 bytes"):
        fetch(pair(server, "good"), tmp_path)
    assert (tmp_path / "two-files/first.bin.part").read_bytes() == FIRST[:150_000]
    assert not (tmp_path / "two-files/first.bin").exists()
    server.breaks_after = None
    server.asked.clear()
    fetch(pair(server, "good"), tmp_path)
    assert server.asked[0] == ("/good/first.bin", "bytes=150000-")
    assert_all_there(tmp_path)


def test_an_interrupted_call_leaves_what_came(server, tmp_path):
    def impatient(name, done, total):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(pair(server, "good"), tmp_path, impatient)
    part = (tmp_path / "two-files/first.bin.part").read_bytes()
    assert len(part) > 100_000
    assert FIRST.startswith(part)


def test_a_server_that_knows_no_ranges_sends_all_again(server, tmp_path):
    server.knows_ranges = False
    part = tmp_path / "two-files/first.bin.part"
    part.parent.mkdir()
    part.write_bytes(FIRST[:1000])
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)


@pytest.mark.parametrize("content", [b"rubbish" * 100, FIRST, FIRST + b"more", SECOND[:-1] + b"!"])
def test_a_part_of_other_bytes_does_no_harm(server, tmp_path, content):
    part = tmp_path / "two-files/first.bin.part"
    part.parent.mkdir()
    part.write_bytes(content)
    fetch(pair(server, "good"), tmp_path)
    assert_all_there(tmp_path)


@pytest.mark.parametrize("bad", ["short", "altered", "endless", "absent", NOWHERE])
def test_the_next_mirror_helps_out(server, tmp_path, bad):
    fetch(pair(server, bad, "good"), tmp_path)
    assert_all_there(tmp_path)


@pytest.mark.parametrize("archive", ["absent.zip", "page.zip", "altered.zip"])
def test_an_archive_helps_out(server, tmp_path, archive):
    fetch(pair(server, "absent", archives=[archive, "all.zip"]), tmp_path)
    assert_all_there(tmp_path)


def test_an_archive_that_breaks_off_goes_on_too(server, tmp_path):
    server.breaks_after = 200_000
    fetch(pair(server, "absent", archives=["all.zip"]), tmp_path)
    assert_all_there(tmp_path)
    assert ("/all.zip", "bytes=200000-") in server.asked


@pytest.mark.parametrize(
    ("mirror", "reason"),
    [
        ("short", rf"truncated \(200000 of 300000 bytes, SHA-256 expected {PINNED[0].sha256}, got"),
        ("altered", rf"altered \(SHA-256 expected {PINNED[0].sha256}, got [0-9a-f]{{64}}\)"),
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
    assert [path for path, _ in server.asked] == ["/good/second.bin"]


def test_a_full_disk_is_said_and_nothing_is_lost(server, tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, block):
            if self.tell() > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(block)

    def opened(path, mode):
        return Full(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(transfer.Path, "open", opened)
        with pytest.raises(DataError, match=r"is full: make room .* egop data fetch pair again"):
            fetch(pair(server, "good"), tmp_path)
    assert FIRST.startswith((tmp_path / "two-files/first.bin.part").read_bytes())
    fetch(pair(server, "good"), tmp_path)
    assert server.asked[-2][1] is not None
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
