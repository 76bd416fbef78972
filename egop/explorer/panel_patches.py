"""Patches of Panel's server that send the messages which Panel 1.9 and 1.10 lose."""

import warnings
from functools import cache
from typing import Any

from bokeh.util.warnings import BokehUserWarning
from panel.io import document as panel_documents
from tornado.websocket import WebSocketClosedError

from egop.tested_versions import can_patch

LOST = "A page may show an old state after much happened at once, until something else changes"
QUEUES = ("_WRITE_EVENTS", "_WRITE_MSGS")
"""Panel's table of what waits, by document: its name in Panel 1.10, and in 1.9."""


def deliver_everything() -> None:
    """Lets Panel send what it loses otherwise, for the whole process; twice is as good as once.

    - Panel 1.9 and 1.10 keep a message back while earlier ones of the same page are being written.
      When these are done in just that moment, they remove the mark without which the kept one is
      not looked at: it waits until something else changes, and the page shows an old state.
    - Panel 1.9 drops what changes under `pn.io.hold` before the browser says that it is ready,
      since the document is sent as a whole when the page connects. But a page has got its document
      up to seconds before it says that, and misses what comes in between. A page that is connected
      and waits for its document leaves changes alone, so they can be sent from then on.
    """
    names = ["_dispatch_msgs", "_drain_unconnected_events", "_WRITE_BLOCK", _queue_name()]
    if can_patch("panel", LOST, *((panel_documents, name) for name in names)):
        _patch(panel_documents)
    # A press of a button that came after the page was loaded brings the whole button along: the
    # browser's side of Bokeh takes it for its own. The server knows it and says so.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)


def _queue_name() -> str:
    return next((name for name in QUEUES if hasattr(panel_documents, name)), QUEUES[0])


def _patch(module: Any) -> None:
    dispatch, drain = originals()
    module._dispatch_msgs = _dispatching_all(module, dispatch)
    if not hasattr(module, "_client_has_document"):  # by which Panel 1.10 knows who listens
        module._drain_unconnected_events = _draining_unless_heard(drain)


@cache
def originals() -> tuple[Any, Any]:
    """Panel's own functions, as they were before they were patched."""
    return panel_documents._dispatch_msgs, panel_documents._drain_unconnected_events


def _dispatching_all(module: Any, dispatch: Any) -> Any:
    waiting = getattr(module, _queue_name())

    async def dispatch_all(document: Any) -> None:
        """Writes the messages that wait, and those that came while they were being written."""
        try:
            await dispatch(document)
        except WebSocketClosedError:  # the page was closed meanwhile
            return
        if document in waiting and document not in module._WRITE_BLOCK:
            module._WRITE_BLOCK[document] = True
            await dispatch_all(document)

    return dispatch_all


def _draining_unless_heard(drain: Any) -> Any:
    def drain_unless_heard(document: Any, lock: Any) -> list[Any]:
        """The changes to be sent of those that were held before a page is ready."""
        session = getattr(document.session_context, "session", None)
        if session is None or not session._subscribed_connections:
            return drain(document, lock)
        with lock:
            held = list(document.callbacks._held_events or [])
            document.callbacks._held_events, document.callbacks._hold = [], None
        return held

    return drain_unless_heard
