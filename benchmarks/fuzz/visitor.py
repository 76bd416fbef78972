"""A visitor without a browser: opens the page, and speaks Bokeh's protocol over its websocket."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

TOKEN = re.compile(r'"token":\s*"([^"]+)"')
PATIENCE = 60.0
"""Seconds for opening a page."""


class ConnectionEndedError(Exception):
    """The server has closed the connection."""


class Visitor:
    """One page and its connection, made by `await open_page(url)`.

    Attributes:
        url: of the page, with its query.
        models: by id the name of the type and the attributes of every model of the document, as
            they were when the page was opened.
        received: texts that came and were not looked at yet, cleared by who reads them.
    """

    def __init__(self, url: str, token: str, connection: WebSocketClientConnection):
        self.url, self.token = url, token
        self.models: dict[str, tuple[str, dict[str, Any]]] = {}
        self.received: list[str] = []
        self._connection = connection
        self._left = False
        self._numbers = itertools.count(1)

    async def ask(self, kind: str, content: Any, seconds: float = PATIENCE) -> dict[str, Any]:
        """Sends a message; returns the content of its answer.

        Raises:
            TimeoutError: none came in time.
            ConnectionEndedError: the server has closed the connection.
        """
        number = f"visitor-{next(self._numbers)}"
        await self.send({"msgid": number, "msgtype": kind}, {}, content)
        async with asyncio.timeout(seconds):
            while True:
                header = self._json(await self.next_text())
                if header.get("reqid") == number and "msgtype" in header:
                    await self.next_text()
                    content = self._json(await self.next_text())
                    for _ in range(2 * int(header.get("num_buffers", 0))):
                        await self.next_frame()
                    return content

    async def send(self, *parts: Any) -> None:
        """Sends the parts of a message, each as JSON in a frame of its own; bytes as they are.

        Raises:
            ConnectionEndedError: the server has closed the connection.
        """
        for part in parts:
            if isinstance(part, bytes):
                await self.send_frame(part)
            else:
                await self.send_frame(json.dumps(part))

    async def send_frame(self, frame: str | bytes) -> None:
        """Sends one frame, of text or of bytes."""
        try:
            await self._connection.write_message(frame, binary=isinstance(frame, bytes))
        except WebSocketClosedError:
            raise ConnectionEndedError from None

    async def next_text(self) -> str:
        """The next frame of text."""
        while True:
            frame = await self.next_frame()
            if isinstance(frame, str):
                self.received.append(frame)
                return frame

    async def next_frame(self) -> str | bytes:
        """The next frame.

        Raises:
            ConnectionEndedError: the server has closed the connection.
        """
        frame = await self._connection.read_message()
        if frame is None:
            raise ConnectionEndedError
        return frame

    async def patch(self, *events: Any, seconds: float = PATIENCE) -> dict[str, Any]:
        """Changes the document, as a browser does; returns the answer's content."""
        return await self.ask("PATCH-DOC", {"events": list(events)}, seconds)

    def close(self) -> None:
        """Leaves the page."""
        self._left = True
        self._connection.close()

    @property
    def ended(self) -> bool:
        """True if the connection is closed."""
        return self._left or self._connection.close_code is not None

    async def look(self) -> None:
        """Reads the document anew."""
        self.models = dict(models_in(await self.ask("PULL-DOC-REQ", {})))

    def component(self, kind: str, holds: str = "") -> str:
        """The id of a component of a class of ours, of one whose data contain a text if any does.

        Raises:
            LookupError: the page has none.
        """
        found = [
            (key, holds in json.dumps(attributes.get("data")))
            for key, (_, attributes) in self.models.items()
            if attributes.get("class_name") == kind
        ]
        if not found:
            raise LookupError(f"the page has no {kind}")
        return max(found, key=lambda each: each[1])[0]

    def data_of(self, kind: str) -> str:
        """The id of the data of a component of a class of ours; "" where the page has none."""
        for _, attributes in self.models.values():
            if attributes.get("class_name") == kind:
                return attributes["data"]["id"]
        return ""

    @staticmethod
    def _json(text: str) -> dict[str, Any]:
        try:
            read = json.loads(text)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


async def open_page(url: str) -> Visitor:
    """Opens a page and its connection, and reads its document.

    Raises:
        RuntimeError: the page has no token, and so no session.
    """
    answer = await AsyncHTTPClient(force_instance=True).fetch(
        HTTPRequest(url, request_timeout=PATIENCE)
    )
    found = TOKEN.search(answer.body.decode())
    if found is None:
        raise RuntimeError(f"the page at {url} has no session")
    host = url.split("/")[2]
    request = HTTPRequest(
        f"ws://{host}/app/ws", headers={"Origin": f"http://{host}"}, request_timeout=PATIENCE
    )
    connection = await websocket_connect(
        request, subprotocols=["bokeh", found[1]], max_message_size=2**28
    )
    assert connection.protocol is not None
    connection.protocol.set_nodelay(True)  # as browsers do; or each message waits 40 ms
    visitor = Visitor(url, found[1], connection)
    await visitor.next_text()  # the word that the session is there: a header, metadata, content
    await visitor.next_text()
    await visitor.next_text()
    await visitor.patch(document_event("document_ready"))
    await visitor.look()
    return visitor


def models_in(content: Any) -> Iterator[tuple[str, tuple[str, dict[str, Any]]]]:
    """Every model of a serialized document: its id, the name of its type and its attributes."""
    if isinstance(content, dict):
        if content.get("type") == "object" and "id" in content:
            yield content["id"], (content.get("name", ""), content.get("attributes", {}))
        for each in content.values():
            yield from models_in(each)
    elif isinstance(content, list):
        for each in content:
            yield from models_in(each)


def set_value(model: str, attribute: str, value: Any) -> dict[str, Any]:
    """The event by which a browser sets an attribute of a model."""
    return {"kind": "ModelChanged", "model": {"id": model}, "attr": attribute, "new": value}


def component_message(model: str, data: Any) -> dict[str, Any]:
    """The event by which a component's script in the browser sends data to the server."""
    return document_event("data_event", model={"id": model}, data=data)


def document_event(name: Any, **values: Any) -> dict[str, Any]:
    """The event by which a browser reports that something happened to the document or a model."""
    encoded = {"type": "map", "entries": [[key, value] for key, value in values.items()]}
    data = {"type": "event", "name": name, "values": encoded}
    return {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
