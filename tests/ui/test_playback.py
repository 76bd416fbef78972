"""The channel to the browser: of many changes, the newest is drawn."""

from collections.abc import Callable

import panel as pn
import pytest
from bokeh.plotting import figure

from egop.ui.packing import Packet, unpack
from egop.ui.playback import Channel


class Page:
    """Stands for a document: keeps what is due later."""

    session_context = object()
    roots = ()

    def __init__(self):
        self.later: list[Callable] = []

    def add_timeout_callback(self, call: Callable, milliseconds: int) -> None:
        self.later.append(call)


@pytest.fixture
def channel(monkeypatch) -> Channel:
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda self: page))
    page = Page()
    made = Channel("egop", figure())
    monkeypatch.setattr(made, "page", page, raising=False)
    return made


def test_changes_wait_for_the_drawing_and_the_newest_wins(channel: Channel):
    done: list[str] = []
    channel.when_drawn(lambda: done.append("first"))
    channel.send(Packet(1))
    for name in ("second", "third", "fourth"):
        channel.when_drawn(lambda name=name: done.append(name))
    assert done == ["first"]
    channel.confirm(1)
    assert done == ["first", "fourth"]


def test_a_page_that_does_not_draw_is_not_waited_for_long(channel: Channel):
    done: list[str] = []
    channel.send(Packet(1))
    channel.when_drawn(lambda: done.append("hidden"))
    assert done == []
    (patience,) = channel.page.later
    patience()
    patience()
    assert done == ["hidden"]


def test_packets_are_numbered(channel: Channel):
    for number in (1, 2):
        channel.send(Packet(1))
        header, _ = unpack(channel._source.data["packet"])
        assert header["number"] == number
