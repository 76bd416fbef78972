"""The server takes up what a visitor changes at once, and takes it up once."""

from types import SimpleNamespace

import pytest
from bokeh.document import Document

from egop.explorer.playback import Playback
from egop.explorer.state import Scene
from egop.explorer.views import widgets

SCENE = Scene()
MADE = {
    "slider": (lambda: widgets.slider(SCENE, "tilt", -90, 90, 1), "value", 12.0),
    "log slider": (lambda: widgets.log_slider(SCENE, "scale", -2, 3), "value", 0.5),
    "choice": (
        lambda: widgets.choice(SCENE, "basis", options=["egop", "original"]),
        "value",
        "original",
    ),
    "point": (lambda: widgets.point(SCENE, "start", widgets.Message()), "value", "1, 2"),
    "playback": (Playback, "drawn", 3),
}


@pytest.fixture
def document() -> Document:
    """A document that counts as a visitor's."""
    made = Document()
    made._session_context = lambda: SimpleNamespace(session=None, server_context=None)  # pyright: ignore
    return made


@pytest.mark.parametrize("name", MADE)
def test_a_change_waits_for_no_other(document: Document, name: str):
    make, attribute, value = MADE[name]
    setattr(make().get_root(document).data, attribute, value)
    assert [callback.timeout for callback in document.session_callbacks] == [0]  # pyright: ignore


def test_a_slider_that_is_let_go_is_not_read_again(document: Document):
    made = widgets.slider(SCENE, "tilt", -90, 90, 1)
    made.get_root(document).data.value_throttled = 12.0
    assert document.session_callbacks == []
