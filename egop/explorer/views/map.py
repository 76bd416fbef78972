"""The map: how a method ends at each basis angle and rate, or at each pair of rates."""

from collections.abc import Callable, Iterator
from html import escape

import numpy as np
import panel as pn
import panel_material_ui as pmui

from egop.analysis.maps import (
    STRIDES,
    AngleRateMap,
    RateRateMap,
    map_angles_and_rates,
    map_rates,
    spread_rates,
)
from egop.explorer.background import THREADS, Background
from egop.explorer.dialing import on_dial, turn_to
from egop.explorer.layout import cell, row
from egop.explorer.packing import Packet
from egop.explorer.tabs import Shown
from egop.explorer.views.ends import measure
from egop.explorer.views.heat import Heat
from egop.explorer.views.overview import SENTENCES
from egop.sweep import PENDING
from egop.theme import label, number

ANGLES, RATES = "Angle × rate", "Rate × rate"
DECADES = 2.0
"""The rates of a map span so many decades on either side of the scene's."""
LARGEST_RATIO = 6.0
"""Decades at which the colors of rate × rate end."""
WORDS = {
    ANGLES: "Bright: ends low. Gray: diverged. The ring is the run on the page. Tap a cell to load "
    "its angle and rate.",
    RATES: "Blue: the rotated run ends lower, by so many decades; orange: the original one. Gray: "
    "both diverged. Tap a cell to load both rates.",
}

Map = AngleRateMap | RateRateMap


