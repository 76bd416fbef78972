"""Nothing is lost on the way to the browser."""

import warnings
from typing import Any

from bokeh.util.warnings import BokehUserWarning
from panel.io import document as panel_documents

_dispatch = panel_documents._dispatch_msgs


async def _dispatch_all(document: Any) -> None:
    """Writes the messages that wait, and those that came while they were being written."""
    await _dispatch(document)
    if document in panel_documents._WRITE_MSGS and document not in panel_documents._WRITE_BLOCK:
        panel_documents._WRITE_BLOCK[document] = True
        await _dispatch_all(document)


def deliver_everything() -> None:
    """Lets Panel send what it forgets otherwise, for the whole process; twice is as good as once.

    Panel 1.9.4 keeps a message back while earlier ones of the same page are being written. When
    these are done in just that moment, it removes the mark without which the kept one is not
    looked at: it waits until something else changes, and the page shows an old state.
    """
    panel_documents._dispatch_msgs = _dispatch_all
    # A press of a button that came after the page was loaded brings the whole button along: the
    # browser's side of Bokeh 3.9 takes it for its own. The server knows it and says so.
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
