"""Connections to the server: how many may be open, and how long they may send nothing.

A connection takes one of the files that a process may have open. When none is left, nobody gets
in, and the event loop is busy with nothing but trying. So there are fewer connections than files,
and one network address has half of them at most, except a proxy that is trusted.
"""

import logging
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

SECONDS_FOR_HEAD = 20
"""Within which a request must come, also the next one on a connection that is kept."""
FILES = 65_536
"""That the process asks the system for, if it gives so many."""
USUAL = 1024
"""Files where the system does not say."""
SHARE, SHARE_OF_ADDRESS = 0.8, 0.4
"""Shares of the files that may be open: for connections, and for those of one address."""
MINUTE = 60.0

log = logging.getLogger("egop.app")


def allowed_files() -> int:
    """Returns how many files this process may have open, after asking for as many as it needs."""
    try:
        import resource
    except ImportError:  # Windows
        return USUAL
    kind = resource.RLIMIT_NOFILE
    soft, hard = resource.getrlimit(kind)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(kind, (most, hard))
        except (OSError, ValueError):
            return soft
        return most
    return FILES if soft == resource.RLIM_INFINITY else soft


class Connections:
    """The open connections of a server.

    Args:
        files: how many may be open; it is asked for when the first connection comes.
    """

    def __init__(self, files: Callable[[], int] = allowed_files):
        self._files = files
        self._most = 0
        self._open: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
        self._told = -MINUTE

    def admit(self, stream: Any, address: str) -> bool:
        """Counts a connection; False if it is one too many.

        Args:
            stream: by which it is known; asked again for each request on it.
            address: from which it comes; "": one that may have as many as all together.
        """
        if stream in self._open:
            return True
        self._most = self._most or self._files()
        if self._is_full(address):
            for each in [each for each in self._open if each.closed()]:
                del self._open[each]
            if self._is_full(address):
                self._tell()
                return False
        self._open[stream] = address
        return True

    def _is_full(self, address: str) -> bool:
        n, most = len(self._open), int(SHARE_OF_ADDRESS * self._most)
        if n < most or n >= int(SHARE * self._most):
            return n >= most
        return bool(address) and sum(each == address for each in self._open.values()) >= most

    def _tell(self) -> None:
        if time.monotonic() - self._told >= MINUTE:
            self._told = time.monotonic()
            log.warning("Too many connections are open: %d. More are closed.", len(self._open))
