"""The runs that are open: how they stand, what can be done with them, and their figures."""

import logging
import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import panel as pn

from egop.lab.run_row_format import row_of
from egop.lab.run_rows import Act, RunRows
from egop.runs.ownership import Visitor
from egop.runs.run_info import RunInfo
from egop.ui.background import SETTLE
from egop.ui.document import current_page
from egop.ui.fields import Fields, button, place
from egop.ui.layout import GROWING

_TITLE = "h2 { font: 600 18px/1.3 system-ui, sans-serif; margin: 0; overflow-wrap: anywhere; }"
LOADING = "Loading the figures …"
FIRST = f"{LOADING} Only the first opening since the server's start takes this long."
STARTING = "A worker is being started, as at every first start: the first points take about 8 s."
ODD = "This result is not as egop writes it, so it cannot be shown; its numbers can be downloaded."
_LOG = logging.getLogger(__name__)
_WAITING = "p { font: 14px/1.5 system-ui, sans-serif; margin: 24px 4px; opacity: 0.85; }"


class RunDetail(pn.viewable.Viewer):
    """One run, or several that are compared.

    Args:
        act: called with what is pressed, and with "close".

    Attributes:
        names: of the open runs.
        watch: their figures, `egop.lab.views.dashboard.Dashboard`; None until `take`.
        visitor: who sees them.
    """

    def __init__(self, act: Act):
        super().__init__()
        self._act = act
        self.dashboard: Any = None
        self.visitor = Visitor()
        self._built_at = 0.0
        self._dark = False
        self._drawn: tuple[tuple[str, int], ...] = ()
        self._loading = LOADING
        self._told = self._refused = ""
        self.names: tuple[str, ...] = ()
        self.fields = Fields([place("runs")], {}, lambda name, value: None)
        self._title = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=(6, 10), stylesheets=[_TITLE]
        )
        self._waiting = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[_WAITING]
        )
        self.back = Fields(
            [button("back")], {"back": "All runs"}, lambda name, value: act("close", "", ""),
            sizing_mode="fixed", width=90, margin=(4, 0),
        )  # fmt: skip
        self.list = RunRows(
            title="Open runs", checks=False, opens=False, sizing_mode="stretch_width",
            margin=(2, 0, 6, 0),
        )  # fmt: skip
        self.list.on_act(act)
        self._figures = pn.Column(sizing_mode="stretch_width", margin=0)
        self._view = pn.Column(
            pn.Row(self.back, self._title, sizing_mode="stretch_width", margin=0),
            self.list,
            self.fields,
            self._waiting,
            self._figures,
            sizing_mode="stretch_width",
            stylesheets=[GROWING],
            margin=0,
        )

    def __panel__(self):
        return self._view

    def open(self, names: Sequence[str], first: bool = False) -> None:
        """Shows other runs; their figures come with `show`.

        Args:
            names: of the runs.
            first: whether nobody has opened any since the server's start.
        """
        self.names = tuple(names)
        self._loading = FIRST if first else LOADING
        self._told = self._refused = ""
        self.say("")
        self._wait(self._loading if names else "")
        self._title.object = ""
        self.list.rows = []
        self._figures[:], self._drawn = [], ()

    def say(self, sentence: str, kind: str = "error") -> None:
        """A sentence above the figures; "" takes it away."""
        self.fields.say("runs", sentence, kind)

    @property
    def sentence(self) -> str:
        """What is said above the figures."""
        return self.fields.sentence("runs")

    def take(self, watch: Any) -> None:
        """Draws into these figures from now on."""
        self.dashboard = watch
        watch.set_dark(self._dark)

    def refuse(self, sentence: str) -> None:
        """Says why there will be no figures."""
        self._refused = sentence
        self._tell(sentence)
        self._wait("")

    def set_dark(self, dark: bool) -> None:
        """Draws the figures in the colors of the dark or the light theme."""
        self._dark = dark
        if self.dashboard is not None:
            self.dashboard.set_dark(dark)

    def show(
        self,
        entries: Mapping[str, RunInfo],
        positions: Mapping[str, int],
        datasets: Mapping[str, Any],
        ready: bool = True,
        troubles: Mapping[str, str] | None = None,
    ) -> None:
        """Shows how the open runs stand, and what is known of them.

        Args:
            entries: of the archive, by name.
            positions: by name, the place in the line.
            datasets: by name, from `egop.experiments.partial_results.read`; None: nothing yet.
            ready: whether a worker starts at once.
            troubles: by name, why a result cannot be read.
        """
        troubles = troubles or {}
        there = [entries[name] for name in self.names if name in entries]
        gone = [name for name in self.names if name not in entries]
        self._title.object = f"<h2>{escape(heading(there))}</h2>" if there else ""
        rows = [
            row_of(
                entry,
                positions.get(entry.name),
                changeable=self.visitor.may_change(entry.owner),
            )
            for entry in there
        ]
        if rows != self.list.rows:
            self.list.rows = rows
        watched = [
            (each, datasets[each.name]) for each in there if datasets.get(each.name) is not None
        ]
        if not there and len(self._figures):
            self._figures[:], self._drawn = [], ()
        self._draw(watched)
        missed = (
            f"There is no run {gone[0]!r:.90} here any more; it may be deleted." if gone else ""
        )
        self._tell(next(iter(troubles.values()), missed or self._refused))
        coming = [entry for entry in there if entry.name not in troubles]
        self._wait(self._awaited(coming, bool(watched), ready))

    def _tell(self, sentence: str) -> None:
        """Says what is wrong with the open runs; it goes away with its reason."""
        if sentence != self._told:
            self._told = sentence
            self.say(sentence)

    def _wait(self, words: str) -> None:
        """Says where the figures will stand what they wait for; "" is nothing."""
        self._waiting.object = f'<p role="status">{escape(words)}</p>' if words else ""
        self._waiting.visible = bool(words)

    def _awaited(self, coming: Sequence[RunInfo], known: bool, ready: bool) -> str:
        """What the figures wait for, once it is known of any run whether there is something."""
        if not coming or self._refused or len(self._figures):
            return ""
        if known or (coming[0].state == "finished" and self.dashboard is None):
            return self._loading
        return awaited(coming[0], ready)

    def _draw(self, watched: Sequence[tuple[RunInfo, Any]]) -> None:
        keys = tuple((entry.label, id(dataset)) for entry, dataset in watched)
        if not watched or keys == self._drawn or self.dashboard is None:
            return
        if current_page().waits and time.monotonic() < self._built_at:
            return  # while the browser builds figures, it misses changes; the next reading comes
        from egop.figures.labeled_result import LabeledResult

        try:
            self.dashboard.show([LabeledResult(entry.label, dataset) for entry, dataset in watched])
        except ValueError as error:
            self._refused = str(error)
            return
        except Exception as error:  # of a result that others wrote; it is not tried again
            _LOG.warning("A result cannot be shown.", exc_info=error)
            self._refused, self._kept, self._drawn = ODD, watched, keys
            return
        self._refused = ""
        self._kept = watched  # so that no other dataset takes the identity of one of them
        self._drawn = keys
        if not len(self._figures):
            self._figures[:] = [self.dashboard.view]
            self._built_at = time.monotonic() + SETTLE


def heading(entries: Sequence[RunInfo]) -> str:
    """What the open runs are called together."""
    labels = [entry.label for entry in entries]
    if len(labels) <= 2:
        return " and ".join(labels)
    return f"{labels[0]} and {len(labels) - 1} others"


def awaited(entry: RunInfo, ready: bool = True) -> str:
    """Why nothing is drawn yet."""
    sentences = {
        "running": "The first points come in about 3 seconds." if ready else STARTING,
        "queued": "It waits for its turn; the figures come when it runs.",
        "paused": "It was paused before its first point; continue it to see some.",
        "finished": "The result is being read.",
    }
    if not entry.experiment:
        return "This folder is no run, so there is nothing to show."
    return sentences.get(entry.state, "It ended before its first point; continue it to see some.")
