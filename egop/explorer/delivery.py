"""Nothing that was drawn on the server is lost on the way to the browser."""

from typing import Any

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
