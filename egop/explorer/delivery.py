"""Nothing is lost on the way to the browser."""

import warnings
from typing import Any

from bokeh.util.warnings import BokehUserWarning
from panel.io import document as panel_documents

_dispatch = panel_documents._dispatch_msgs
_drain = panel_documents._drain_unconnected_events


async def _dispatch_all(document: Any) -> None:
    """Writes the messages that wait, and those that came while they were being written."""
    await _dispatch(document)
    if document in panel_documents._WRITE_MSGS and document not in panel_documents._WRITE_BLOCK:
        panel_documents._WRITE_BLOCK[document] = True
        await _dispatch_all(document)


def _drain_unless_heard(document: Any, lock: Any) -> list[Any]:
    """The changes to be sent of those that were held before a page is ready."""
    session = getattr(document.session_context, "session", None)
    if session is None or not session._subscribed_connections:
        return _drain(document, lock)
    with lock:
        held = list(document.callbacks._held_events or [])
        document.callbacks._held_events, document.callbacks._hold = [], None
    return held


def deliver_everything() -> None:
    """Lets Panel send what it forgets otherwise, for the whole process; twice is as good as once.

    Panel 1.9.4 loses changes in two ways:

    - It keeps a message back while earlier ones of the same page are being written. When these are
      done in just that moment, it removes the mark without which the kept one is not looked at: it
      waits until something else changes, and the page shows an old state.
    - What changes under `pn.io.hold` before the browser says that it is ready is dropped, since the
      document is sent as a whole when the page connects. But a page has got its document up to
      seconds before it says that, and misses what comes in between. A page that is connected and
      waits for its document leaves changes alone, so they can be sent from then on.
    """
    panel_documents._dispatch_msgs = _dispatch_all
    panel_documents._drain_unconnected_events = _drain_unless_heard
    # A press of a button that came after the page was loaded brings the whole button along: the
    # browser's side of Bokeh 3.9 takes it for its own. The server knows it and says so.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
