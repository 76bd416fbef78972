"""The rule on computing of one visitor: seconds of all threads, within any minute."""

import gc
import threading
import time
from types import SimpleNamespace

import pytest

from egop import methods, objectives, run
from egop.cancellation import Cancellation, cancellable
from egop.limits import Limits
from egop.sweep import Sweep
from egop.ui import allowance, background
from egop.ui.allowance import Allowance, Meter, allowance_of
from egop.ui.background import SWEEPS, Background
from egop.ui.document import Page, current_page
from egop.ui.playback import Channel
from tests.page.in_process import served_page
from tests.ui.test_background import Loop, loop, wait_for

__all__ = ["loop"]  # a fixture


@pytest.fixture
def clock(monkeypatch):
    """The time that the rule knows."""
    now = [100.0]
    stopped = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(allowance, "time", stopped)
    return now


def test_it_comes_back_after_a_minute(clock):
    left = Allowance()
    left.spend(30.0)
    clock[0] += 10
    left.spend(20.0)
    assert left.left() == -10.0
    assert left.wait() == 50.0  # then 20 of 40 are there, and a quarter is enough
    clock[0] += 51
    assert left.left() == 20.0
    assert left.wait() == 0.0
    clock[0] += 10
    assert left.left() == 40.0


def test_what_is_spent_within_a_second_is_one_entry(clock):
    left = Allowance()
    for _ in range(1000):
        left.spend(0.01)
        clock[0] += 0.01
    assert len(left._spent) <= 11
    assert left.left() == pytest.approx(30.0)


def test_zero_is_no_limit(monkeypatch):
    monkeypatch.setattr(allowance, "limits", lambda: Limits(computing_seconds=0))
    left = Allowance()
    left.spend(1e9)
    assert left.left() > 0
    with Meter(left, Cancellation()) as meter:
        assert not meter.is_over()


def test_pages_have_one_each_while_they_are_there_and_a_notebook_none():
    first, second = Loop(), Loop()
    one = allowance_of(Page(first, None, served=True))
    assert one is allowance_of(Page(first, None, served=True))
    assert one is not allowance_of(Page(second, None, served=True))
    assert allowance_of(Page(first, None, served=False)) is None
    gc.collect()  # what other tests have left
    before = len(allowance._OF_DOCUMENTS)
    del first
    gc.collect()
    assert len(allowance._OF_DOCUMENTS) == before - 1


def busy(seconds: float) -> None:
    """Computes so long in this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_the_seconds_of_a_computation_are_those_of_its_threads():
    counted = Cancellation()
    with cancellable(counted):
        busy(0.02)
        now = counted.seconds
        with cancellable(counted):
            busy(0.01)
        time.sleep(0.05)
        assert 0.02 <= now < 0.03
    assert 0.03 <= counted.seconds < 0.05
    before = counted.seconds
    objective, method = objectives.quadratic(), methods.adam(0.1)
    run(objective, method, (1.0, 1.0), 10)  # compiled
    with cancellable(counted):
        sweep = Sweep(objective, method, [None], (1.0, 1.0), [0.1] * 50, n_steps=100_000)
        own = time.thread_time()
        sweep.finish(threads=2)
        own = time.thread_time() - own
    assert counted.seconds - before > 2 * own  # the threads of the sweep have done it


@pytest.mark.parametrize("pool", [SWEEPS, background.SCENES], ids=["sweeps", "scenes"])
def test_work_is_interrupted_with_a_sentence_and_goes_on_where_it_was(loop, monkeypatch, pool):
    monkeypatch.setattr(allowance, "allowed", lambda: 0.1)
    drawn, said, begun = [], [], []

    def work():
        begun.append(1)
        for number in range(10):
            busy(0.03)
            yield number

    made = Background(drawn.append, pytest.fail, pool, said.append)
    made.start(work)
    interruptions = 0
    while 9 not in drawn:
        loop.turn(lambda: bool(said) or 9 in drawn)
        assert all("all that one visitor gets; this one goes on in" in each for each in said)
        interruptions += len(said)
        said.clear()
        wait_for(lambda: not pool._running)  # its thread is free
        allowance_of(Page(loop, None, served=True))._spent.clear()  # as after a minute
        made._wake()
    assert interruptions >= 2
    assert drawn == sorted(drawn)
    assert begun == [1]


def test_another_work_of_the_visitor_waits_too_and_other_visitors_do_not(loop, monkeypatch):
    allowance_of(Page(loop, None, served=True)).spend(allowance.allowed())
    said, drawn = [], []
    waiting = Background(pytest.fail, pytest.fail, SWEEPS, said.append)
    waiting.start(lambda: iter([1]))
    loop.turn(lambda: bool(said))
    other = Loop()
    made = Background(drawn.append, pytest.fail, SWEEPS)
    monkeypatch.setattr(background, "current_page", lambda: Page(other, None, served=True))
    made.start(lambda: iter([2]))
    other.turn(lambda: drawn == [2])
    waiting.cancel()
    wait_for(lambda: not waiting._running)


def test_interrupted_work_that_is_wanted_no_more_ends_at_once(loop, monkeypatch):
    ended, said, drawn = [], [], []
    left = allowance_of(Page(loop, None, served=True))

    def work():
        try:
            yield 1
            left.spend(allowance.allowed())
            yield 2
            pytest.fail("it was not interrupted")
        finally:
            ended.append(threading.current_thread().name)

    made = Background(drawn.append, pytest.fail, SWEEPS, said.append)
    made.start(work)
    loop.turn(lambda: bool(said))
    assert not ended
    made.cancel()
    wait_for(lambda: bool(ended) and not made._running)
    assert ended[0].startswith("egop-sweep")  # not the event loop's thread
    assert drawn[-1] == 2
    loop.leave(None)


def test_work_without_results_is_ended_with_a_sentence(loop, monkeypatch):
    monkeypatch.setattr(allowance, "allowed", lambda: 0.2)
    failed = []

    def work():
        yield run(
            objectives.quadratic(), methods.full_adagrad(1e-6), (1.0, 1.0), 50_000_000, keep="final"
        )

    Background(pytest.fail, failed.append, SWEEPS).start(work)
    loop.turn(lambda: bool(failed))
    assert "choose fewer steps, methods or variables" in failed[0]


@pytest.fixture(scope="module")
def page():
    with pytest.MonkeyPatch.context() as patch, served_page() as made:
        patch.setattr(Channel, "PATIENCE", 0.0)  # no browser says what it has drawn
        made.act(lambda: made.main.explorer.scene.param.update(n_steps=20))
        made.settle()
        yield made


@pytest.mark.parametrize("name", ["dial", "map", "why", "compare"])
def test_a_tab_says_that_it_waits_and_is_drawn_then(page, name, monkeypatch):
    monkeypatch.setattr(allowance, "MINUTE", 2.0)
    explorer = page.main.explorer
    left = allowance_of(page.act(current_page))
    page.act(lambda: left.spend(allowance.allowed()))
    page.act(lambda: explorer.param.update(tab=name))
    tab = page.act(lambda: explorer._tabs[explorer._tabs.active])
    page.until(lambda: "this one goes on in" in page.act(lambda: tab.message.object))
    assert tab._work.state != "done"
    page.until(lambda: page.act(lambda: tab._work.state == "done"), seconds=60)
    assert "this one goes on in" not in tab.message.object
