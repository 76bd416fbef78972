"""A served page in this process, so that a test can act on its event loop and watch it."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from bokeh.events import DocumentReady
from bokeh.util.token import generate_jwt_token, generate_session_id
from panel.io.server import get_server
from panel.io.state import set_curdoc
from tornado.websocket import WebSocketClientConnection, websocket_connect

from egop.page import lifecycle
from egop.page.main import MainPage


class ServedPage:
    """One visitor's page, without a browser.

    Attributes:
        main: the page.
        thread: the identity of the event loop's thread.
        session: by which the server knows the visitor.
    """

    def __init__(
        self,
        main: MainPage,
        document: Any,
        browser: WebSocketClientConnection,
        loop: asyncio.AbstractEventLoop,
        thread: int,
    ):
        self.main, self.thread = main, thread
        self._document, self._browser, self._loop = document, browser, loop
        self.session = str(document.session_context.id)

    def act(self, action: Callable[[], Any]) -> Any:
        """Returns what an action returns, done on the event loop as a message of the browser is."""

        def in_document() -> Any:
            with set_curdoc(self._document):
                return action()

        session = self._document.session_context.session
        done = asyncio.run_coroutine_threadsafe(locked(session, in_document), self._loop)
        return done.result(60)

    def become_ready(self) -> None:
        """Says that the browser has built the page; on the event loop."""
        self._document.callbacks.trigger_event(DocumentReady())

    def until(self, what: Callable[[], Any], seconds: float = 20.0) -> None:
        """Waits until something holds."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.01)

    def leave(self) -> None:
        """Closes the connection, as a browser's tab that is closed does; the session stays."""
        session = self._document.session_context.session
        self._loop.call_soon_threadsafe(self._browser.close)
        self.until(lambda: session.connection_count == 0)

    def settle(self) -> None:
        """Waits until the explorer shows its scene."""
        explorer = self.main.explorer
        assert explorer is not None

        def is_settled() -> bool:
            return explorer.updates.is_settled and not explorer.updates.comparison.failure

        self.until(lambda: self.act(is_settled))

    def longest_block(self, during: Callable[[], Any]) -> tuple[float, float]:
        """The longest time in which the event loop did nothing else meanwhile.

        Returns:
            Seconds of the loop's own work, and seconds by the clock, which other work on the
            machine lengthens.
        """
        longest, longest_work, stop = 0.0, 0.0, threading.Event()
        work = time.pthread_getcpuclockid(self.thread)

        def watch() -> None:
            nonlocal longest, longest_work
            beat = threading.Event()
            while not stop.is_set():
                beat.clear()
                asked, worked = time.perf_counter(), time.clock_gettime(work)
                self._loop.call_soon_threadsafe(beat.set)
                beat.wait()
                longest = max(longest, time.perf_counter() - asked)
                longest_work = max(longest_work, time.clock_gettime(work) - worked)
                time.sleep(0.001)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            during()
        finally:
            stop.set()
            watcher.join()
        return longest_work, longest


def threads_of(
    functions: Mapping[str, tuple[Any, str]], monkeypatch: pytest.MonkeyPatch
) -> defaultdict[str, set[int]]:
    """By function the threads that call it from now on.

    Args:
        functions: by a name of each, the object that has it and its name there.
        monkeypatch: by which calls are noted until the test ends.
    """
    found: defaultdict[str, set[int]] = defaultdict(set)
    for name, (owner, attribute) in functions.items():
        original = getattr(owner, attribute)

        def noting(*args: Any, name: str = name, original: Any = original, **kwargs: Any) -> Any:
            found[name].add(threading.get_ident())
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, attribute, noting)
    return found


async def locked(session: Any, action: Callable[[], Any]) -> Any:
    """Returns what an action returns that holds the session's lock."""
    return await session.with_document_locked(action)


def read(closed: asyncio.Event, message: Any) -> None:
    """Sets an event at the message by which tornado says that the connection has been closed."""
    if message is None:
        closed.set()


@contextmanager
def served_page(search: str = "") -> Iterator[ServedPage]:
    """The app's page on a server of this process, whose event loop runs in another thread."""
    with served_pages(1, search) as (page,):
        yield page


@contextmanager
def served_pages(count: int, search: str = "") -> Iterator[list[ServedPage]]:
    """The app's page, opened by so many visitors of one server of this process."""
    lifecycle.use_one_thread_for_matrices()
    lifecycle.compile_opening_scene()
    made: list[tuple[MainPage, Any]] = []
    ready, served = threading.Event(), []

    def make() -> Any:
        import panel as pn

        pn.extension()
        main = MainPage(search)
        made.append((main, pn.state.curdoc))
        return main.view

    def serve() -> None:
        async def run() -> None:
            server = get_server({"/app": make}, port=0, address="127.0.0.1", start=True)
            closed = [asyncio.Event() for _ in range(count)]
            browsers = [
                await websocket_connect(
                    f"ws://127.0.0.1:{server.port}/app/ws",
                    subprotocols=["bokeh", generate_jwt_token(generate_session_id())],
                    on_message_callback=partial(read, end),  # a reader, or the server waits
                    max_message_size=10**9,
                )
                for end in closed
            ]
            stop = asyncio.Event()
            served.extend([browsers, asyncio.get_running_loop(), stop])
            ready.set()
            await stop.wait()
            for browser in browsers:
                browser.close()
            for end in closed:
                await asyncio.wait_for(end.wait(), 20)
            server.stop()

        asyncio.run(run())

    thread = threading.Thread(target=serve, name="event-loop")
    thread.start()
    assert ready.wait(60)
    browsers, loop, stop = served
    try:
        assert thread.ident is not None
        pages = [
            ServedPage(*each, browser, loop, thread.ident)
            for each, browser in zip(made, browsers, strict=True)
        ]
        for page in pages:
            page.act(page.become_ready)
        yield pages
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
