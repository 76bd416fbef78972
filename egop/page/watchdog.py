"""A thread that looks whether the event loop answers, and logs what holds it up.

While the event loop works on one visitor's message all others wait. Whatever takes longer than a
frame belongs into a thread (`egop.explorer.scene_work`); what was forgotten is found here.
asyncio's own debug mode would time each callback and say no more than its name.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

LONGEST = 0.25
"""Seconds for which the event loop may be busy before it is logged."""
EVERY = 0.1
"""Seconds between two looks."""
AGAIN = 10.0
"""Seconds between two entries of the log at least; others are counted in the next one."""
MOST_FRAMES = 12
"""Innermost functions that are named."""

log = logging.getLogger("egop.app")


class Watchdog:
    """Watches the event loop of the thread that makes it; ends with the loop, or by `stop`.

    Args:
        report: called in the watching thread with the seconds of a block and what ran in it.
    """

    def __init__(self, report: Callable[[float, str], None] | None = None):
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._report = report or Reports().report
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="egop-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watches no more."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(EVERY):
            answered, asked = threading.Event(), time.monotonic()
            try:
                self._loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # the loop was closed
                return
            if not answered.wait(LONGEST):
                stack = stack_of(sys._current_frames().get(self._watched))
                while not answered.wait(1.0):
                    if self._stopped.is_set():
                        return
                self._report(time.monotonic() - asked, stack)


class Reports:
    """Logs blocks of the event loop, and counts those that come too soon after another one."""

    def __init__(self):
        self._last = -AGAIN
        self._left_out = 0

    def report(self, seconds: float, stack: str) -> None:
        """Logs a block, or counts it."""
        now = time.monotonic()
        if now - self._last < AGAIN:
            self._left_out += 1
            return
        others = f" ({self._left_out} more since the last such entry)" if self._left_out else ""
        self._last, self._left_out = now, 0
        log.warning("The event loop was held up for %.2f s%s by %s", seconds, others, stack)


def stack_of(frame: FrameType | None) -> str:
    """The functions that run in a frame, innermost first, by module and line: no paths."""
    names = []
    while frame is not None and len(names) < MOST_FRAMES:
        module = frame.f_globals.get("__name__", "?")
        names.append(f"{module}.{frame.f_code.co_qualname}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(names) or "nothing that can be seen"
