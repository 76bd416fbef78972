"""Background work: the newest request wins, and its last result is always drawn."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import Empty, Queue
from threading import Event, get_ident
from types import SimpleNamespace

import panel as pn
import pytest

from egop import methods, objectives, run
from egop.cancellation import current_cancellation
from egop.limits import Limits
from egop.page import lifecycle
from egop.ui import background
from egop.ui.background import Background


class Loop:
    """Stands for a page: keeps what is to be called on the event loop until it is called."""

    def __init__(self):
        self.queue: Queue[Callable] = Queue()
        self.roots: list = []
        self.session_context = SimpleNamespace(id="visitor")

    def add_next_tick_callback(self, call):
        self.queue.put(call)

    def on_session_destroyed(self, call):
        self.leave = call

    def on_event(self, kind, call):
        assert kind.event_name == "connection_lost"
        self.lose = call

    def turn(self, until: Callable[[], bool], seconds: float = 10.0) -> None:
        """Calls what is due until something holds."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "nothing came"
            try:
                self.queue.get(timeout=0.02)()
            except Empty:
                continue


@pytest.fixture
def loop(monkeypatch):
    made = Loop()
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda self: made))
    monkeypatch.setattr(background, "PAUSE", 0.0)
    monkeypatch.setattr(pn.io, "hold", contextlib.nullcontext)
    return made


def test_without_a_page_everything_is_drawn_at_once():
    drawn: list[int] = []
    Background(drawn.append, pytest.fail).start(lambda: iter_of(1, 2, 3))
    assert drawn == [1, 2, 3]


def iter_of(*items):
    yield from items


def test_a_fault_becomes_a_sentence():
    said: list[str] = []

    def work():
        yield 1
        raise ValueError("every rate diverges")

    Background(lambda result: None, said.append).start(work)
    assert said == ["every rate diverges"]


def test_an_error_that_nobody_foresaw_ends_the_waiting_and_is_logged(loop, caplog):
    said: list[str] = []

    def work():
        yield 1
        raise KeyError("adam")

    Background(lambda result: None, said.append).start(work)
    loop.turn(lambda: bool(said))
    assert said == [background.GIVEN_UP]
    assert "KeyError: 'adam'" in caplog.text


def test_last_result_is_drawn(loop):
    drawn: list[int] = []
    work = Background(drawn.append, pytest.fail)
    work.start(lambda: iter(x for x in range(50)))
    loop.turn(lambda: drawn[-1:] == [49])
    assert drawn == sorted(drawn)


def test_newer_request_is_not_lost_behind_an_older_result(loop):
    drawn: list[str] = []
    work = Background(drawn.append, pytest.fail)
    work.start(lambda: iter_of("old"))
    wait_for(lambda: not loop.queue.empty())  # the old result waits to be drawn
    work.start(lambda: iter_of("new"))
    wait_for(lambda: not work._running)
    loop.turn(lambda: bool(drawn))
    assert drawn == ["new"]


def test_of_many_requests_the_last_one_runs_in_one_thread(loop):
    drawn: list[int] = []
    active: list[int] = []
    most = []
    work = Background(drawn.append, pytest.fail)

    def numbered(k: int):
        active.append(k)
        most.append(len(active))
        try:
            for _ in range(20):
                time.sleep(0.002)
                yield k
        finally:
            active.remove(k)

    for k in range(30):
        work.start(lambda k=k: numbered(k))
    loop.turn(lambda: not work._running and loop.queue.empty())
    assert drawn[-1] == 29
    assert max(most) == 1
    assert len(most) < 30


def test_cancelled_work_stops_and_draws_nothing(loop):
    drawn: list[int] = []
    stopped: list[bool] = []

    def endless():
        try:
            while True:
                time.sleep(0.001)
                yield 1
        finally:
            stopped.append(True)

    work = Background(drawn.append, pytest.fail)
    work.start(endless)
    loop.turn(lambda: bool(drawn))
    work.cancel()
    count = len(drawn)
    wait_for(lambda: bool(stopped))
    while not loop.queue.empty():
        loop.queue.get()()
    assert len(drawn) == count


