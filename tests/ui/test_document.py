"""The way back to a document: on a served page, in a notebook, in a script."""

import ast
import asyncio
import gc
import threading
import time
import weakref
from pathlib import Path

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource
from panel.io.document import MockSessionContext
from panel.io.state import set_curdoc
from pyviz_comms import Comm

import egop
from egop.explorer import Explorer
from egop.ui.document import Page, current_page, hold
from egop.ui.fields import Fields

SOURCES = Path(egop.__file__).parent
RESERVED = {
    "add_next_tick_callback",
    "add_timeout_callback",
    "add_periodic_callback",
    "call_soon_threadsafe",
    "call_later",
    "on_session_destroyed",
    "hold",
    "unhold",
}
"""Calls that one module alone may make: elsewhere they would not work in a notebook."""


class Cell(Comm):
    """Stands for what a notebook cell shows: keeps what is sent to it."""

    def __init__(self):
        super().__init__()
        self._comm = self
        self.sent = []

    def send(self, data=None, metadata=None, buffers=()):
        self.sent.append(data)

    def heard(self, words: str) -> bool:
        return any(words in str(each) for each in self.sent)


def displayed(viewable) -> tuple[Document, Cell]:
    """A document without a session and its cell, as Panel makes them for a notebook."""
    document, cell = Document(), Cell()
    root = pn.panel(viewable).get_root(document, cell)
    document.add_root(root)
    document.hold()
    return document, cell


def in_time(holds, seconds=10.0):
    async def wait():
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen"
            await asyncio.sleep(0.01)

    return wait()


def test_in_a_script_everything_happens_at_once():
    seen = []
    page = current_page()
    page.call(lambda: seen.append(1))
    page.call(lambda: seen.append(2), after=5.0)
    assert seen == [1, 2]
    assert not page.waits


@pytest.mark.parametrize("after", [0.0, 0.01])
def test_in_a_notebook_the_loop_calls_with_the_document(after):
    document, seen = Document(), []

    def note():
        seen.append((pn.state.curdoc, threading.current_thread()))

    async def cell():
        with set_curdoc(document):
            page = current_page()
        thread = threading.Thread(target=lambda: page.call(note, after=after))
        thread.start()
        await in_time(lambda: seen)
        thread.join()

    asyncio.run(cell())
    assert seen == [(document, threading.main_thread())]


def test_on_a_served_page_bokehs_callbacks_are_used():
    document = Document()
    context = MockSessionContext(document=document)
    document._session_context = lambda: context

    async def visit():
        with set_curdoc(document):
            page = current_page()
        thread = threading.Thread(target=lambda: page.call(print))
        thread.start()
        await in_time(lambda: document.session_callbacks)
        thread.join()
        page.call(print, after=2.0)
        assert len(document.session_callbacks) == 2

    asyncio.run(visit())


def test_a_closed_page_is_left_alone():
    document, session = Document(), object()
    document.callbacks.on_change_dispatch_to(session)

    async def close_and_call() -> None:
        page = Page(document, asyncio.get_running_loop(), served=True)
        document.destroy(session)
        page.call(lambda: pytest.fail("called on a closed page"))
        await asyncio.sleep(0.01)

    troubles: list[dict] = []
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(lambda loop, context: troubles.append(context))
        runner.run(close_and_call())
    assert troubles == []


def test_what_changes_together_reaches_the_cell():
    source = ColumnDataSource(data={"x": [1.0]})
    figure = pn.pane.HTML("before")
    document, cell = displayed(figure)
    document.add_root(source)
    with set_curdoc(document), hold():
        source.data = {"x": [7.25]}
        assert not cell.heard("7.25")
    assert cell.heard("7.25")


@pytest.mark.filterwarnings("ignore")
def test_a_change_in_a_notebook_is_drawn():
    explorer = Explorer(n_steps=30)
    document, cell = displayed(explorer)

    async def drag():
        with set_curdoc(document):
            explorer.scene.scale = 3.0
        await in_time(lambda: cell.heard("packet"))

    asyncio.run(drag())
    assert not explorer.updates._waiting


@pytest.mark.filterwarnings("ignore")
def test_each_display_of_an_explorer_is_whole_and_shows_every_change():
    explorer = Explorer(n_steps=30)
    displays = [displayed(explorer), displayed(pn.Row(explorer))]
    for document, _ in displays:
        images = [m for m in document.models if (m.name or "").endswith(":left-image")]
        assert [len(image.data["image"]) for image in images] == [1]

    async def drag():
        with set_curdoc(displays[0][0]):
            explorer.scene.scale = 3.0
        await in_time(lambda: all(cell.heard("packet") for _, cell in displays))

    asyncio.run(drag())


@pytest.mark.filterwarnings("ignore")
def test_people_who_are_served_one_explorer_have_scenes_of_their_own():
    explorer = Explorer(n_steps=30, scale=1.5)
    pages = []
    for _ in range(2):
        document = Document()
        context = MockSessionContext(document=document)
        document._session_context = lambda context=context: context
        with set_curdoc(document):
            pages.append(pn.panel(explorer))
    explorer.scene.scale = 3.0
    first, second = ([each.values.get("scale") for each in page.select(Fields)] for page in pages)
    assert 3.0 in first
    assert 1.5 in second
    assert 3.0 not in second


@pytest.mark.filterwarnings("ignore")
def test_a_display_that_is_gone_is_forgotten():
    explorer = Explorer(n_steps=30)
    pn.panel(explorer)
    gone = weakref.ref(explorer._another())
    gc.collect()
    assert gone() is None
    explorer.scene.scale = 3.0  # asks no display that is gone


WATCHDOG = SOURCES / "page" / "watchdog.py"
"""Asks the event loop whether it answers, and changes no document."""


def test_no_other_module_calls_bokehs_callbacks():
    found = [
        f"{path.relative_to(SOURCES)}:{node.lineno} {node.func.attr}"
        for path in SOURCES.rglob("*.py")
        if path not in (SOURCES / "ui" / "document.py", WATCHDOG)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in RESERVED
    ]
    assert not found
