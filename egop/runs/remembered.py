"""Files that were read, for those who ask for the same ones again and again."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Contents = TypeVar("Contents")


class Remembered(Generic[Contents]):
    """The contents of files, read once as long as they stay as they are and there is room.

    Args:
        read: the contents of a path.
        room: bytes of files whose contents are kept; those asked for longest ago go first.
    """

    def __init__(self, read: Callable[[Path], Contents], room: int):
        self._read, self._room = read, room
        self._kept: OrderedDict[Path, tuple[tuple[int, int, int], Contents]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, path: Path) -> Contents | None:
        """The contents; None where there is no file, or it vanishes while it is read.

        Raises:
            Exception: whatever `read` raises of a file that is there.
        """
        try:
            stat = path.stat()
            state = stat.st_mtime_ns, stat.st_size, stat.st_ino
            with self._lock:
                if path in self._kept and self._kept[path][0] == state:
                    self._kept.move_to_end(path)
                    return self._kept[path][1]
            contents = self._read(path)
        except FileNotFoundError:
            return None
        with self._lock:
            self._kept[path] = state, contents
            self._kept.move_to_end(path)
            while sum(size for (_, size, _), _ in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
        return contents