class MapTab:
    """One heat map of one method, coarse first; it is computed while the tab is open."""

    title = "Map"

    def __init__(self):
        self._shown: Shown | None = None
        self._map: Map | None = None
        self._key: tuple | None = None
        self._stale = False
        self._rates = spread_rates(1.0, DECADES)
        self._background: Background[Map] = Background(self._receive, self._fail)
        self._heats = {
            ANGLES: Heat(self._tap_angle, True, ("angle of the basis (degrees)", "rate")),
            RATES: Heat(self._tap_rates, False, ("rate in original coordinates", "rate rotated")),
        }
        panes = {
            kind: pn.pane.Bokeh(heat.figure, sizing_mode="stretch_both", margin=0)
            for kind, heat in self._heats.items()
        }
        self._panes = panes
        self._pane = pn.Column(
            panes[ANGLES], sizing_mode="stretch_both", margin=0, stylesheets=cell("auto", "300px")
        )
        wide = {"size": "small", "sizing_mode": "stretch_width"}
        self.kind = pmui.RadioButtonGroup(
            label="Axes of the map", options=[ANGLES, RATES], value=ANGLES, margin=(2, 0), **wide
        )
        self.method = pmui.Select(
            label="Method of the map", options={}, value=None, margin=(6, 0), **wide
        )
        self.words = pn.pane.HTML(
            "", sizing_mode="stretch_both", margin=0, stylesheets=[SENTENCES, *cell("auto", "auto")]
        )
        side = pn.Column(
            self.kind, self.method, self.words, sizing_mode="stretch_both", margin=0,
            stylesheets=cell("auto", "auto"),
        )  # fmt: skip
        self.view = row(self._pane, side, columns="minmax(0, 2.5fr) minmax(0, 1fr)")
        self.kind.param.watch(lambda event: self._choose(), "value")
        self.method.param.watch(lambda event: self._again(), "value")

    def show(self, shown: Shown, packet: Packet) -> None:
        """Marks the run at once; the map follows when what it depends on has changed."""
        self._shown = shown
        options = {label(name): name for name in shown.methods}
        if list(self.method.options.values() if self.method.options else []) != [*options.values()]:
            kept = self.method.value if self.method.value in options.values() else None
            first = next(iter(options.values()), None)
            self.method.param.update(options=options, value=kept or first)
        self._again()

    def hide(self) -> None:
        """What is not finished stops and is done anew when the tab opens."""
        self._background.cancel()
        if self._map is None or self._map.share < 1:
            self._key = None

    def _choose(self) -> None:
        self._pane[:] = [self._panes[self.kind.value]]
        self._again()

    def _again(self) -> None:
        shown, method = self._shown, self.method.value
        if shown is None or method not in shown.methods:
            return
        if self.kind.value == ANGLES and shown.objective.dim != 2:
            self._background.cancel()
            self._key = None
            self._say("A map over angles takes two variables; choose rate × rate instead.")
            return
        rate = float(shown.methods[method].learning_rate) or 1.0
        if not self._rates[0] <= rate <= self._rates[-1] or not self._map_is_of(method):
            self._rates = spread_rates(10.0 ** np.round(np.log10(rate)), DECADES)
        self._mark()
        key = self._depends_on(shown, method)
        if key != self._key:
            self._key, self._stale = key, True
            self._say(WORDS[self.kind.value])
            self._background.start(self._work(shown, method))

    def _map_is_of(self, method: str) -> bool:
        return self._key is not None and self._key[1] == method

    def _depends_on(self, shown: Shown, method: str) -> tuple:
        own = shown.methods[method]
        basis = () if self.kind.value == ANGLES else (shown.basis.eigenvectors.tobytes(),)
        return (
            self.kind.value, method, own.hyperparameters, self._rates.tobytes(), shown.objective,
            tuple(shown.start), shown.schedule.tobytes(), *basis,
        )  # fmt: skip

    def _work(self, shown: Shown, method: str) -> Callable[[], Iterator[Map]]:
        settings = {
            "rates": self._rates, "n_steps": len(shown.schedule), "schedule": shown.schedule,
            "threads": THREADS,
        }  # fmt: skip
        runs = (shown.objective, [shown.methods[method]], shown.start)
        if self.kind.value == ANGLES:
            return lambda: map_angles_and_rates(*runs, **settings)
        return lambda: map_rates(*runs, basis=shown.basis, **settings)

    def _receive(self, result: Map) -> None:
        if isinstance(result, AngleRateMap):
            coarse = result.diverged_at[:, :: STRIDES[0], :: STRIDES[1]]
            ready = (coarse != PENDING).all()
        else:
            ready = result.share == 1
        if ready:  # until then the old picture stays
            self._map, self._stale = result, False
            self._draw(result)
            self._mark()
            self._say(WORDS[self.kind.value])

    def _fail(self, sentence: str) -> None:
        self._say(f"{sentence[:1].upper()}{sentence[1:]}.")

    def _draw(self, result: Map) -> None:
        shown = self._shown
        if shown is None:
            return
        method, rates = result.methods[0], np.log10(result.rates)
        if isinstance(result, AngleRateMap):
            ends = measure(result.picture(method), shown.yardstick)
            gaps = np.where(np.isfinite(ends.gaps), ends.gaps, np.nan)
            title = (
                f"{label(method)}: {ends.yardstick.axis_label} after {len(shown.schedule):,} steps"
            )
            cells = np.log10(gaps).T
            seen = cells[np.isfinite(cells)]
            span = (seen.min(), max(seen.max(), seen.min() + 1)) if seen.size else (0.0, 1.0)
            self._heats[ANGLES].draw(cells, np.degrees(result.angles), rates, span, title)
        else:
            ratio = result.picture(method, shown.reference)
            cells = np.clip(ratio, -LARGEST_RATIO, LARGEST_RATIO)
            seen = np.abs(cells[np.isfinite(cells)])
            reach = float(max(seen.max() if seen.size else 1.0, 0.5))
            title = f"{label(method)}: final gap, original over rotated"
            self._heats[RATES].draw(cells, rates, rates, (-reach, reach), title)

    def _mark(self) -> None:
        shown, method = self._shown, self.method.value
        assert shown is not None
        rate = np.log10(max(float(shown.methods[method].learning_rate), 1e-300))
        rotated = np.log10(max(float(shown.rotated_methods[method].learning_rate), 1e-300))
        if self.kind.value == RATES:
            self._heats[RATES].mark(rate, rotated, method)
        elif shown.objective.dim == 2:
            self._heats[ANGLES].mark(on_dial(shown.basis), rotated, method)

    def _say(self, words: str) -> None:
        result = self._map
        if self._stale:
            words += " Computing the map…" + (" The picture is the previous one." if result else "")
        elif result is not None and result.share < 1:
            words += f" Computing, {result.share:.0%}."
        self.words.object = f"<p>{escape(words)}</p>{self._found()}"

    def _found(self) -> str:
        """The best cell of an angle × rate map, in words."""
        result, shown = self._map, self._shown
        if self._stale or shown is None or not isinstance(result, AngleRateMap):
            return ""
        if self.kind.value != ANGLES or shown.objective.dim != 2:
            return ""
        method = result.methods[0]
        picture = result.picture(method)
        if not np.isfinite(picture).any():
            return "<p>Every run diverged: try smaller rates.</p>"
        best = np.unravel_index(np.nanargmin(picture), picture.shape)
        angle, rate = np.degrees(result.angles[best[0]]), result.rates[best[1]]
        return (
            f"<p>{escape(label(method))} ends lowest at {angle:.0f}° and rate {number(rate)}; the "
            f"EGOP angle is {on_dial(shown.estimate.basis):.0f}°.</p>"
        )

    def _tap_angle(self, angle: float, log_rate: float) -> None:
        if not isinstance(self._map, AngleRateMap) or self._shown is None:
            return
        found = self._map.setting(self._map.methods[0], np.radians(angle), 10.0**log_rate)
        rates = {**self._shown.scene.rates, found.method: float(f"{found.rate:.4g}")}
        turn_to(self._shown, float(np.degrees(found.angle)), rates=rates, rotated_rates={})

    def _tap_rates(self, log_original: float, log_rotated: float) -> None:
        if not isinstance(self._map, RateRateMap) or self._shown is None:
            return
        pair = self._map.setting(self._map.methods[0], 10.0**log_original, 10.0**log_rotated)
        scene = self._shown.scene
        scene.param.update(
            rates={**scene.rates, pair.method: float(f"{pair.original:.4g}")},
            rotated_rates={**scene.rotated_rates, pair.method: float(f"{pair.rotated:.4g}")},
        )
