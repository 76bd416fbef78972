"""The form of native inputs: what it shows, what it tells, and at once."""

from types import SimpleNamespace

import pytest
from bokeh.document import Document
from panel.models.esm import DataEvent

from egop.ui.fields import Fields, button, check, fold, slider, slot
from egop.ui.playback import Playback

ROWS = [
    slider("width", "Width", 0, 1, 0.1),
    fold("More", check("wide", "Wide"), button("go")),
    slot("width"),
]


@pytest.fixture
def told() -> list:
    return []


@pytest.fixture
def fields(told: list) -> Fields:
    return Fields(ROWS, {"width": 0.5, "go": "Go"}, lambda *change: told.append(change))


@pytest.fixture
def document() -> Document:
    """A document that counts as a visitor's."""
    made = Document()
    made._session_context = lambda: SimpleNamespace(session=None, server_context=None)  # pyright: ignore
    return made


def test_what_the_browser_sends_is_told_at_once(fields: Fields, told: list, document: Document):
    model = fields.get_root(document)
    event = DataEvent(model, {"name": "width", "value": 0.25})
    fields._process_event(event)
    assert told == [("width", 0.25)]
    assert document.session_callbacks == []


def test_a_button_tells_its_name(fields: Fields, told: list):
    fields.set("go")
    assert told == [("go", None)]


def test_values_that_are_shown_stand_beside_the_others(fields: Fields):
    fields.show(wide=True)
    assert fields.values == {"width": 0.5, "go": "Go", "wide": True}
    before = fields.values
    fields.show(wide=True)
    assert fields.values is before  # nothing to be sent


def test_sentences_come_and_go(fields: Fields):
    fields.say("width", "No.")
    assert fields.messages == {"width": ["error", "No."]}
    assert fields.sentence("width") == "No."
    fields.say("width", "")
    assert fields.sentence("width") == ""
    assert fields.sentence("elsewhere") == ""


def test_the_word_that_a_packet_was_drawn_waits_for_no_other(document: Document):
    Playback().get_root(document).data.drawn = 3
    assert [callback.timeout for callback in document.session_callbacks] == [0]  # pyright: ignore
