"""Locks of runs: who writes to a folder holds its `.lock`, until it ends or its process does.

An observer, who only wants to know whether somebody writes, takes the lock for a moment; so whoever
takes it to write tries for `PATIENCE`, and observers of one process look one after the other. An
observer need not be allowed to write. `filelock.FileLock` is not used: it makes a folder that is
gone, so that a run which somebody deletes meanwhile would be there again, empty.
"""

import os
import threading
import time
from pathlib import Path

from egop.extras import needed

LOCK = ".lock"
PATIENCE = 0.1
"""Seconds to wait for somebody who only looks whether a folder is locked."""

_LOOKING = threading.Lock()


def lock(folder: Path) -> int:
    """The handle of a lock that `unlock` ends.

    Raises:
        BlockingIOError: another process, or another run in this one, is writing to the folder.
        FileNotFoundError: there is no such folder.
        OSError: the folder cannot be written.
    """
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            f"{folder} cannot be written ({error.strerror}); check its disk and who may write to it"
        ) from None
    until = time.monotonic() + PATIENCE
    while not _take(handle):
        if time.monotonic() > until:
            os.close(handle)
            raise BlockingIOError(
                f"another process is writing to {folder}; wait for it, or end it and resume"
            )
        time.sleep(PATIENCE / 10)
    return handle


def unlock(handle: int | None) -> None:
    """Lets others write to the folder."""
    if handle is not None:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """True if somebody is writing to the folder."""
    with _LOOKING:
        try:
            handle = os.open(folder / LOCK, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return not _take(handle)
        finally:
            os.close(handle)


def _take(handle: int) -> bool:
    with needed("egop.experiments", extra="networks"):
        from filelock import lock_descriptor
    return lock_descriptor(handle, blocking=False)
