"""Threads that visitors share: nobody occupies them all, and nobody's work is lost."""

import threading
import time
from collections import Counter

import pytest

from egop.limits import Limits
from egop.ui.fair_pool import FairPool


def test_a_visitor_who_floods_leaves_threads_to_others():
    pool, gate, done = FairPool("test", 4), threading.Event(), threading.Event()
    try:
        for _ in range(20):
            pool.submit("flood", lambda: gate.wait(10))
        began = time.monotonic()
        pool.submit("other", done.set)
        assert done.wait(1)
        assert time.monotonic() - began < 1
    finally:
        gate.set()


def test_visitors_take_turns():
    pool, gate, served, all_done = FairPool("test", 1), threading.Event(), [], threading.Event()
    pool.submit("first", lambda: gate.wait(10))
    for visitor, count in (("many", 5), ("few", 2)):
        for _ in range(count):
            pool.submit(visitor, lambda visitor=visitor: served.append(visitor))
    pool.submit("last", all_done.set)
    gate.set()
    assert all_done.wait(5)
    wait_for(lambda: len(served) == 7)
    assert served[:4] == ["many", "few", "many", "few"]


def test_everything_is_done_once_and_no_more_than_allowed_at_the_same_time():
    pool, lock = FairPool("test", 4, per_visitor=2), threading.Lock()
    running: Counter[int] = Counter()
    most: Counter[int] = Counter()
    done: Counter[tuple[int, int]] = Counter()

    def work(visitor: int, number: int):
        with lock:
            running[visitor] += 1
            most[visitor] = max(most[visitor], running[visitor])
        time.sleep(0.002)
        with lock:
            running[visitor] -= 1
            done[visitor, number] += 1

    for number in range(30):
        for visitor in range(3):
            pool.submit(visitor, lambda v=visitor, n=number: work(v, n))
    wait_for(lambda: sum(done.values()) == 90)
    assert set(done.values()) == {1}
    assert max(most.values()) == 2
    wait_for(lambda: not pool._running)
    assert not pool._lines  # nothing of a visitor who has left is kept


def test_a_work_that_fails_is_logged_and_the_next_one_is_done(caplog):
    pool, done = FairPool("test", 1), threading.Event()
    pool.submit("a", lambda: 1 / 0)
    pool.submit("a", done.set)
    assert done.wait(5)
    assert "ZeroDivisionError" in caplog.text


def test_what_waits_is_bounded_by_the_servers_limit(monkeypatch):
    monkeypatch.setattr("egop.ui.fair_pool.limits", lambda: Limits(waiting_works=3))
    pool, gate = FairPool("test", 1), threading.Event()
    try:
        pool.submit("a", lambda: gate.wait(10))
        wait_for(lambda: not pool._lines)
        for _ in range(3):
            pool.submit("a", lambda: None)
        with pytest.raises(ValueError, match="wait for some"):
            pool.submit("a", lambda: None)
        pool.submit("b", lambda: None)
    finally:
        gate.set()


def wait_for(what, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)
