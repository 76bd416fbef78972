"""A visitor without a browser that stays: it reads what comes and confirms packets, as browsers do.

The server waits for a page's word that a packet was drawn before it sends the next one, so that a
visitor who never confirms is served once a second.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from tornado.websocket import WebSocketClosedError

from benchmarks.fuzz.visitor import (
    ConnectionEndedError,
    Visitor,
    component_message,
    document_event,
    models_in,
    open_page,
    set_value,
)
from egop.ui.packing import unpack

DRAWING = 0.03
"""Seconds for which a browser draws a packet before it says so, about as in `results/page.json`."""


class ConfirmingVisitor:
    """A page that stays open, made by `await ConfirmingVisitor.come(url)`.

    Attributes:
        visitor: whose page it is; its models are those that the server has told of so far.
        packets: how many have come since the page was opened.
    """

    def __init__(self, visitor: Visitor):
        self.visitor = visitor
        self.packets = 0
        self._changed = asyncio.Event()
        self._sending = asyncio.Lock()
        self._drawing: set[asyncio.Task[None]] = set()
        self._reader = asyncio.ensure_future(self._read_on())

    @classmethod
    async def come(cls, url: str) -> "ConfirmingVisitor":
        """Opens the page at an address."""
        return cls(await open_page(url))

    def leave(self) -> None:
        """Closes the connection, as a browser's tab that is closed does."""
        for task in (self._reader, *self._drawing):
            task.cancel()
        self.visitor.close()

    async def set(self, component: str, attribute: str, value: Any) -> None:
        """Sets a value of a component, as its script in the browser does."""
        await self._tell(set_value(self.visitor.data_of(component), attribute, value))

    async def message(self, component: str, data: Any) -> None:
        """Sends data to a component, as its script in the browser does."""
        await self._tell(component_message(self.visitor.component(component), data))

    async def tap(self, x: float, y: float) -> None:
        """Taps on the left landscape, which moves the start there."""
        place = {"sx": 0, "sy": 0, "x": x, "y": y, "modifiers": {"type": "map"}}
        await self._tell(document_event("tap", model={"id": self._named(":left")}, **place))

    async def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Waits until something holds that a message can change.

        Raises:
            TimeoutError: it did not come to hold.
            ConnectionEndedError: the server has closed the connection.
        """
        async with asyncio.timeout(seconds):
            while not holds():
                if self._reader.done():
                    self._reader.result()  # raises what went wrong
                self._changed.clear()
                await self._changed.wait()

    async def next_packet(self, seconds: float = 60.0) -> None:
        """Waits for a packet that has not come yet; its errors are those of `until`."""
        known = self.packets
        await self.until(lambda: self.packets > known, seconds)

    async def _tell(self, event: Any) -> None:
        """Sends a change and does not wait for its answer."""
        header = {"msgid": "visitor", "msgtype": "PATCH-DOC"}
        async with self._sending:
            await self.visitor.send(header, {}, {"events": [event]})

    async def _read_on(self) -> None:
        try:
            while True:
                content, parts = await self._next_message()
                self.visitor.models |= dict(models_in(content))
                for event in content.get("events", ()):
                    if event["kind"] == "ColumnDataChanged":
                        self._take(event, parts)
                self._changed.set()
        finally:
            self._changed.set()

    async def _next_message(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """The content of the next message, and its binary parts by their names."""
        header, _, content = [json.loads(await self.visitor.next_frame()) for _ in range(3)]
        parts: dict[str, bytes] = {}
        for _ in range(header.get("num_buffers", 0)):
            name = json.loads(await self.visitor.next_frame())["id"]
            part = await self.visitor.next_frame()
            assert isinstance(part, bytes)
            parts[name] = part
        return content, parts

    def _take(self, event: Any, parts: dict[str, bytes]) -> None:
        """Counts a packet, and draws it."""
        if event["model"]["id"] != self._named(":packet"):
            return
        ((_, column),) = event["data"]["entries"]
        packet = np.frombuffer(parts[column["array"]["data"]["id"]], dtype=np.uint8)
        self.packets += 1
        task = asyncio.ensure_future(self._draw(unpack(packet)[0]["number"]))
        self._drawing.add(task)
        task.add_done_callback(self._drawing.discard)

    async def _draw(self, number: int) -> None:
        """Says that a packet was drawn, as soon as it would be."""
        await asyncio.sleep(DRAWING)
        with suppress(ConnectionEndedError, WebSocketClosedError):
            await self.set("Playback", "drawn", number)

    def _named(self, end: str) -> str:
        """The id of the model whose name ends so; "" where the page has none."""
        for key, (_, attributes) in self.visitor.models.items():
            if str(attributes.get("name", "")).endswith(end):
                return key
        return ""
