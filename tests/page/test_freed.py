"""A page whose visitor has left, or never came, leaves nothing behind in the server's memory."""

import asyncio
import gc
import logging
import tempfile
import weakref
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bokeh.document import Document
from panel.io.server import get_server
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop

from benchmarks.confirming_visitor import ConfirmingVisitor
from egop.explorer import Explorer
from egop.explorer.explorer import TABS
from egop.explorer.scene import Scene
from egop.lab import snapshot
from egop.lab.lab import Lab
from egop.lab.views.dashboard import Dashboard
from egop.page import lifecycle
from egop.page.main import MainPage, served_page
from tests.lab.served_lab import plant
from tests.lab.views.watched_runs import digits, so_far

SECONDS = 90.0
"""After which at the latest everything is gone, on a machine that is busy."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[weakref.ref[Any]]]:
    """References to every page, explorer, scene, lab, figures and document made from now on."""
    found: list[weakref.ref[Any]] = []

    def note(kind: type) -> None:
        begin: Any = kind.__init__

        def initialize(self: Any, *args: Any, **options: Any) -> None:
            begin(self, *args, **options)
            found.append(weakref.ref(self))

        monkeypatch.setattr(kind, "__init__", initialize)

    for kind in (MainPage, Explorer, Scene, Lab, Dashboard, Document):
        note(kind)
    logging.disable()  # pytest keeps what is logged, and with an error all that it came by
    yield found
    logging.disable(logging.NOTSET)


def serve(visit: Callable[[str], Awaitable[None]]) -> None:
    """Serves the page in this process while somebody visits it."""

    async def on_server() -> None:
        server = get_server(
            {"/app": served_page}, port=0, address="127.0.0.1", loop=IOLoop.current(),
            websocket_origin=["*"], check_unused_sessions_milliseconds=50,
            unused_session_lifetime_milliseconds=200,
        )  # fmt: skip
        server.start()
        try:
            await visit(f"http://127.0.0.1:{server.port}/app")
        finally:
            server.stop()

    lifecycle.compile_opening_scene()
    asyncio.run(asyncio.wait_for(on_server(), 300))


async def gone(made: list[weakref.ref[Any]], but: int = 0) -> list[str]:
    """Returns the objects still alive after some seconds, unless they are as few as `but`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SECONDS
    while loop.time() < end:
        await asyncio.sleep(0.3)
        gc.collect()
        left = [repr(each) for each in (ref() for ref in made) if each is not None]
        if len(left) <= but:
            break
    return left


def test_pages_that_nobody_connects_to_are_freed(made):
    left: list[str] = []

    async def ask(url: str) -> None:
        for _ in range(3):
            await AsyncHTTPClient().fetch(url, request_timeout=60)
        left.extend(await gone(made))

    serve(ask)
    assert len(made) >= 4 * 3
    assert not left


def test_pages_with_every_tab_and_a_running_map_are_freed(made):
    left: list[str] = []

    async def visit(url: str) -> None:
        for _ in range(2):
            visitor = await ConfirmingVisitor.come(url)
            for place in (*range(1, len(TABS)), TABS.index("map")):
                await visitor.set("Tabs", "active", place)
                await visitor.next_packet()
            await visitor.tap(1.5, -0.5)  # another map
            visitor.leave()
        left.extend(await gone(made, but=1))

    serve(visit)
    assert len(made) >= 4 * 2
    # A task of Panel that never ends keeps the document, without a page, of whom it began with.
    assert len(left) <= 1
    assert all("Document" in each for each in left)


def test_labs_with_open_runs_and_an_unfinished_upload_are_freed(made, tmp_path, monkeypatch):
    left: list[str] = []
    queue = plant(tmp_path / "runs", monkeypatch, "finished", "growing")
    files, upload = tmp_path / "files", {"key": "k", "name": "a.nc", "size": 10**6}
    files.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(files))
    epochs, results = iter(range(1, 10**6)), {"finished": digits()}

    def read(folder: Path) -> Any:
        return results.get(folder.name) or so_far(digits(40, 200), next(epochs))

    monkeypatch.setattr(snapshot.partial_results, "read", read)

    async def visit(url: str) -> None:
        await AsyncHTTPClient().fetch(f"{url}?page=networks&run=growing", request_timeout=60)
        for runs in ("growing", "finished,growing"):
            visitor = await ConfirmingVisitor.come(f"{url}?page=networks&run={runs}")
            for _ in range(3):
                await visitor.next_packet()
            visitor.leave()
        visitor = await ConfirmingVisitor.come(f"{url}?page=networks")
        await visitor.until(lambda: visitor.visitor.data_of("Upload"))
        await visitor.message("Upload", upload)
        await visitor.until(lambda: any(files.iterdir()))
        visitor.leave()
        left.extend(await gone(made, but=1))

    serve(visit)
    assert len(made) >= 2 + 3 * 3 + 2
    assert len(left) <= 1
    assert all("Document" in each for each in left)
    assert not any(files.iterdir())
    assert not queue.watchers
