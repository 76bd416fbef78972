"""Limits on time and memory, and what is left after they were exceeded."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from egop.limited_process import LimitedProcesses

HOLDS_THE_LOCK = "(a+)+$"  # re's matcher holds the interpreter's lock


@pytest.fixture(scope="module")
def processes():
    processes = LimitedProcesses(preload=("numpy", "re"), workers=1, megabytes=200)
    yield processes
    processes.close()


def test_a_function_is_called_in_another_process(processes):
    assert processes.call(os.getpid, seconds=5) != os.getpid()
    np.testing.assert_array_equal(processes.call(np.arange, 3, seconds=5), [0, 1, 2])


def test_a_function_that_holds_the_interpreters_lock_is_ended(processes):
    import re

    processes.call(os.getpid, seconds=5)
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"match took more than 0\.5 s"):
        processes.call(re.match, HOLDS_THE_LOCK, "a" * 60 + "b", seconds=0.5)
    assert time.monotonic() - began < 5
    assert processes.call(abs, -1, seconds=5) == 1


def test_time_on_a_busy_machine_does_not_count(processes):
    """The process is kept from computing for longer than its limit, and answers all the same."""
    child = psutil.Process(processes.call(os.getpid, seconds=5))
    child.suspend()
    threading.Timer(1.0, child.resume).start()
    assert processes.call(abs, -1, seconds=0.3) == 1


def test_a_function_that_waits_is_ended(processes):
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"sleep took more than 0\.2 s"):
        processes.call(time.sleep, 60, seconds=0.2)
    assert time.monotonic() - began < 10


def test_an_answer_takes_nothing_of_the_next_call_s_memory(processes):
    assert len(processes.call(bytes, 80_000_000, seconds=5)) == 80_000_000
    code = "len(bytes(150_000_000))"
    assert processes.call(eval, code, seconds=5) == 150_000_000  # noqa: S307


def test_memory_beyond_the_limit_is_an_error(processes):
    with pytest.raises(MemoryError):
        processes.call(bytes, 10**9, seconds=5)
    assert processes.call(abs, -1, seconds=5) == 1


def test_what_a_function_raises_is_raised(processes):
    with pytest.raises(ValueError, match="invalid literal"):
        processes.call(int, "x", seconds=5)


def test_a_process_that_dies_is_replaced(processes):
    before = processes.call(os.getpid, seconds=5)
    with pytest.raises(ChildProcessError, match="the process of _exit ended"):
        processes.call(os._exit, 3, seconds=5)
    assert processes.call(os.getpid, seconds=5) != before


def test_a_result_that_cannot_be_pickled_is_an_error(processes):
    with pytest.raises(RuntimeError, match="pickle"):
        processes.call(open, os.devnull, seconds=5)
    assert processes.call(abs, -1, seconds=5) == 1


def test_what_a_function_prints_is_no_answer(processes):
    assert processes.call(print, "x" * 100_000, seconds=5) is None


def test_an_argument_that_cannot_be_pickled_harms_no_process(processes):
    with pytest.raises((TypeError, AttributeError)):
        processes.call(abs, lambda: 0, seconds=5)
    assert processes.call(abs, -1, seconds=5) == 1


def test_a_closed_pool_starts_anew():
    processes = LimitedProcesses(workers=2)
    child = processes.call(os.getpid, seconds=5)
    processes.close()
    assert not psutil.pid_exists(child)
    assert processes.call(abs, -1, seconds=5) == 1
    processes.close()


def test_nothing_is_left_of_a_caller_that_was_killed():
    code = (
        "import os, time; from egop.limited_process import LimitedProcesses;"
        "p = LimitedProcesses(); print(p.call(os.getpid, seconds=5), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout is not None
        child = psutil.Process(int(caller.stdout.readline()))
        caller.send_signal(signal.SIGKILL)
    assert not psutil.wait_procs([child], timeout=20)[1]
