"""Files are read once as long as they stay as they are, sound or not."""

import threading
from pathlib import Path

import pytest

from egop.runs import file_cache
from egop.runs.file_cache import FileCache


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "x").write_text("one")
    return tmp_path / "x"


def test_a_file_is_read_again_when_it_changed(path):
    read = []
    known = FileCache(lambda path: read.append(path) or path.read_text(), len, 100)
    assert [known(path), known(path), len(read)] == ["one", "one", 1]
    path.write_text("two, longer")
    assert [known(path), len(read)] == ["two, longer", 2]
    path.unlink()
    assert known(path) is None


def test_room_is_that_of_the_contents(tmp_path):
    read = []
    known = FileCache(lambda path: read.append(path.name) or "x" * 60, len, 100)
    for name in ("a", "b", "a"):
        (tmp_path / name).touch()
        known(tmp_path / name)
    assert read == ["a", "b", "a"]


def test_a_refused_file_is_not_read_again_for_a_minute(path, monkeypatch):
    read = []

    def refuse(path):
        read.append(path)
        raise ValueError("it is damaged")

    known = FileCache(refuse, len, 100)
    for _ in range(3):
        with pytest.raises(ValueError, match="it is damaged"):
            known(path)
    assert len(read) == 1
    monkeypatch.setattr(file_cache, "RETRY", 0.0)
    with pytest.raises(ValueError, match="it is damaged"):
        known(path)
    assert len(read) == 2


def test_of_many_who_ask_at_once_one_reads(path):
    read, begun, gate = [], threading.Event(), threading.Event()

    def slow(path):
        read.append(path)
        begun.set()
        gate.wait(5)
        return "one"

    known = FileCache(slow, len, 100)
    threads = [threading.Thread(target=known, args=(path,)) for _ in range(5)]
    for each in threads:
        each.start()
    begun.wait(5)
    gate.set()
    for each in threads:
        each.join()
    assert len(read) == 1
