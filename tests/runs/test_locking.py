"""Locks of runs: one writer, any number of observers, and an end with the process."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from egop.runs.locking import is_locked, lock, unlock
from tests.runs.read_only import read_only

HOLD = "import sys; from pathlib import Path; from egop.runs.locking import lock; "
HOLD += "held = lock(Path(sys.argv[1])); print('held', flush=True); input()"


def test_there_is_one_writer_at_a_time(tmp_path):
    assert not is_locked(tmp_path)
    held = lock(tmp_path)
    assert is_locked(tmp_path)
    with pytest.raises(BlockingIOError, match="; wait for it, or end it"):
        lock(tmp_path)
    unlock(held)
    assert not is_locked(tmp_path)
    unlock(lock(tmp_path))


def test_another_thread_may_let_others_write(tmp_path):
    held = lock(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(unlock, held).result()
    assert not is_locked(tmp_path)


def test_observers_do_not_take_each_other_for_a_writer(tmp_path):
    unlock(lock(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(is_locked, [tmp_path] * 2000))


def test_who_may_not_write_sees_who_writes(tmp_path):
    held = lock(tmp_path)
    with read_only(tmp_path):
        assert is_locked(tmp_path)
        unlock(held)
        assert not is_locked(tmp_path)
        with pytest.raises(OSError, match=r"cannot be written \(Read-only file system\); check"):
            lock(tmp_path)


def test_a_lock_ends_with_its_process(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_locked(tmp_path)
        process.kill()
    assert not is_locked(tmp_path)
