"""Reading in threads and drawing on the event loop."""

import asyncio
import errno
import gc
import threading
import time

import panel as pn
import pytest

from egop.lab import polling
from egop.lab.polling import BackgroundTasks, Poller, sentence_for_visitors
from egop.lab.snapshot import SnapshotReader
from egop.runs.archive import Archive
from tests.lab.fakes import FakeQueue


class Page:
    """Counts what was read and drawn, and where."""

    def __init__(self, fail: int = 0):
        self.read_in, self.drawn, self.fail = [], [], fail
        self.poller = Poller(self.read, self.draw)

    def read(self):
        self.read_in.append(threading.current_thread())
        if len(self.read_in) <= self.fail:
            raise KeyError("this time it fails")
        return len(self.read_in)

    def draw(self, number):
        self.drawn.append((number, threading.current_thread()))


def test_without_an_event_loop_it_reads_when_asked():
    page = Page()
    assert not page.drawn
    page.poller.poll()
    assert [number for number, _ in page.drawn] == [1]


def test_it_reads_in_a_thread_and_draws_on_the_loop(monkeypatch):
    monkeypatch.setattr(polling, "REST", 0.01)

    async def visit():
        page = Page()
        end = time.monotonic() + 5
        while len(page.drawn) < 3 and time.monotonic() < end:
            page.poller.wake()
            await asyncio.sleep(0.01)
        page.poller.stop()
        return page

    page = asyncio.run(visit())
    assert len(page.drawn) >= 3
    assert all(thread is not threading.main_thread() for thread in page.read_in)
    assert all(thread is threading.main_thread() for _, thread in page.drawn)


def test_a_reading_that_fails_is_followed_by_the_next(monkeypatch, caplog):
    monkeypatch.setattr(polling, "REST", 0.01)

    async def visit():
        page = Page(fail=1)
        end = time.monotonic() + 5
        while not page.drawn and time.monotonic() < end:
            page.poller.wake()
            await asyncio.sleep(0.01)
        page.poller.stop()
        return page

    assert asyncio.run(visit()).drawn
    assert "could not be read" in caplog.text


@pytest.mark.parametrize("fails", ["read", "draw"])
def test_what_fails_again_and_again_is_logged_once(fails, monkeypatch, caplog):
    monkeypatch.setattr(polling, "REST", 0.01)
    monkeypatch.setattr(polling, "_LOGGED", polling.deque(maxlen=50))
    tried = []

    def fail(self, *_):
        tried.append(1)
        raise OverflowError("date value out of range")

    monkeypatch.setattr(Page, fails, fail)

    async def visit():
        pages = [Page(), Page()]
        end = time.monotonic() + 5
        while len(tried) < 6 and time.monotonic() < end:
            for page in pages:
                page.poller.wake()
            await asyncio.sleep(0.01)
        for page in pages:
            page.poller.stop()

    asyncio.run(visit())
    assert len(tried) >= 6
    assert caplog.text.count("OverflowError: date value out of range") == 1


def test_nobody_is_read_for_whom_nobody_waits(monkeypatch):
    monkeypatch.setattr(polling, "REST", 0.01)
    monkeypatch.setattr(polling, "PERIOD", 0.02)

    async def visit():
        page = Page()
        while not page.drawn:
            await asyncio.sleep(0.01)
        thread, ask = page.read_in[0], page.poller.wake
        del page
        gc.collect()
        ask()
        await asyncio.sleep(0.2)
        thread.join(2)
        return thread

    assert not asyncio.run(visit()).is_alive()


def test_only_the_newest_of_the_same_work_is_wanted():
    async def visit():
        seen, gate = [], threading.Event()
        work = BackgroundTasks(seen.append)

        def slow():
            gate.wait(2)
            return "old"

        work.submit(slow, seen.append, key="x")
        work.submit(lambda: "new", seen.append, key="x")
        await asyncio.sleep(0.1)
        gate.set()
        await asyncio.sleep(0.1)
        return seen

    assert asyncio.run(visit()) == ["new"]


def test_what_goes_wrong_is_one_sentence(caplog):
    said = []
    work = BackgroundTasks(said.append)
    work.submit(lambda: 1 / 0, said.append)
    work.submit(lambda: {}["nothing"], said.append)
    assert "ZeroDivisionError" in said[0]
    assert "KeyError" in said[1]
    full = OSError(errno.ENOSPC, "No space left on device", "/runs/a")
    assert sentence_for_visitors(full) == "/runs/a: no space left on device"
    assert sentence_for_visitors(FileNotFoundError("there is no run")) == "there is no run"


def test_visitors_read_no_path_of_the_server(tmp_path, monkeypatch):
    runs = tmp_path / "served" / "runs"
    monkeypatch.setenv("EGOP_RUNS", str(runs))
    damaged = ValueError(f"{runs}/a/result.nc is incomplete or altered; copy it again")
    assert (
        sentence_for_visitors(damaged) == "runs/a/result.nc is incomplete or altered; copy it again"
    )
    full = OSError(errno.ENOSPC, "No space left on device", f"{runs}/a")
    assert sentence_for_visitors(full) == "runs/a: no space left on device"
    for name, config in (("cut", "{"), ("other", "[]"), ("none", None)):
        (runs / name).mkdir(parents=True)
        if config is not None:
            (runs / name / "config.json").write_text(config)
    entries = SnapshotReader(Archive(runs), FakeQueue()).read(()).entries
    assert len(entries) >= 2
    for entry in entries:
        assert entry.error.startswith("runs/")
        assert str(tmp_path) not in entry.error


class Session:
    """Stands for the page of one visitor of a server."""

    def __init__(self, name: str):
        self.session_context = self
        self.id, self.roots = name, []

    def add_next_tick_callback(self, action):
        asyncio.get_running_loop().call_soon(action)


def test_a_visitor_who_floods_keeps_nobody_waiting(monkeypatch):
    """One visitor's slow work once made another's rename wait 20 s."""
    gate, flood, other = threading.Event(), Session("flood"), Session("other")

    def as_visitor(session):
        monkeypatch.setattr(type(pn.state), "curdoc", property(lambda self: session))
        return BackgroundTasks(lambda sentence: None)

    async def visit():
        work, renamed = as_visitor(flood), []
        for long in (False, True):
            for _ in range(30):
                work.submit(lambda: gate.wait(10), lambda found: None, long=long)
        began = time.monotonic()
        as_visitor(other).submit(lambda: "renamed", renamed.append)
        while not renamed and time.monotonic() - began < 5:
            await asyncio.sleep(0.01)
        return renamed, time.monotonic() - began

    try:
        renamed, seconds = asyncio.run(visit())
    finally:
        gate.set()
    assert renamed == ["renamed"]
    assert seconds < 1
