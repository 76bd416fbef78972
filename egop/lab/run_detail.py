"""The runs that are open: how they stand, what can be done with them, and their figures."""

import logging
import time
from collections.abc import Sequence
from html import escape
from typing import Any

import panel as pn

from egop.figures.labeled_result import LabeledResult
from egop.lab.run_row_format import row_of
from egop.lab.run_rows import Act, RunRows
from egop.lab.snapshot import Snapshot
from egop.runs.ownership import Visitor
from egop.runs.run_info import RunInfo
from egop.ui.background import SETTLE
from egop.ui.document import current_page
from egop.ui.fields import Fields, button, slot
from egop.ui.layout import GROWING, WIDE
from egop.ui.messages import status

LOADING = "Loading the figures …"
FIRST = f"{LOADING} Only the first opening since the server's start takes this long."
STARTING = "A worker is being started, as at every first start: the first points take about 8 s."
ODD = "This result is not as egop writes it, so it cannot be shown; its numbers can be downloaded."
_LOG = logging.getLogger(__name__)
_TITLE = "h2 { font: 600 18px/1.3 system-ui, sans-serif; margin: 0; overflow-wrap: anywhere; }"
_SPOKEN = "h2 { position: absolute; clip-path: inset(50%); }"
"""Hides the title where the one row below it says the same, but for screen readers."""
_WAITING = "p { font: 14px/1.5 system-ui, sans-serif; margin: 24px 4px; opacity: 0.85; }"


