"""The websocket where something fails: a sentence without traceback or path, and few words of log.

A page may be closed at any moment, also while messages are on their way in either direction. Bokeh
and Panel take some of them for errors, and log each with a traceback.
"""

import time
from asyncio import Future
from collections import deque
from contextlib import suppress
from typing import Any

from panel.io.server import WSHandler
from tornado.websocket import WebSocketClosedError

MOST_PULLS, MINUTE = 20, 60.0
"""Times that a connection may ask for the whole document, and seconds in which they count.

Each takes 40 ms of the event loop; browsers ask once.
"""
FAILED = "The server could not handle this message."


class QuietErrors(WSHandler):
    """Panel's websocket, which sends the exception and its traceback to the browser otherwise."""

    _is_closed = False

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begins a connection, as Panel does."""
        self._pulls: deque[float] = deque(maxlen=MOST_PULLS)
        super().open(*args, **kwargs)
        expect_lost_messages(self.ws_connection)

    async def on_message(self, fragment: str | bytes) -> None:
        """Takes a part of a message, unless the page was closed since the browser has sent it."""
        if not self._is_closed:
            await super().on_message(fragment)

    async def _receive(self, fragment: str | bytes) -> Any:
        """Returns a message when it is whole; ends what asks for too many documents."""
        message = await super()._receive(fragment)
        if message is not None and message.msgtype == "PULL-DOC-REQ":
            now = time.monotonic()
            if len(self._pulls) == MOST_PULLS and now - self._pulls[0] < MINUTE:
                self._protocol_error(f"the document was asked for {MOST_PULLS + 1} times a minute")
                return None
            self._pulls.append(now)
        return message

    async def send_message(self, message: Any) -> None:
        """Sends a message; of an error only that it was one, since the log has the rest."""
        if message.msgtype == "ERROR":
            message.content.update(text=FAILED, traceback=None)
        with suppress(WebSocketClosedError):  # of which Bokeh warns
            await message.send(self)

    def on_close(self) -> None:
        """Forgets the connection; Bokeh may have done so when a ping could not be sent."""
        self._is_closed = True
        with suppress(AssertionError):  # of a session that is gone
            super().on_close()


def expect_lost_messages(connection: Any) -> None:
    """Lets a connection of Tornado lose messages when it ends, and log nothing of them.

    asyncio logs the error of each message that nobody waits for; Panel waits for none after the
    first that could not be sent (panel/io/document.py, `dispatch_tornado`).
    """
    write = connection.write_message

    def write_message(message: Any, binary: bool = False) -> Any:
        written = write(message, binary)
        written.add_done_callback(take_error)
        return written

    connection.write_message = write_message


def take_error(written: Future) -> None:
    """Asks for the error of a message, which counts as handled then; who waits for it gets it."""
    if not written.cancelled():
        written.exception()
