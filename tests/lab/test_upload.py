"""A file that is given in parts."""

import asyncio
import base64
import errno
import os
import tempfile
from types import SimpleNamespace

import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from egop.admission import ADMISSION
from egop.lab.upload import IDLE, LARGEST, Upload, UploadedFile
from egop.limits import Limit, Limits
from egop.ui.document import Page


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Of temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def upload(folder, monkeypatch):
    made = Upload(label="Add")
    made.asked, made.taken, made.refused = [], [], []
    monkeypatch.setattr(made, "_send_msg", made.asked.append)

    def take(file):
        made.taken.append((file.name, file.path.read_bytes()))
        file.end()

    made.on_file(take, made.refused.append)
    return made


def begin(upload, size, key="k"):
    upload._handle_msg({"key": key, "name": "a.nc", "size": size})


def send(upload, at, content, key="k"):
    part = base64.b64encode(content).decode()
    upload._handle_msg({"key": key, "at": at, "part": part})


def test_a_file_comes_in_parts_and_is_removed_when_it_was_read(upload, folder):
    begin(upload, 5)
    assert upload.asked == [{"key": "k", "at": 0}]
    send(upload, 0, b"abc")
    send(upload, 0, b"abc")
    assert len(list(folder.iterdir())) == 1
    send(upload, 3, b"de")
    assert upload.taken == [("a.nc", b"abcde")]
    assert upload.asked[1:] == [{"key": "k", "at": 3}, {"key": "k", "at": -1}]
    assert not list(folder.iterdir())
    assert not upload.refused


@pytest.mark.parametrize(
    ("size", "words"),
    [(LARGEST + 1, "at most 200 MB, got 'a.nc' with 200.0 MB"), (0, "which is empty")],
)
def test_what_is_too_large_or_empty_is_refused_at_once(upload, folder, size, words):
    begin(upload, size)
    assert words in upload.refused[0]
    assert upload.asked == [{"key": "k", "at": -1}]
    assert not list(folder.iterdir())


@pytest.mark.parametrize("part", [None, "?", "", 3, base64.b64encode(b"too long").decode()])
def test_a_part_that_cannot_be_read_ends_it(upload, folder, part):
    begin(upload, 5)
    upload._handle_msg({"key": "k", "at": 0, "part": part})
    assert upload.refused == ["the browser could not read 'a.nc'; choose it again"]
    assert upload.asked[-1] == {"key": "k", "at": -1}
    assert not list(folder.iterdir())


def test_messages_that_are_none_of_ours_are_left_alone(upload):
    for message in (
        "words",
        {"at": 0},
        {"key": "k", "size": "x"},
        {"key": "k", "at": 0, "part": "YWJj"},
    ):
        upload._handle_msg(message)
    assert not upload.asked
    assert not upload.refused


def test_another_file_takes_the_place_of_one_on_its_way(upload, folder):
    begin(upload, 5)
    begin(upload, 3, "l")
    assert len(list(folder.iterdir())) == 1
    send(upload, 0, b"abcde")
    send(upload, 0, b"xyz", "l")
    assert upload.taken == [("a.nc", b"xyz")]


def test_whoever_leaves_the_page_leaves_no_file(upload, folder):
    document = Document()
    with set_curdoc(document):
        begin(upload, 5)
        begin(upload, 5, "l")
    assert len(document.session_destroyed_callbacks) == 1
    for leave in document.session_destroyed_callbacks:
        leave(None)
    assert not list(folder.iterdir())


def looks_after(upload, monkeypatch, seconds):
    """Returns how often a file was looked at of which the last part came so many seconds ago."""
    looks = []

    async def visit():
        document = Document()
        session = SimpleNamespace(connection_count=1)
        document._session_context = lambda: SimpleNamespace(session=session, id="s")
        monkeypatch.setattr(Page, "call", lambda self, action, after: looks.append(action))
        with set_curdoc(document):
            begin(upload, 5)
        send(upload, 0, b"ab")
        upload._file.changed -= seconds
        while len(looks) < 10 and upload._file is not None:
            looks[-1]()

    asyncio.run(visit())
    return len(looks)


