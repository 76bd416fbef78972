"""The tab "Map": how a method ends at each basis angle and rate, or at each pair of rates."""

from html import escape
from math import log10
from typing import Any

import numpy as np
import panel as pn

from egop import theme
from egop.analysis.maps import spread_rates
from egop.explorer.tab_work import TabWork, dim_pictures
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.heat import KEY
from egop.explorer.views.map_angles import AngleCells
from egop.explorer.views.map_rates import RateCells
from egop.explorer.views.method_sentences import SENTENCES
from egop.theme import count_words, label
from egop.ui.fields import Fields, button, choice, side_by_side, switch
from egop.ui.figure_text import describe, make_readable
from egop.ui.layout import column, row, text_pane
from egop.ui.messages import alert, status
from egop.ui.packing import Packet

KEPT = 8
"""Finished maps that are kept, so that one comes back at once."""
DECADES = 2.0
"""The rates of a map span so many decades on either side of the scene's power of ten."""
ANGLES, RATES = "Angle × rate", "Rate × rate"
ONLY_IN_TWO = "A map over angles takes two variables; choose rate × rate instead."
NO_METHOD = "Choose a method among the controls to map its ends."
HINT = "Tap a cell to load its run."
KEY_STYLE = (
    SENTENCES
    + """
.key { display: flex; flex-wrap: wrap; gap: 2px 12px; margin: 0 0 4px; opacity: 0.9; }
.key span { display: inline-flex; align-items: center; gap: 5px; }
.key i { width: 13px; height: 11px; border-radius: 2px; }
.key .gone { background: repeating-linear-gradient(-45deg, var(--gone) 0 1px, #b4b8be 1px 4px); }
.key .low { background: var(--low); } .key .rotated { background: var(--rotated); }
.key .original { background: var(--original); }
.key .run { width: 9px; height: 9px; border-radius: 50%; background: var(--run); }
.key .start { width: 7px; height: 7px; border-radius: 50%; border: 2px solid var(--run); }
.key .egop { width: 0; border-left: 2px dashed currentColor; border-radius: 0; }
"""
)


class MapTab:
    """One heat map of one method, coarse first; it is computed while the tab is open."""

    title = "Map"

    def __init__(self):
        self._shown: ComparisonResult | None = None
        self._span = RateSpan()
        self._kinds: dict[str, AngleCells | RateCells] = {
            ANGLES: AngleCells(self._tap),
            RATES: RateCells(self._tap),
        }
        self._work: TabWork[Any] = TabWork(
            lambda result: self._kind.draw(result, self._shown),
            self._say,
            self._share_of,
            kept=KEPT,
        )
        for name, kind in self._kinds.items():
            make_readable(kind.heat.figure, f"Heat map, {name}")
        self._panes = {
            name: pn.pane.Bokeh(kind.heat.figure, sizing_mode="stretch_both", margin=0)
            for name, kind in self._kinds.items()
        }
        self._pane = column(self._panes[ANGLES], narrow="300px")
        rows = [
            switch("kind", "Axes of the map", [ANGLES, RATES]),
            side_by_side(choice("method", "Method of the map", {}), button("stop")),
        ]
        self.fields = Fields(rows, {"kind": ANGLES, "method": "", "stop": ""}, self._set)
        self.status = text_pane(KEY_STYLE, "stretch_width")
        self.message = text_pane(KEY_STYLE)
        side = column(self.fields, self.status, self.message)
        self.view = row(self._pane, side, columns="minmax(0, 2.1fr) minmax(0, 1fr)")

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Marks the runs at once; the map follows when what it depends on has changed."""
        self._shown = shown
        options = {label(name): name for name in shown.methods}
        kept = self._method if self._method in shown.methods else next(iter(shown.methods), "")
        self.fields.show(**{"method": kept, "method:options": options})
        self._ask()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._work.leave()

    @property
    def _kind(self) -> Any:
        return self._kinds[self.fields.values["kind"]]

    @property
    def _method(self) -> str:
        return self.fields.values["method"]

    def _set(self, name: str, value: Any) -> None:
        if name == "stop":
            self._work.begin() if self._work.state == "stopped" else self._work.stop()
            return
        if name == "kind":
            self._work.result = None  # what was drawn is in the other figure
            self._pane[:] = [self._panes[value]]
        self.fields.show(**{name: value})
        self._ask()

    def _ask(self) -> None:
        """Follows the scene: markers and words always, the map where it must change."""
        shown, method, kind = self._shown, self._method, self._kind
        if shown is None:
            return
        refused = alert(ONLY_IN_TWO) if kind.of_angles and shown.objective.dim != 2 else ""
        if not shown.methods:
            refused = status(NO_METHOD)
        if refused:
            kind.heat.clear()
            self._work.refuse(refused)
            return
        chosen = shown.methods[method], shown.rotated_methods[method]
        kind.mark(shown, method, *(log10(max(float(m.learning_rate), 1e-300)) for m in chosen))
        rates = self._span.around(shown, method)
        basis = () if kind.of_angles else (shown.basis.eigenvectors.tobytes(),)
        key = kind.of_angles, method, chosen[0].hyperparameters, *shown.key, rates.tobytes()
        self._work.ask((*key, *basis), lambda: kind.sweep(shown, chosen[0], rates))

    def _say(self) -> None:
        work, shown, kind = self._work, self._shown, self._kind
        dim_pictures(self.view, work)
        done = count_words(work.result.final_values.size, "run") if work.state == "done" else ""
        self.status.object = f"<span>{work.progress or done}</span>"
        stop = {"stopped": "Go on", "stale": "Stop", "partial": "Stop"}
        self.fields.show(stop=stop.get(work.state, ""))
        text = key_of(kind.key, theme.color(self._method))
        if work.is_current and shown is not None:
            found = kind.sentence(work.result, shown)
            text += status(f"{found} {HINT}")
            describe(kind.heat.figure, found)
        self.message.object = work.message or text

    def _share_of(self, result: Any) -> float:
        return self._kind.share_of(result)

    def _tap(self, x: float, y: float) -> None:
        if self._work.result is not None and self._shown is not None:
            self._kind.load(self._work.result, self._shown, x, y)


def key_of(entries: dict[str, str], color: str) -> str:
    """The legend of colors and marks, as HTML."""
    spans = "".join(
        f'<span><i class="{name}"></i>{escape(text)}</span>' for name, text in entries.items()
    )
    colors = "; ".join(f"--{name}: {each}" for name, each in {**KEY, "run": color}.items())
    return f'<div class="key" style="{colors}">{spans}</div>'


class RateSpan:
    """The rates of each method's map: they stay while the scene's rate is among them."""

    def __init__(self):
        self._objective: object = None
        self._spans: dict[str, np.ndarray] = {}

    def around(self, shown: ComparisonResult, method: str) -> np.ndarray:
        """(L,) rates for a method of the comparison."""
        if shown.objective is not self._objective:
            self._objective, self._spans = shown.objective, {}
        rate = float(shown.methods[method].learning_rate) or 1.0
        known = self._spans.get(method)
        if known is None or not known[0] <= rate <= known[-1]:
            self._spans[method] = spread_rates(10.0 ** np.round(np.log10(rate)), DECADES)
        return self._spans[method]
