"""Who writes to a folder: a lock that ends with the process that holds it."""

import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # the system has no such locks
    fcntl = None

PATIENCE = 0.1
"""Seconds to wait for somebody who only looks whether a folder is locked."""


def lock(folder: Path) -> int | None:
    """The handle of a lock that `unlock` ends; None where the system has no such locks.

    Raises:
        OSError: another process, or another run in this one, is writing to the folder.
    """
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    until = time.monotonic() + PATIENCE
    while not _taken(handle, fcntl.LOCK_EX):
        if time.monotonic() > until:
            os.close(handle)
            raise OSError(
                f"another process is writing to {folder}; wait for it, or end it and resume"
            )
        time.sleep(PATIENCE / 10)
    return handle


def unlock(handle: int | None) -> None:
    """Lets others write to the folder."""
    if handle is not None:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Whether somebody is writing to the folder."""
    if fcntl is None:
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        return not _taken(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _taken(handle: int, kind: int) -> bool:
    assert fcntl is not None
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
