"""The one way to change a Panel document from another thread or at a later moment.

A document is shown in one of three places:

- a served page: the document has a session, and Bokeh's callbacks change it on the server's loop,
  under the document's lock;
- a notebook: the document has no session, so that Bokeh's callbacks never run. The kernel's event
  loop calls what is due, and what changed is pushed to the cells that show it;
- a plain script: there is no event loop, and everything happens at once.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple

import panel as pn
from bokeh.events import ConnectionLost
from panel.io.notebook import push
from panel.io.state import set_curdoc

Action = Callable[[], Any]

LOCK = RLock()
"""Held by whoever changes documents in a notebook: JupyterLab has messages handled in threads."""


class Page(NamedTuple):
    """A document and the event loop that may change it.

    Attributes:
        document: None where nothing is shown, or where it is not known by whom.
        loop: None without one.
        served: whether the document belongs to a session of a server.
    """

    document: Any
    loop: asyncio.AbstractEventLoop | None
    served: bool

    @property
    def waits(self) -> bool:
        """True if anything can happen later; otherwise `call` acts at once."""
        return self.served or self.loop is not None

    @property
    def visitor(self) -> str:
        """The key by which visitors share threads: a served page's session, else the document."""
        context = getattr(self.document, "session_context", None)
        return f"document {id(self.document)}" if context is None else str(context.id)

    @property
    def has_visitor(self) -> bool:
        """False if this is a served page whose browser is not connected, or not any more."""
        session = getattr(getattr(self.document, "session_context", None), "session", None)
        return session is None or session.connection_count > 0

    @property
    def was_left(self) -> bool:
        """True if this is a served page whose browser was there, and is gone."""
        if self.has_visitor:
            return False
        with set_curdoc(self.document):
            return pn.state.loaded

    def call(self, action: Action, after: float = 0.0) -> None:
        """Calls an action on the event loop, with this document as the current one.

        From any thread. A page that was closed in between is left alone.

        Args:
            action: what changes the document.
            after: seconds to wait before it.

        Raises:
            RuntimeError: the event loop was closed.
        """
        if self.served:
            self._on_loop(lambda: self._add_callback(action, after))
        elif self.loop is None:
            action()
        elif after:
            self._on_loop(lambda: self._loop_calls_later(action, after))
        else:
            self.loop.call_soon_threadsafe(self._change, action)

    def on_close(self, action: Action) -> None:
        """Calls an action when the session of a served page ends."""
        if self.document is not None:
            self.document.on_session_destroyed(lambda context: action())

    def on_leave(self, action: Action) -> None:
        """Calls an action when the browser of a served page is gone, at once.

        The session ends later, so that a browser can come back to it; ours load the page anew.
        """
        if self.served:
            self.document.on_event(ConnectionLost, lambda event: action())

    def _on_loop(self, action: Action) -> None:
        """Acts at once on the loop's thread, else by way of the loop.

        Bokeh forgets a callback that another thread adds while a held document is released.
        """
        if self.loop is None or self.loop is _running_loop():
            action()
        else:
            self.loop.call_soon_threadsafe(action)

    def _add_callback(self, action: Action, after: float) -> None:
        if getattr(self.document, "roots", None) is None:
            return  # a closed page: its document has no roots any more
        if after:
            self.document.add_timeout_callback(action, int(1000 * after) + 1)
        else:
            self.document.add_next_tick_callback(action)

    def _loop_calls_later(self, action: Action, after: float) -> None:
        assert self.loop is not None
        self.loop.call_later(after, self._change, action)

    def _change(self, action: Action) -> None:
        with set_curdoc(self.document), hold():
            action()


def current_page() -> Page:
    """Returns the document that is being changed and the event loop of this thread."""
    document = pn.state.curdoc
    served = getattr(document, "session_context", None) is not None
    return Page(document, _running_loop(), served)


@contextmanager
def hold() -> Iterator[None]:
    """Collects what changes inside and sends it together at the end.

    In a notebook `panel.io.hold` drops what Bokeh's models collected, and nothing else sends it.
    """
    page = current_page()
    if page.served:
        with pn.io.hold():
            yield
        return
    with LOCK:
        yield from _hold_in_notebook(page.document)


def _hold_in_notebook(document: Any) -> Iterator[None]:
    holder = document if document is not None and not document.callbacks.hold_value else None
    if holder is not None:
        holder.hold("combine")
    try:
        yield
    finally:
        if holder is not None:
            holder.unhold()
        _push_to_cells()


def _push_to_cells() -> None:
    """Sends what notebook cells do not show yet; several may show what was changed in one."""
    for _, root, document, comm in list(pn.state._views.values()):
        if comm is not None and "embedded" not in root.tags:
            push(document, comm)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
