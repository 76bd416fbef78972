"""Heavy work off the event loop: the newest request wins, partial results are drawn as they come."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Generic, TypeVar

import panel as pn

Result = TypeVar("Result")

_POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="egop-explorer")
"""Shared by all visitors: long work of one waits for that of others, never for a drag."""


class Background(Generic[Result]):
    """One kind of work of one visitor, such as its map.

    Args:
        draw: called on the event loop with each result that is still wanted; of results that
            arrive faster than they are drawn only the last one is.
        fail: called there with the sentence of a ValueError.
    """

    def __init__(self, draw: Callable[[Result], Any], fail: Callable[[str], Any]):
        self._draw, self._fail = draw, fail
        self._ticket = 0
        self._waiting: Result | None = None
        self._lock = Lock()

    def start(self, work: Callable[[], Iterator[Result]]) -> None:
        """Abandons what runs and iterates over `work()` in a thread, or here without a page."""
        self.cancel()
        document, ticket = pn.state.curdoc, self._ticket
        if document is None:
            self._iterate(work, ticket, lambda call: call())
        else:
            _POOL.submit(self._iterate, work, ticket, document.add_next_tick_callback)

    def cancel(self) -> None:
        """Nothing of what was started so far will be drawn any more, and it soon stops."""
        self._ticket += 1

    def _iterate(self, work, ticket: int, post) -> None:
        try:
            results = work()
            for result in results:
                if ticket != self._ticket:
                    results.close()  # type: ignore[attr-defined]
                    return
                self._offer(result, ticket, post)
        except ValueError as error:
            sentence = str(error)
            post(lambda: self._fail(sentence) if ticket == self._ticket else None)

    def _offer(self, result: Result, ticket: int, post) -> None:
        with self._lock:
            idle = self._waiting is None
            self._waiting = result
        if idle:
            post(lambda: self._draw_latest(ticket))

    def _draw_latest(self, ticket: int) -> None:
        with self._lock:
            result, self._waiting = self._waiting, None
        if result is not None and ticket == self._ticket:
            with pn.io.hold():
                self._draw(result)