def test_whoever_leaves_the_page_leaves_no_file_before_the_session_ends(
    upload, folder, monkeypatch
):
    left = []
    monkeypatch.setattr(Page, "on_leave", lambda self, action: left.append(action))
    looks_after(upload, monkeypatch, seconds=0)
    assert len(list(folder.iterdir())) == len(left) == 1
    left[0]()
    assert not list(folder.iterdir())


def test_a_file_that_comes_no_further_is_removed(upload, folder, monkeypatch):
    assert looks_after(upload, monkeypatch, seconds=IDLE + 1) == 1
    assert upload.refused == ["'a.nc' came no further; choose it again"]
    assert upload.asked[-1] == {"key": "k", "at": -1}
    assert not list(folder.iterdir())


def test_a_file_that_comes_is_kept(upload, folder, monkeypatch):
    assert looks_after(upload, monkeypatch, seconds=0) == 10
    assert len(list(folder.iterdir())) == 1
    send(upload, 2, b"cde")
    assert upload.taken == [("a.nc", b"abcde")]


@pytest.mark.parametrize(
    "message",
    [
        {"key": ["k"], "size": 5},
        {"key": "k" * 10_000, "size": 5},
        {"key": None, "size": 5},
        {"key": "k", "size": 5.0},
    ],
)
def test_a_key_or_size_of_another_kind_begins_nothing(upload, folder, message):
    upload._handle_msg(message)
    assert not upload.asked
    assert not list(folder.iterdir())


def test_a_part_larger_than_the_file_is_not_even_decoded(upload, monkeypatch):
    begin(upload, 5)
    monkeypatch.setattr(base64, "b64decode", lambda *_, **__: pytest.fail("it was decoded"))
    upload._handle_msg({"key": "k", "at": 0, "part": "A" * 10_000})
    assert upload.refused == ["the browser could not read 'a.nc'; choose it again"]


def test_a_full_disk_is_said(upload, folder, monkeypatch):
    def full(self, part):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(UploadedFile, "add", full)
    begin(upload, 5)
    send(upload, 0, b"abcde")
    assert upload.refused == ["the file cannot be kept while it is read (No space left on device)"]
    assert not list(folder.iterdir())


@pytest.fixture
def two_sessions(monkeypatch):
    """Of one address, which may add two files of 300 MB together at once."""
    limits = Limits(uploads=Limit(1, 2, 9), upload_megabytes=Limit(200, 300, 400))
    monkeypatch.setattr(ADMISSION, "_given", limits)
    sessions = {name: SimpleNamespace(session_context=SimpleNamespace(id=name)) for name in "ab"}
    for name in sessions:
        ADMISSION.enter(name, "1.1.1.1")
    yield sessions
    for name in sessions:
        ADMISSION.leave(name)


def test_files_that_come_in_at_once_have_a_limit(folder, two_sessions, monkeypatch):
    uploads, refused = {}, []
    for name, document in two_sessions.items():
        document.on_session_destroyed = lambda action: None
        document.on_event = lambda event, action: None
        uploads[name] = Upload()
        uploads[name].on_file(lambda given: None, refused.append)
        monkeypatch.setattr(uploads[name], "_send_msg", lambda message: None)
    with set_curdoc(two_sessions["a"]):
        begin(uploads["a"], 200_000_000)
    with set_curdoc(two_sessions["b"]):
        begin(uploads["b"], 150_000_000)
    assert "from your network address have as many MB of files" in refused[0]
    assert len(list(folder.iterdir())) == 1
    with set_curdoc(two_sessions["a"]):
        begin(uploads["a"], 10, key="another")  # takes the place of the one before
        uploads["a"].end()
    with set_curdoc(two_sessions["b"]):
        begin(uploads["b"], 150_000_000)
        uploads["b"].end()
    assert len(refused) == 1
    assert not [key for key in ADMISSION._used if key[0].startswith("upload")]
