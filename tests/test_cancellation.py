"""Runs end soon after somebody asked for it, in the compiled loop as in the general one."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

import egop
from egop import cancellation as module
from egop.cancellation import REST, WORK, Cancellation, Cancelled, cancellable, current_cancellation
from egop.sweep import Sweep

QUADRATIC = egop.objectives.quadratic(hessian=np.diag(np.linspace(1.0, 2.0, 40)))
LONG = {
    "compiled": (egop.methods.adam(np.full(100_000, 1e-6)), 10_000),
    "general": (egop.methods.full_adagrad(1e-6), 1_000_000),
}


@pytest.mark.parametrize("loop", LONG)
def test_a_run_in_another_thread_ends_soon_after_it_was_cancelled(loop):
    method, n_steps = LONG[loop]
    egop.run(QUADRATIC, method.with_learning_rate(0.1), np.ones(40), 2)  # compiled ahead
    cancellation, ended = Cancellation(), []

    def work():
        try:
            with cancellable(cancellation):
                egop.run(QUADRATIC, method, np.ones(40), n_steps, keep="final")
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.2)
    cancellation.cancel()
    thread.join(timeout=60)
    assert ended


@pytest.mark.parametrize("method", [egop.methods.adam(0.1), egop.methods.full_adagrad(0.1)])
def test_a_reason_is_told(method):
    cancellation = Cancellation()
    cancellation.cancel("too long")
    cancellation.cancel("a later reason")
    with cancellable(cancellation), pytest.raises(ValueError, match=r"^too long$"):
        egop.run(QUADRATIC, method, np.ones(40), 10)
    assert np.isfinite(egop.run(QUADRATIC, method, np.ones(40), 10).final_value)


def test_a_cancellation_holds_in_its_own_thread_only():
    cancellation, found = Cancellation(), []
    with cancellable(cancellation):
        thread = threading.Thread(target=lambda: found.append(current_cancellation()))
        thread.start()
        thread.join()
        assert current_cancellation() is cancellation
    assert found == [current_cancellation()]
    assert found != [cancellation]


def test_the_runs_of_a_sweep_end_with_the_thread_that_asked_for_them():
    method, n_steps = egop.methods.full_adagrad(1e-6), 1_000_000
    sweep = Sweep(QUADRATIC, method, [None], np.ones(40), [1e-6, 1e-7], n_steps=n_steps)
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.cancel).start()
    with cancellable(cancellation), pytest.raises(Cancelled):
        sweep.finish(threads=2)


def rests(by: Cancellation, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The rests of a hundred steps in a thread of their own, each half as long as the work."""
    clock, taken = iter(np.arange(1000) * WORK / 2), []
    own = {"perf_counter": lambda: next(clock), "sleep": taken.append}
    monkeypatch.setattr(module, "time", SimpleNamespace(**vars(time) | own))  # others have theirs
    thread = threading.Thread(target=lambda: [by.raise_if_cancelled() for _ in range(100)])
    thread.start()
    thread.join()
    return taken


def test_what_somebody_waits_for_lets_other_threads_go_first(monkeypatch):
    """Each thread rests by itself: what takes Python's lock again at once starves the others."""
    shared = Cancellation()
    for _ in range(2):
        taken = rests(shared, monkeypatch)
        assert set(taken) == {REST}
        assert 20 <= len(taken) <= 50


def test_what_nobody_can_end_never_rests(monkeypatch):
    assert rests(current_cancellation(), monkeypatch) == []