@pytest.mark.parametrize("end", ["leave", "lose"])
def test_a_visitor_who_leaves_takes_the_work_along(loop, end):
    work = Background(lambda result: None, pytest.fail)
    work.start(lambda: iter(time.sleep(0.001) or k for k in range(10**6)))
    getattr(loop, end)(None)
    wait_for(lambda: not work._running)


def test_a_server_that_ends_does_not_wait_for_the_work_of_pages(loop, monkeypatch):
    monkeypatch.delitem(sys.modules, "egop.execution.queue", raising=False)
    method, outcomes = methods.adam(1e-6), []

    def run_long():
        try:
            yield run(objectives.quadratic(), method, (1.0, 1.0), 10_000_000, keep="final")
        finally:
            outcomes.append(True)

    works = [Background(lambda result: None, pytest.fail) for _ in range(2)]
    works[0].start(run_long)
    works[1].start(lambda: iter(time.sleep(0.001) or k for k in range(10**6)))
    wait_for(lambda: all(each._next is None for each in works))
    lifecycle.end()
    wait_for(lambda: not any(each._running for each in works))
    assert outcomes == [True]


def test_what_is_too_much_to_wait_is_refused_with_a_sentence_and_can_be_asked_for_again(
    loop, monkeypatch
):
    drawn: list[int] = []
    said: list[str] = []
    work = Background(drawn.append, said.append)
    with monkeypatch.context() as patch:
        patch.setattr("egop.ui.fair_pool.limits", lambda: Limits(waiting_works=0))
        work.start(lambda: iter_of(1))
    loop.turn(lambda: bool(said))
    assert said == ["0 things that you asked for are still to be done; wait for some"]
    work.start(lambda: iter_of(2))
    loop.turn(lambda: drawn == [2])


def wait_for(what: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_thread_gets_back_to_the_page_through_its_event_loop(loop: Loop, monkeypatch):
    drawn: list[int] = []
    added_by: list[int] = []

    def add(call: Callable) -> None:
        added_by.append(get_ident())
        call()

    monkeypatch.setattr(loop, "add_next_tick_callback", add)

    async def visit():
        made = Background(drawn.append, drawn.append)
        made.start(lambda: iter([1]))
        while not drawn:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(visit(), 20))
    assert drawn == [1]
    assert added_by == [get_ident()]


def test_cancelled_work_ends_within_a_long_run(loop):
    objective, method = objectives.quadratic(), methods.full_adagrad(1e-6)
    ended: list[bool] = []

    def long_run():
        try:
            yield run(objective, method, (1.0, 1.0), 10_000_000, keep="final")
        finally:
            ended.append(True)

    work = Background(pytest.fail, pytest.fail)
    work.start(long_run)
    time.sleep(0.1)
    work.cancel()
    wait_for(lambda: not work._running)
    assert ended


def test_a_visitor_with_many_sweeps_leaves_threads_to_others(loop, monkeypatch):
    gate, drawn = Event(), []

    def held():
        yield gate.wait(10)

    try:
        loop.session_context = SimpleNamespace(id="flood")
        for _ in range(20):
            Background(lambda result: None, pytest.fail, background.SWEEPS).start(held)
        loop.session_context = SimpleNamespace(id="other")
        Background(drawn.append, pytest.fail, background.SWEEPS).start(lambda: iter_of("mine"))
        loop.turn(lambda: drawn == ["mine"], seconds=3)
    finally:
        gate.set()


def test_what_is_drawn_is_not_ended_with_the_work_it_came_from(loop: Loop):
    """An event loop calls with the context variables of the thread that asked for the call."""
    contexts: list[Context] = []
    work = Background(lambda result: None, pytest.fail)
    loop.add_next_tick_callback = lambda call: contexts.append(copy_context())
    work.start(lambda: iter_of(1))
    wait_for(lambda: bool(contexts))
    work.cancel()
    contexts[0].run(lambda: current_cancellation().raise_if_cancelled())
