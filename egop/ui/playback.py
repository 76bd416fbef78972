"""The playback bar: a component whose clock runs in the browser."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import param
from bokeh.models import ColumnDataSource, CustomJS
from bokeh.plotting import figure

from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.document import current_page
from egop.ui.packing import MOST_STEPS, WIDE, Packet

STYLE = """
:host { display: block; width: 100%; position: sticky; bottom: 0; z-index: 4;
  background: var(--panel-surface-color, #fff); --ink: var(--panel-on-background-color, #1c2430); }
@media (max-width: 900px) { :host { position: fixed !important; left: 0; right: 0; bottom: 0;
  z-index: 5; padding: 0 8px; box-sizing: border-box; background: var(--panel-surface-color, #fff);
  border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); } }
.bar { display: flex; align-items: center; gap: 2px; height: 44px; color: var(--ink);
       font: 13px system-ui, sans-serif; }
.bar button { display: inline-flex; align-items: center; justify-content: center; min-width: 34px;
  height: 34px; border: 0; border-radius: 17px; background: none; color: inherit; cursor: pointer; }
.bar button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
.bar button:focus-visible, .bar input:focus-visible { outline: 2px solid #2b7fc4;
  outline-offset: 2px; }
.bar button.main { background: #2b5f9e; color: #fff; margin: 0 4px; }
.bar button.speed { font: inherit; padding: 0 8px; min-width: 48px; }
.track { position: relative; flex: 1; min-width: 60px; margin: 0 12px; }
.bar input { display: block; width: 100%; margin: 0; accent-color: #2b7fc4; height: 24px; }
.marks { position: absolute; inset: 0 8px; pointer-events: none; }
.marks i { position: absolute; left: calc(100% * var(--at)); bottom: -5px; width: 4px; height: 7px;
  margin-left: -2px; border-radius: 2px; pointer-events: auto; }
.bar output { min-width: 116px; text-align: right; font-variant-numeric: tabular-nums; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (max-width: 700px) { .bar output { min-width: 88px; font-size: 12px; white-space: nowrap; }
  .bar button { min-width: 30px; } .track { margin: 0 6px; } }
"""


class Playback(Component):
    """Play, pause, step, scrub and speed; `step` comes back when playing ends, never before."""

    _esm: Any = bundle(Path(__file__).with_name("playback.js"))
    _stylesheets: ClassVar[list[str]] = [STYLE]
    _told: ClassVar[tuple[str, ...]] = ("step", "narrow", "dark", "wide", "drawn")
    _debounce: ClassVar[int] = 0  # the next update waits for the word that this one was drawn
    _busy__ignore: ClassVar[list[str]] = ["drawn", "step"]

    prefix: Any = param.String(doc="Names of this scene's sources begin with it.")
    step: Any = param.Integer(default=0, bounds=(0, MOST_STEPS))
    autoplay: Any = param.Boolean(default=True, doc="Play once when the page opens.")
    narrow: Any = param.Boolean(default=False, doc="Whether the page opened on a phone.")
    dark: Any = param.Boolean(default=False, doc="Whether the visitor's system prefers dark.")
    wide: Any = param.Number(
        default=WIDE, bounds=(0.01, 100.0), doc="Ratio of the sides of the widest figure so far."
    )
    drawn: Any = param.Integer(
        default=0, bounds=(0, None), doc="Number of the last packet that the browser drew."
    )


class Channel:
    """The one source whose column of bytes reaches the browser.

    An update waits until the browser has drawn the last packet: of many changes the newest wins,
    and a browser slower than a drag does not draw each change later than the one before.
    """

    PATIENCE = 1.0
    """Seconds after which a packet counts as drawn: a hidden page draws nothing."""

    def __init__(self, prefix: str, anchor: figure):
        self._source = ColumnDataSource(
            data={"packet": np.zeros(0, dtype=np.uint8)}, name=f"{prefix}:packet"
        )
        # A source that no glyph shows is part of the document through a callback's arguments.
        anchor.js_on_event("reset", CustomJS(args={"packet": self._source}, code=""))
        self._number = self._drawn = 0
        self._sent = -self.PATIENCE
        self._next: Callable[[], None] | None = None

    def send(self, packet: Packet) -> None:
        """Sends a packet; the browser draws it."""
        self._number += 1
        self._sent = time.monotonic()
        packet.say(number=self._number)
        self._source.data = {"packet": packet.to_bytes()}

    def confirm(self, number: int) -> None:
        """The browser has drawn a packet."""
        self._drawn = number
        self._go_on()

    def when_drawn(self, action: Callable[[], None]) -> None:
        """Acts at once, or as soon as the last packet was drawn."""
        left = self._sent + self.PATIENCE - time.monotonic()
        page = current_page()
        if self._drawn >= self._number or left <= 0 or not page.waits:
            action()
            return
        if self._next is None:
            page.call(self._go_on, after=left)
        self._next = action

    def _go_on(self) -> None:
        action, self._next = self._next, None
        if action is not None:
            action()
