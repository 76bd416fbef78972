"""Threads that visitors share: each visitor has some at most, and visitors take turns.

A work that was submitted waits in its visitor's own line. Whenever a thread is free, the visitor
who was served longest ago comes next, unless as many of that visitor's works run as may. So
a visitor who submits a thousand works is served as often as one who submits two.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from egop.limits import limits

Action = Callable[[], Any]

_LOG = logging.getLogger(__name__)


class FairPool:
    """Threads that carry out works, visitors in turn.

    Args:
        name: the beginning of the threads' names.
        threads: how many works are carried out at once.
        per_visitor: how many of one visitor.
    """

    def __init__(self, name: str, threads: int, per_visitor: int = 1):
        self.threads, self._per_visitor = threads, per_visitor
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._lines: dict[Hashable, deque[Action]] = {}
        """The works that wait, by visitor; the visitor who comes next is the first one."""
        self._running: Counter[Hashable] = Counter()

    def submit(self, visitor: Hashable, work: Action) -> None:
        """Carries out a work of a visitor in a thread, when it is the visitor's turn.

        Raises:
            ValueError: as many of this visitor's works wait as may (`egop.limits`).
            RuntimeError: the interpreter is ending.
        """
        with self._lock:
            line = self._lines.setdefault(visitor, deque())
            if len(line) >= limits().waiting_works:
                raise ValueError(
                    f"{len(line)} things that you asked for are still to be done; wait for some"
                )
            line.append(work)
        self._pool.submit(self._serve)

    def _serve(self) -> None:
        """Carries out one work after the other, until none may begin."""
        while (taken := self._take()) is not None:
            visitor, work = taken
            try:
                work()
            except Exception:
                _LOG.exception("Work in the background failed.")
            finally:
                self._release(visitor)

    def _take(self) -> tuple[Hashable, Action] | None:
        """The next work and whose it is; that visitor is the last one from now on."""
        with self._lock:
            free = (each for each in self._lines if self._running[each] < self._per_visitor)
            if (visitor := next(free, None)) is None:
                return None
            line = self._lines.pop(visitor)
            work = line.popleft()
            if line:
                self._lines[visitor] = line
            self._running[visitor] += 1
            return visitor, work

    def _release(self, visitor: Hashable) -> None:
        with self._lock:
            self._running[visitor] -= 1
            if not self._running[visitor]:
                del self._running[visitor]
