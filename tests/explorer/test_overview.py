"""The verdict that is seen, the one that is spoken, and the figure's text are the same."""

import pytest

from egop.explorer import Explorer
from egop.explorer.tabs import ComparisonResult
from egop.explorer.verdict_inputs import can_be_thorough, verdict_of
from egop.explorer.views import overview
from egop.explorer.views.overview import Overview
from egop.sentences import fill
from egop.ui.figure_text import plain, text_of
from egop.ui.packing import Packet, unpack

SLOW = {"objective": "beale", "n_steps": 2000}
"""A scene whose verdict is compared with small changes of rate and start only afterwards."""


def shown_by(**settings) -> ComparisonResult:
    shown = Explorer(autoplay=False, **settings)._shown
    assert shown is not None
    return shown


def spoken(packet: Packet) -> str:
    return unpack(packet.to_bytes())[0]["words"]


@pytest.fixture
def checks(monkeypatch) -> list:
    """The checks that were begun: their draw and their work, which nobody does by itself."""
    begun = []

    class Later:
        def __init__(self, draw, fail):
            self.draw = draw

        def start(self, work):
            begun.append(lambda: [self.draw(each) for each in work()])

        def cancel(self):
            begun.clear()

    monkeypatch.setattr(overview, "Background", Later)
    return begun


def test_a_corrected_verdict_is_seen_and_spoken_alike(checks):
    shown, sent = shown_by(**SLOW), []
    tab, packet = Overview("test", sent.append), Packet(2000)
    assert not can_be_thorough(shown)
    tab.show(shown, packet)
    first, remark = verdict_of(shown, thorough=False), fill("not checked")
    assert spoken(packet) == f"{first.text} {remark}"
    assert first.headline in plain(tab._sentences.html)
    assert remark in plain(tab._sentences.html)
    checks[0]()
    after = verdict_of(shown)
    assert after.text != first.text  # else this shows nothing
    (correction,) = sent
    assert spoken(correction) == after.text
    assert text_of(tab.values.figure).tags[1] == after.text
    seen = plain(tab._sentences.html)
    assert all(each in seen for each in (after.headline, *(m.sentence for m in after.methods)))
    assert remark not in seen


def test_a_correction_that_comes_at_once_goes_with_its_update():
    shown, sent = shown_by(**SLOW), []
    packet = Packet(2000)
    Overview("test", sent.append).show(shown, packet)
    assert spoken(packet) == verdict_of(shown).text
    assert sent == []


def test_other_tabs_do_not_speak_an_earlier_verdict(monkeypatch):
    explorer, packets = Explorer(autoplay=False), []
    monkeypatch.setattr(explorer._channel, "send", packets.append)
    explorer.tab = "dial"
    explorer.scene.n_steps = 77
    explorer.updates.update()
    assert spoken(packets[-1]) == ""
