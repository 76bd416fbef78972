"""Files that were read, for those who ask for the same ones again and again."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar
from weakref import WeakValueDictionary

Contents = TypeVar("Contents")
RETRY = 60.0
"""Seconds after which a file that was refused is read again, though it did not change."""


class _Read(NamedTuple, Generic[Contents]):
    """A file's state and what reading it gave.

    Attributes:
        state: of the file when it was read.
        contents: None where it was refused.
        refusal: the sentence why.
        size: bytes of the contents.
        at: when, by the monotonic clock.
    """

    state: tuple[int, int, int]
    contents: Contents | None
    refusal: str
    size: int
    at: float


class FileCache(Generic[Contents]):
    """The contents of files, read once as long as they stay as they are and there is room.

    A file that is refused is remembered as well, for a minute: reading it may take long. Of several
    threads that ask for a file, one reads it and the others wait.

    Args:
        read: the contents of a path.
        size: bytes that contents take in memory.
        room: bytes of all contents that are kept; those asked for longest ago go first.
    """

    def __init__(
        self, read: Callable[[Path], Contents], size: Callable[[Contents], int], room: int
    ):
        self._read, self._size, self._room = read, size, room
        self._kept: OrderedDict[Path, _Read[Contents]] = OrderedDict()
        self._reading: WeakValueDictionary[Path, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def __call__(self, path: Path) -> Contents | None:
        """The contents; None where there is no file, or it vanishes while it is read.

        Raises:
            ValueError: the file is refused by `read`.
            Exception: whatever else `read` raises of a file that is there.
        """
        with self._lock:
            reading = self._reading.setdefault(path, threading.Lock())
        with reading:
            try:
                known = self._known(path) or self._read_now(path)
            except FileNotFoundError:
                return None
        if known.refusal:
            raise ValueError(known.refusal)
        return known.contents

    def _known(self, path: Path) -> _Read[Contents] | None:
        """Returns what is remembered of a file as it is."""
        state = _state(path)
        with self._lock:
            known = self._kept.get(path)
            if known is None or known.state != state:
                return None
            if known.refusal and time.monotonic() - known.at > RETRY:
                return None
            self._kept.move_to_end(path)
            return known

    def _read_now(self, path: Path) -> _Read[Contents]:
        state = _state(path)
        try:
            contents = self._read(path)
            found = _Read(state, contents, "", self._size(contents), time.monotonic())
        except ValueError as error:
            found = _Read(state, None, str(error), 0, time.monotonic())
        with self._lock:
            self._kept[path] = found
            self._kept.move_to_end(path)
            while sum(each.size for each in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
        return found


def _state(path: Path) -> tuple[int, int, int]:
    """Numbers that change when a file does."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