class RunDetail(pn.viewable.Viewer):
    """One run, or several that are compared.

    Args:
        act: called with what is pressed, and with "close".

    Attributes:
        names: of the open runs.
        dashboard: their figures, `egop.lab.views.dashboard.Dashboard`; None until `set_dashboard`.
    """

    def __init__(self, act: Act):
        super().__init__()
        self.dashboard: Any = None
        self.names: tuple[str, ...] = ()
        self._dark = False
        self._loading = LOADING
        self._failure = ""
        self._drawn: list[LabeledResult] = []
        self._built_at = 0.0
        self.title = pn.pane.HTML("", stylesheets=[_TITLE], **WIDE | {"margin": (6, 10)})
        self.waiting = pn.pane.HTML("", visible=False, stylesheets=[_WAITING], **WIDE)
        small = {"sizing_mode": "fixed", "width": 90, "margin": (4, 0)}
        back = {"back": "All runs"}
        self.back = Fields([button("back")], back, lambda *_: act("close", "", ""), **small)
        layout = WIDE | {"margin": (2, 0, 6, 0)}
        self.list = RunRows(title="Open runs", opens=False, **layout)
        self.list.on_act(act)
        self._fields = Fields([slot("error")], {}, lambda name, value: None)
        self.figures = pn.Column(**WIDE)
        head = pn.Row(self.back, self.title, **WIDE)
        parts = head, self.list, self._fields, self.waiting, self.figures
        self._view = pn.Column(*parts, stylesheets=[GROWING], **WIDE)

    def __panel__(self):
        return self._view

    @property
    def error(self) -> str:
        """The sentence above the figures about what cannot be shown; "" for nothing."""
        return self._fields.sentence("error")

    def open(self, names: Sequence[str], first: bool = False) -> None:
        """Takes other runs; `show` replaces what stands there, and `clear` takes it away.

        Args:
            names: of the runs.
            first: True if nobody has opened any since the server's start.
        """
        self.names = tuple(names)
        self._loading = FIRST if first else LOADING
        self._failure, self._drawn = "", []

    def clear(self) -> None:
        """Shows nothing of the open runs yet."""
        self._fields.say("error", "")
        self._wait(self._loading if self.names else "")
        self.title.object = ""
        self.list.rows = []
        self.figures[:] = []

    def set_dashboard(self, dashboard: Any) -> None:
        """Draws into these figures from now on."""
        self.dashboard = dashboard
        dashboard.set_dark(self._dark)

    def fail(self, sentence: str) -> None:
        """Says why there will be no figures."""
        self._failure = sentence
        self._fields.say("error", sentence)
        self._wait("")

    def set_dark(self, dark: bool) -> None:
        """Draws the figures in the colors of the dark or the light theme."""
        self._dark = dark
        if self.dashboard is not None:
            self.dashboard.set_dark(dark)

    def show(self, snapshot: Snapshot, visitor: Visitor) -> None:
        """Shows how the open runs stand, and what is known of them.

        Args:
            snapshot: as they are now.
            visitor: who sees them.
        """
        known = {entry.name: entry for entry in snapshot.entries}
        found = [known[name] for name in self.names if name in known]
        self.title.object = f"<h2>{escape(heading(found))}</h2>" if found else ""
        self.title.stylesheets = [_TITLE, _SPOKEN] if len(found) == 1 else [_TITLE]
        self.list.rows = [
            row_of(each, snapshot.positions.get(each.name), visitor=visitor) for each in found
        ]
        results = [snapshot.results.get(each.name) for each in found]
        measured = [each for each in results if each is not None]
        if not measured and len(self.figures):
            self.figures[:], self._drawn = [], []
        self._draw(measured)
        missing = [name for name in self.names if name not in known]
        self._fields.say("error", self._problem(snapshot, missing))
        coming = [each for each in found if each.name not in snapshot.errors]
        self._wait(self._awaited(coming, bool(measured), snapshot.ready))

    def _problem(self, snapshot: Snapshot, missing: Sequence[str]) -> str:
        """Says what is wrong with the open runs, if anything is."""
        if snapshot.errors:
            return next(iter(snapshot.errors.values()))
        if missing:
            return f"There is no run {missing[0]!r:.90} here any more; it may be deleted."
        return self._failure

    def _wait(self, sentence: str) -> None:
        """Says where the figures will stand what they wait for; "" is nothing."""
        self.waiting.object = status(sentence) if sentence else ""
        self.waiting.visible = bool(sentence)

    def _awaited(self, coming: Sequence[RunInfo], known: bool, ready: bool) -> str:
        """Returns what the figures wait for; "" once they are there."""
        if not coming or self._failure or len(self.figures):
            return ""
        if known or (coming[0].state == "finished" and self.dashboard is None):
            return self._loading
        return awaited(coming[0], ready)

    def _draw(self, runs: list[LabeledResult]) -> None:
        """Draws the runs, unless they are drawn already or could not be."""
        if not runs or self.dashboard is None or runs == self._drawn:
            return
        if current_page().waits and time.monotonic() < self._built_at:
            return  # while the browser builds figures, it misses changes; the next reading comes
        self._drawn, self._failure = runs, ""
        try:
            self.dashboard.show(runs)
        except ValueError as error:
            self._failure = str(error)
        except Exception as error:  # of a result that others wrote
            _LOG.warning("A result cannot be shown.", exc_info=error)
            self._failure = ODD
        else:
            if not len(self.figures):
                self.figures[:] = [self.dashboard.view]
                self._built_at = time.monotonic() + SETTLE


def heading(entries: Sequence[RunInfo]) -> str:
    """The labels of the open runs in one title."""
    labels = [entry.label for entry in entries]
    if len(labels) <= 2:
        return " and ".join(labels)
    return f"{labels[0]} and {len(labels) - 1} others"


def awaited(entry: RunInfo, ready: bool = True) -> str:
    """The reason that nothing is drawn yet."""
    sentences = {
        "running": "The first points come in about 3 seconds." if ready else STARTING,
        "queued": "It waits for its turn; the figures come when it runs.",
        "paused": "It was paused before its first point; continue it to see some.",
        "finished": "The result is being read.",
    }
    if not entry.experiment:
        return "This folder is no run, so there is nothing to show."
    return sentences.get(entry.state, "It ended before its first point; continue it to see some.")
