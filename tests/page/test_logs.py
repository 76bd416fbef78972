"""The log stays short whatever is sent, and browsers are told nothing of the server's files."""

import asyncio
import json
import logging
import re
from contextlib import suppress

import pytest
from bokeh.document import Document
from panel.io.document import _WRITE_FUTURES, _run_write_futures
from tornado.websocket import WebSocketClosedError

from benchmarks.fuzz.served import Served
from benchmarks.fuzz.visitor import ConnectionEndedError, open_page
from egop.page import logs, main
from egop.page.logs import ALIKE, MOST, MOST_OF_TRACEBACK, BoundedRecord, FewAlike, shortened
from egop.page.routes import LONGEST_MESSAGE

PATHS = re.compile(r"Traceback|(?:/[\w.+-]+){2,}\.py")


@pytest.fixture(scope="module")
def server():
    served = Served()
    yield served
    served.close()


async def refused(url: str, frames: list[list[str]]) -> list[str]:
    """Returns the answers to bad frames, each list on a page of its own."""
    told = []
    for each in frames:
        visitor = await open_page(url)
        visitor.received.clear()
        with suppress(ConnectionEndedError, TimeoutError):
            for frame in each:
                await visitor.send_frame(frame)
            async with asyncio.timeout(1.5):
                while True:
                    await visitor.next_text()
        told += visitor.received
        visitor.close()
    await asyncio.sleep(1.0)  # until both sides have closed the connections
    return told


def message(number: int, content: object) -> list[str]:
    header = {"msgid": f"bad-{number}", "msgtype": "PATCH-DOC"}
    return [json.dumps(header), "{}", json.dumps(content)]


def test_a_message_that_fails_is_answered_without_traceback_and_path(server):
    change = {"kind": "ModelChanged", "model": {"id": "nobody"}, "attr": "x", "new": 1}
    told = asyncio.run(refused(server.url, [message(1, {"events": [change]})]))
    errors = [json.loads(text) for text in told if "text" in text]
    assert {"text": "The server could not handle this message.", "traceback": None} in errors
    assert not any(PATHS.search(text) for text in told)


@pytest.mark.parametrize("size", [LONGEST_MESSAGE // 2, 5 * LONGEST_MESSAGE])
def test_a_long_bad_message_is_logged_shortly(server, size):
    before = server.log_size
    told = asyncio.run(refused(server.url, [["x" * size], message(2, {"events": ["y" * size]})]))
    assert not any(PATHS.search(text) for text in told)
    assert server.log_size - before < 8 * (MOST + MOST_OF_TRACEBACK)
    assert server.lives


def test_the_same_error_over_and_over_is_logged_a_few_times(server):
    before = server.log_size
    frames = [part for number in range(200) for part in message(number, {"events": [number]})]
    asyncio.run(refused(server.url, [frames]))
    assert server.log_size - before < 4 * ALIKE * (MOST + MOST_OF_TRACEBACK)
    assert server.logged_since(before).count("error handling message") <= ALIKE


def test_a_record_is_bounded_in_all_its_parts():
    try:
        raise ValueError("z" * 100_000)
    except ValueError as error:
        info = type(error), error, error.__traceback__
    record = BoundedRecord("egop", logging.ERROR, __file__, 1, "got %r", ("w" * 10**6,), info)
    text = logging.Formatter().format(record)
    assert len(text) < MOST + MOST_OF_TRACEBACK + 100
    assert text.startswith("got 'www")
    assert "ValueError: zzz" in text
    assert shortened("short", 10) == "short"


def test_of_records_alike_the_first_few_pass_and_others_are_counted(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    few = FewAlike()

    def passes(level=logging.ERROR, line=1, alike=""):
        record = BoundedRecord("egop", level, __file__, line, "bad %s", (1,), None)
        record.alike = alike
        return few.filter(record), record.getMessage()

    assert [passes()[0] for _ in range(ALIKE + 7)] == [True] * ALIKE + [False] * 7
    assert passes(line=2) == (True, "bad 1")
    assert passes(alike="another") == (True, "bad 1")
    assert all(passes(logging.INFO, line=3)[0] for _ in range(3 * ALIKE))
    now[0] += logs.WINDOW + 1
    assert passes() == (True, "bad 1 (7 more like it were not logged)")


def test_a_page_that_cannot_be_made_says_so_without_a_traceback(monkeypatch, caplog):
    def fail(search):
        raise RuntimeError(f"in {__file__}")

    monkeypatch.setattr(main, "MainPage", fail)
    page = main.served_page()
    assert main.FAILED in page.object
    assert __file__ not in page.object
    assert __file__ in caplog.text


def test_who_leaves_while_a_message_is_on_its_way_is_not_warned_of(caplog):
    """The message is Panel's own: it is written here as by a future that fails so."""

    async def fail():
        raise WebSocketClosedError

    async def write():
        _WRITE_FUTURES[document] = [asyncio.ensure_future(fail())]
        await _run_write_futures(document)

    few, document = FewAlike(), Document()
    caplog.handler.addFilter(few)
    asyncio.run(write())
    caplog.handler.removeFilter(few)
    assert caplog.records == []
