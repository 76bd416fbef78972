"""A page that is closed while messages are on their way leaves no traceback in the server's log."""

import asyncio
import gc
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document
from bokeh.document.events import TitleChangedEvent
from bokeh.protocol import Protocol
from panel.io import document as panel_documents
from panel.io.server import WSHandler
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from egop.explorer import panel_patches
from egop.page import error_replies
from egop.page.error_replies import MOST_PULLS, QuietErrors, expect_lost_messages


def test_a_connection_that_asks_for_one_document_after_another_is_closed(caplog, monkeypatch):
    closed: list[tuple[int, str]] = []

    async def pull(socket: Any, fragment: Any) -> Any:
        return SimpleNamespace(msgtype=fragment)

    monkeypatch.setattr(WSHandler, "_receive", pull)
    monkeypatch.setattr(WSHandler, "close", lambda socket, *reason: closed.append(reason))
    now = [100.0]
    monkeypatch.setattr(error_replies, "time", SimpleNamespace(monotonic=lambda: now[0]))
    socket = socket_with(None)
    socket._pulls = deque(maxlen=MOST_PULLS)

    async def ask(kind: str, times: int) -> list[bool]:
        return [await socket._receive(kind) is not None for _ in range(times)]

    assert all(asyncio.run(ask("PATCH-DOC", 50)))
    assert asyncio.run(ask("PULL-DOC-REQ", MOST_PULLS + 2)) == [True] * MOST_PULLS + [False] * 2
    assert closed == [(10001, "the document was asked for 21 times a minute")] * 2
    now[0] += 60
    assert all(asyncio.run(ask("PULL-DOC-REQ", MOST_PULLS)))


class Lost:
    """A connection of Tornado that ends while the second message is written."""

    def __init__(self):
        self.sent: list[asyncio.Future[None]] = []

    def is_closing(self) -> bool:
        return False

    def write_message(self, message: Any, binary: bool = False) -> asyncio.Future[None]:
        if self.sent:
            self.sent[0].set_exception(StreamClosedError())
            raise WebSocketClosedError
        self.sent.append(asyncio.get_running_loop().create_future())

        async def wrapper() -> None:
            try:
                await self.sent[0]
            except StreamClosedError:
                raise WebSocketClosedError from None

        return asyncio.ensure_future(wrapper())


class Connection:
    """The server's end of a page's websocket."""

    def __init__(self, socket: QuietErrors):
        self._socket, self.protocol = socket, Protocol()


def socket_with(connection: Any) -> QuietErrors:
    """A websocket of Bokeh's server, without a server."""
    socket = QuietErrors.__new__(QuietErrors)
    socket.ws_connection = connection
    return socket


def test_messages_that_are_lost_with_a_page_are_not_logged(caplog, monkeypatch):
    dispatch, _ = panel_patches.originals()
    monkeypatch.setattr(
        panel_documents, "_dispatch_msgs", panel_patches._dispatching_all(panel_documents, dispatch)
    )

    async def write_while_it_is_closed() -> None:
        lost = Lost()
        expect_lost_messages(lost)
        document = Document()
        connections: Any = [Connection(socket_with(lost))]
        event = TitleChangedEvent(document, "another")
        panel_documents.schedule_write_events(document, connections, [event])
        for _ in range(5):
            await asyncio.sleep(0)
        assert lost.sent[0].done()

    asyncio.run(write_while_it_is_closed())
    gc.collect()
    assert not caplog.records


def test_who_waits_for_a_lost_message_learns_of_it():
    async def write() -> None:
        lost = Lost()
        expect_lost_messages(lost)
        written: Any = lost.write_message("")
        with pytest.raises(WebSocketClosedError):
            lost.write_message("")
        with pytest.raises(WebSocketClosedError):
            await written

    asyncio.run(write())


def test_an_answer_to_a_page_that_is_closed_is_not_logged(caplog):
    async def send(socket: Any) -> None:
        raise WebSocketClosedError

    message: Any = SimpleNamespace(msgtype="OK", send=send)
    asyncio.run(socket_with(None).send_message(message))
    assert not caplog.records


def test_what_comes_from_a_page_after_its_end_is_left_alone(monkeypatch):
    """Bokeh forgets a session when a ping fails, and once more when the connection has ended."""
    heard: list[str] = []

    async def hear(self: Any, fragment: str) -> None:
        heard.append(fragment)

    def forget(self: Any) -> None:
        assert not heard, "the session is gone"

    monkeypatch.setattr(WSHandler, "on_message", hear)
    monkeypatch.setattr(WSHandler, "on_close", forget)
    socket = socket_with(None)
    asyncio.run(socket.on_message("first"))
    socket.on_close()
    asyncio.run(socket.on_message("second"))
    assert heard == ["first"]
