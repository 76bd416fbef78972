"""Reading off the event loop, drawing on it: what a page shows of files that others write."""

import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from egop.runs.archive import runs_folder, without_server_paths
from egop.runs.error_sentence import sentence_of
from egop.ui.document import current_page, hold
from egop.ui.fair_pool import FairPool

PERIOD = 1.0
"""Seconds between two readings when nothing is known to have changed."""
REST = 0.3
"""Seconds between two readings however much changes."""

SHORT = FairPool("egop-lab", threads=4)
"""Threads for what takes no time, such as renaming or ending a run."""
LONG = FairPool("egop-lab-long", threads=4)
"""Threads for what takes seconds: downloads, files that are added, the first figures."""
_LOG = logging.getLogger(__name__)
_LOGGED: deque[str] = deque(maxlen=50)
"""Errors of readings that were logged: every page repeats them every second."""


class BackgroundTasks:
    """Single pieces of work in threads, such as deleting a run; without a page they are done here.

    Args:
        on_error: called on the event loop with the sentence of what went wrong.
    """

    def __init__(self, on_error: Callable[[str], Any]):
        self._on_error = on_error
        self._newest: dict[str, object] = {}

    def submit(
        self,
        work: Callable[[], Any],
        on_success: Callable[[Any], Any],
        on_error: Callable[[str], Any] | None = None,
        key: str | None = None,
        *,
        long: bool = False,
    ) -> None:
        """Calls `on_success` on the event loop with what `work` returns.

        Args:
            work: in a thread.
            on_success: with its result.
            on_error: with the sentence of an error; None: that of this object.
            key: of several works with the same key only the newest one's result is wanted.
            long: whether it takes seconds; it has other threads than what is quick.
        """
        on_error = on_error or self._on_error
        ticket = object()
        if key is not None:
            self._newest[key] = ticket

        def wanted() -> bool:
            return key is None or self._newest[key] is ticket

        def attempt() -> Callable[[], Any]:
            try:
                result = work()
            except Exception as error:
                sentence = sentence_for_visitors(error)
                return lambda: on_error(sentence) if wanted() else None
            return lambda: on_success(result) if wanted() else None

        page = current_page()
        if not page.waits:
            attempt()()
        else:
            pool = LONG if long else SHORT
            try:
                pool.submit(page.visitor, lambda: page.call(attempt()) if wanted() else None)
            except ValueError as error:  # too many wait
                on_error(sentence_for_visitors(error))


class Poller:
    """Reads again and again in a thread of its own and draws what it read.

    It ends with the session, or when nobody has the page any more. Without an event loop nothing
    is read until `poll` is called.

    Args:
        read: a method that reads, in the thread.
        draw: a method of the same object that is called with it on the event loop.
    """

    def __init__(self, read: Callable[[], Any], draw: Callable[[Any], Any]):
        self._read, self._draw = weakref.WeakMethod(read), weakref.WeakMethod(draw)
        self._changed = threading.Event()
        self._ended = threading.Event()
        self.paused = False
        self._page = current_page()
        if not self._page.waits:
            return
        self._page.on_close(self.stop)
        threading.Thread(target=self._serve, name="egop-lab-refresh", daemon=True).start()

    def wake(self) -> None:
        """Something has changed: read soon. From any thread."""
        self._changed.set()

    def stop(self) -> None:
        """Reads no more."""
        self._ended.set()
        self._changed.set()

    def poll(self) -> None:
        """Reads and draws at once where there is no event loop; else asks for it."""
        read, draw = self._read(), self._draw()
        if self._page.waits:
            self.wake()
        elif read is not None and draw is not None:
            draw(read())

    def _serve(self) -> None:
        drawn = threading.Event()
        while not self._ended.is_set():
            began = time.monotonic()
            drawn.clear()
            if not self.paused and not self._serve_once(drawn):
                return
            drawn.wait(PERIOD) if not self.paused else None
            self._ended.wait(max(0.0, began + REST - time.monotonic()))
            self._changed.wait(max(0.0, began + PERIOD - time.monotonic()))
            self._changed.clear()

    def _serve_once(self, drawn: threading.Event) -> bool:
        """One reading; False when nobody wants it any more."""
        read = self._read()
        if read is None:
            return False
        try:
            result = read()
        except Exception as error:
            _log_once("The runs could not be read.", error)
            drawn.set()
            return True
        del read

        def draw() -> None:
            try:
                method = self._draw()
                if method is not None and not self._ended.is_set():
                    with hold():
                        method(result)
            except Exception as error:
                _log_once("The runs could not be shown.", error)
            finally:
                drawn.set()

        try:
            self._page.call(draw)
        except RuntimeError:  # the loop was closed
            return False
        return True


def _log_once(words: str, error: Exception) -> None:
    """Logs an error of reading or drawing, unless it was logged lately."""
    told = f"{words} {type(error).__name__}: {error}"[:300]
    if told not in _LOGGED:
        _LOGGED.append(told)
        _LOG.error(words, exc_info=error)


def sentence_for_visitors(error: Exception) -> str:
    """The sentence of an exception, whose paths begin at the folder of runs."""
    return without_server_paths(sentence_of(error), runs_folder())
