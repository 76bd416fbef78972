"""The websocket's answers to messages that fail: a sentence, without a traceback or a path."""

from typing import Any

from panel.io.server import WSHandler

FAILED = "The server could not handle this message."


class QuietErrors(WSHandler):
    """Panel's websocket, which sends the exception and its traceback to the browser otherwise."""

    async def send_message(self, message: Any) -> None:
        """Sends a message; of an error only that it was one, since the log has the rest."""
        if message.msgtype == "ERROR":
            message.content.update(text=FAILED, traceback=None)
        await super().send_message(message)
