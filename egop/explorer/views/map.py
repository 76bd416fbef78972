"""The map: how a method ends at each basis angle and rate, or at each pair of rates."""

from typing import Any

import numpy as np
import panel as pn

from egop import theme
from egop.analysis.maps import AngleRateMap, RateRateMap
from egop.explorer.basis_angle import on_dial, turn_to
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.heat import Heat
from egop.explorer.views.map_cells import angle_cells, rate_cells
from egop.explorer.views.map_words import (
    ANGLE_KEY,
    HINT,
    KEY_STYLE,
    RATE_KEY,
    angle_sentence,
    key,
    progress,
    rate_sentence,
)
from egop.explorer.views.map_work import (
    ANGLES,
    RATES,
    Map,
    RateSpan,
    depends_on,
    is_ready,
    work_of,
)
from egop.sentences import as_sentence
from egop.theme import count_words, label
from egop.ui.background import SWEEPS, Background
from egop.ui.fields import Fields, button, choice, side_by_side, switch
from egop.ui.figure_text import describe, make_readable
from egop.ui.layout import column, row, text_pane
from egop.ui.messages import alert, status
from egop.ui.packing import Packet

KEPT = 8
"""Finished maps that are kept, so that one comes back at once."""
ONLY_IN_TWO = "A map over angles takes two variables; choose rate × rate instead."


class MapTab:
    """One heat map of one method, coarse first; it is computed while the tab is open."""

    title = "Map"

    def __init__(self):
        self._shown: ComparisonResult | None = None
        self._map: Map | None = None
        self._key: tuple = ()
        self._kept: dict[tuple, Map] = {}
        self._state = "done"
        self._span = RateSpan()
        self._background: Background[Map] = Background(
            self._receive, self._fail, SWEEPS, self._say_waiting
        )
        angle_names = ("angle of the basis", "rate", "angle", "rate")
        rate_names = ("rate in original coordinates", "rate in the basis", "original", "rotated")
        self._heats = {
            ANGLES: Heat(self._tap_angle, True, angle_names),
            RATES: Heat(self._tap_rates, False, rate_names),
        }
        for kind, heat in self._heats.items():
            make_readable(heat.figure, f"Heat map, {kind}")
        self._panes = {
            kind: pn.pane.Bokeh(heat.figure, sizing_mode="stretch_both", margin=0)
            for kind, heat in self._heats.items()
        }
        self._pane = column(self._panes[ANGLES], narrow="300px")
        self._make_controls()
        side = column(self.fields, self.status, self.message)
        self.view = row(self._pane, side, columns="minmax(0, 2.1fr) minmax(0, 1fr)")

    def _make_controls(self) -> None:
        rows = [
            switch("kind", "Axes of the map", [ANGLES, RATES]),
            side_by_side(choice("method", "Method of the map", {}), button("stop")),
        ]
        self.fields = Fields(rows, {"kind": ANGLES, "method": "", "stop": ""}, self._set)
        self.status = text_pane(KEY_STYLE, "stretch_width")
        self.message = text_pane(KEY_STYLE)

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Marks the runs at once; the map follows when what it depends on has changed."""
        self._shown = shown
        options = {label(name): name for name in shown.methods}
        kept = self._method if self._method in shown.methods else next(iter(shown.methods), "")
        self.fields.show(**{"method": kept, "method:options": options})
        self._again()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._background.cancel()
        if self._state != "done":
            self._key = ()

    @property
    def _kind(self) -> str:
        return self.fields.values["kind"]

    @property
    def _method(self) -> str:
        return self.fields.values["method"]

    def _set(self, name: str, value: Any) -> None:
        if name == "stop":
            self._stop_or_go_on()
            return
        self.fields.show(**{name: value})
        self._pane[:] = [self._panes[self._kind]]
        self._again()

    def _again(self) -> None:
        """Follows the scene: markers and words always, the map where it must change."""
        shown, method = self._shown, self._method
        if shown is None or method not in shown.methods:
            return
        if self._kind == ANGLES and shown.objective.dim != 2:
            self._background.cancel()
            self._key, self._state = (), "done"
            self._heats[ANGLES].mark([], method, None)
            self._tell(ONLY_IN_TWO)
            return
        self._mark(shown, method)
        wanted = depends_on(self._kind, shown, method, self._span.around(shown, method))
        if wanted != self._key:
            self._key = wanted
            self._begin(shown, method)
        else:
            self._say()

    def _begin(self, shown: ComparisonResult, method: str) -> None:
        if self._key in self._kept:
            self._background.cancel()
            self._receive(self._kept[self._key])
        else:
            self._state = "stale"
            self._say()
            rates = self._span.around(shown, method)
            self._background.start(work_of(self._kind, shown, method, rates))

    def _stop_or_go_on(self) -> None:
        shown, method = self._shown, self._method
        if shown is None or method not in shown.methods:
            return
        if self._state == "stopped":
            self._begin(shown, method)
        else:
            self._background.cancel()
            self._state = "stopped"
            self._say()

    def _receive(self, result: Map) -> None:
        if not is_ready(result):  # until then the old picture stays
            return
        self._map = result
        self._state = "done" if result.share == 1 else "refining"
        if result.share == 1:
            self._kept[self._key] = result
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        self._draw(result)
        self._say()

    def _say_waiting(self, sentence: str) -> None:
        """Says that the map is to wait; the picture, and the button that stops it, stay."""
        if self._state != "done":
            self.message.object = status(sentence)

    def _fail(self, sentence: str) -> None:
        self._state = "done"
        self._tell(as_sentence(sentence))

    def _draw(self, result: Map) -> None:
        shown = self._shown
        if shown is None:
            return
        name = label(result.methods[0])
        steps = count_words(len(shown.schedule), "step")
        if isinstance(result, AngleRateMap):
            start_gap = float(shown.yardstick.gap(shown.objective.value(shown.start)))
            what = shown.yardstick.axis_label
            cells = angle_cells(result, shown.yardstick, start_gap)
            self._heats[ANGLES].draw(cells, f"{name}: {what} after {steps}", what)
        else:
            cells = rate_cells(result, shown.yardstick)
            title = f"{name}: original gap ÷ gap in the basis, {steps}"
            self._heats[RATES].draw(cells, title, shown.yardstick.axis_label)

    def _mark(self, shown: ComparisonResult, method: str) -> None:
        rate, rotated = (
            float(np.log10(max(float(methods[method].learning_rate), 1e-300)))
            for methods in (shown.methods, shown.rotated_methods)
        )
        if self._kind == RATES:
            self._heats[RATES].mark([(rate, rotated, True)], method, None)
            return
        runs = [(0.0, rate, False), (on_dial(shown.basis), rotated, True)]
        self._heats[ANGLES].mark(runs, method, on_dial(shown.estimate.basis))

    def _say(self) -> None:
        shown, result = self._shown, self._map
        kind = AngleRateMap if self._kind == ANGLES else RateRateMap
        drawn = isinstance(result, kind)
        self.status.object = f"<span>{progress(self._state, result if drawn else None)}</span>"
        stop = "Go on" if self._state == "stopped" else "Stop"
        self.fields.show(stop="" if self._state == "done" else stop)
        color = theme.color(self._method)
        text = key(ANGLE_KEY if self._kind == ANGLES else RATE_KEY, color)
        if drawn and shown is not None and self._state in {"done", "refining"}:
            found = (
                angle_sentence(result, shown)
                if isinstance(result, AngleRateMap)
                else rate_sentence(result, shown.yardstick)
            )
            text += status(f"{found} {HINT}")
            describe(self._heats[self._kind].figure, found)
        self.message.object = text

    def _tell(self, sentence: str) -> None:
        """One sentence in place of everything else; the picture stays."""
        self.status.object = ""
        self.fields.show(stop="")
        self.message.object = alert(sentence)

    def _tap_angle(self, angle: float, log_rate: float) -> None:
        if not isinstance(self._map, AngleRateMap) or self._shown is None:
            return
        found = self._map.setting(self._map.methods[0], np.radians(angle), 10.0**log_rate)
        scene = self._shown.scene
        tuned = {name: rate for name, rate in scene.rotated_rates.items() if name != found.method}
        rates = {**scene.rates, found.method: float(f"{found.rate:.4g}")}
        changed = {"rates": rates, "rotated_rates": tuned, "loaded": scene.loaded + 1}
        turn_to(self._shown, float(np.degrees(found.angle)), **changed)

    def _tap_rates(self, log_original: float, log_rotated: float) -> None:
        if not isinstance(self._map, RateRateMap) or self._shown is None:
            return
        pair = self._map.setting(self._map.methods[0], 10.0**log_original, 10.0**log_rotated)
        scene = self._shown.scene
        scene.param.update(
            rates={**scene.rates, pair.method: float(f"{pair.original:.4g}")},
            rotated_rates={**scene.rotated_rates, pair.method: float(f"{pair.rotated:.4g}")},
            loaded=scene.loaded + 1,
        )
