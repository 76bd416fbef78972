"""The dial: how each method ends against the angle of the basis, and a handle that turns it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn

from egop.analysis.dial import COARSE, Dial, find_valley, turn_dial
from egop.eigenbasis import Eigenbasis
from egop.explorer.basis_angle import QUARTER, egop_on_dial, on_dial, turn_to
from egop.explorer.tab_work import TabWork
from egop.explorer.tabs import ComparisonResult
from egop.explorer.verdict_inputs import can_be_thorough, nearby_endings
from egop.explorer.views.dial_curves import DialCurves
from egop.explorer.views.dial_words import Heights
from egop.explorer.views.dial_words import describe as sentences_of
from egop.explorer.views.ends import measure
from egop.explorer.views.method_sentences import SENTENCES
from egop.metrics import steps_to_tolerance
from egop.sweep import PENDING
from egop.theme import count_words, number
from egop.ui.background import THREADS
from egop.ui.fields import Fields, slider, switch
from egop.ui.figure_text import describe, plain
from egop.ui.layout import column, framed, row, show, text_pane
from egop.ui.packing import Packet

if TYPE_CHECKING:
    from egop.analysis.ending import Ending

FINAL, STEPS = "Final value", "Steps needed"
HINT = "Drag in the figure, or move the slider: the right figure turns along."
ONLY_IN_TWO = (
    "The dial turns a basis of two variables; this objective has {dim}. Compare it in one of the "
    "other bases, or map rate × rate."
)


class DialTab:
    """Curves over 0° to 90°, computed while the tab is open; dragging sets the scene's basis."""

    title = "Dial"

    def __init__(self):
        self._shown: ComparisonResult | None = None
        self._work: TabWork[Dial] = TabWork(self._draw, self._say, share_of)
        self._words = ""
        self._ended: dict[tuple[str, float], list[Ending]] = {}
        self._asked = 0.0
        self._curves = DialCurves(self.turn)
        rows = [
            switch("measure", "What the dial shows", [FINAL, STEPS]),
            slider("angle", "Angle of the basis (degrees)", 0.0, QUARTER, 0.5),
        ]
        self.fields = Fields(rows, {"measure": FINAL, "angle": 0.0}, self._set)
        self.message = text_pane(SENTENCES)
        self._sentence = pn.pane.HTML("", sizing_mode="stretch_width", margin=10, visible=False)
        self._row = row(
            framed(self._curves.figure, "auto", "280px", "Dial"),
            column(self.fields, self.message),
            columns="minmax(0, 2.1fr) minmax(0, 1fr)",
        )
        self.view = column(self._sentence, self._row)

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Marks the angle at once; the curves follow when what they depend on has changed."""
        in_two = shown.objective.dim == 2
        show(self._row, in_two)
        self._sentence.visible = not in_two
        if not in_two:
            self.hide()
            self._sentence.object = ONLY_IN_TWO.format(dim=shown.objective.dim)
            return
        self._shown = shown
        self._work.ask(depends_on(shown), work_of(shown))
        self._mark()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._work.leave()

    def turn(self, angle: float) -> None:
        """Turns the right figure's basis to an angle of the dial, in degrees."""
        if self._shown is not None:
            self._asked = angle
            turn_to(self._shown, angle)

    def _set(self, name: str, value: Any) -> None:
        if name == "measure":
            self.fields.show(measure=value)
            if self._work.result is not None:
                self._draw(self._work.result)
                self._say()
        elif not isinstance(value, str):
            self.turn(min(max(value, 0.0), QUARTER))

    def _draw(self, dial: Dial) -> None:
        shown = self._shown
        assert shown is not None
        self._ended = {}
        heights = self._heights()
        n_steps, axis = len(shown.schedule), shown.target.axis_label
        if heights.counts:
            arrived = f"{axis} ≤ {number(shown.target.tolerance)}"
            title = f"Steps to {arrived} by angle (×: not in {n_steps:,})"
        else:
            title = f"{axis} after {count_words(n_steps, 'step')} by angle"
        self._curves.draw(np.degrees(dial.angles), heights, title)
        self._mark()

    def _heights(self) -> Heights:
        """The curves that the switch chooses."""
        shown, dial = self._shown, self._work.result
        assert shown is not None
        names = () if dial is None else dial.methods
        if dial is not None and self.fields.values["measure"] == STEPS:
            return Heights({name: dial.steps(name) for name in names}, 0.0, counts=True)
        values = [] if dial is None else [dial.values(name) for name in names]
        ends = measure(values, shown.target)
        curves = dict(zip(names, ends.gaps, strict=True))
        return Heights(curves, ends.floor, counts=False, level=ends.target.level)

    def _nearby(self, heights: Heights) -> dict[str, tuple[list[float], list[float]]]:
        """Heights after small changes of rate and start, at 0° and where each curve is lowest."""
        shown, dial = self._shown, self._work.result
        assert shown is not None
        if dial is None or self._work.state != "done" or not can_be_thorough(shown):
            return {}
        return {
            name: (self._moved(heights, name, 0.0), self._moved(heights, name, valley))
            for name, curve in heights.curves.items()
            if np.isfinite(curve).any()
            for valley in [find_valley(dial.angles, curve).angle]
        }

    def _moved(self, heights: Heights, name: str, angle: float) -> list[float]:
        """The heights of a method after small changes, in a basis of the dial."""
        shown = self._shown
        assert shown is not None
        if (name, angle) not in self._ended:
            method, basis = shown.methods[name], Eigenbasis.rotation(angle)
            self._ended[name, angle] = nearby_endings(shown, method, basis)
        return [
            heights.of(np.nan if each.diverged else each.final_value, each.reached_at)
            for each in self._ended[name, angle]
        ]

    def _mark(self) -> None:
        """The angle of the right figure, which is 90° rather than 0° when 90° was asked for."""
        shown = self._shown
        assert shown is not None
        now = on_dial(shown.basis)
        if now < 1e-6 and self._asked == QUARTER:
            now = QUARTER
        self.fields.show(angle=round(now, 2))
        runs = runs_of(shown, self._heights())
        self._curves.mark(now, on_dial(shown.estimate.basis), runs)

    def _say(self) -> None:
        """Words about the curves, which stay while others are computed, and how far those are."""
        shown, dial = self._shown, self._work.result
        if self._work.is_current and shown is not None and dial is not None:
            heights, egop = self._heights(), egop_on_dial(shown)
            heights = replace(heights, nearby=self._nearby(heights))
            radians = None if egop is None else np.radians(egop)
            self._words = sentences_of(heights, dial.angles, radians)
            describe(self._curves.figure, plain(self._words))
        text = f"{self._words}<p>{self._work.progress or HINT}</p>"
        self.message.object = self._work.message or text


def depends_on(shown: ComparisonResult) -> tuple:
    """All that changes the dial of a comparison."""
    methods = tuple(
        (m.name, float(m.learning_rate), m.hyperparameters) for m in shown.methods.values()
    )
    # Without a minimum the level moves with the runs, also with those of the dial's own basis.
    target = shown.target.value if shown.target.known else None
    return *shown.key, methods, target


def work_of(shown: ComparisonResult) -> Callable[[], Iterator[Dial]]:
    """The sweep of a comparison's dial, to be run elsewhere."""
    methods = list(shown.methods.values())
    settings = shown.length | {"target": shown.target.value, "threads": THREADS}
    return lambda: turn_dial(shown.objective, methods, shown.start, **settings)


def share_of(dial: Dial) -> float:
    """The share of a dial's runs that are made, 0 until each coarse angle is there."""
    return dial.share if (dial.diverged_at[:, ::COARSE] != PENDING).all() else 0.0


def runs_of(shown: ComparisonResult, heights: Heights) -> dict[str, float]:
    """Heights of the right figure's runs by method, without those whose rate is tuned apart.

    Runs whose basis is refreshed, or that move along some axes alone, are at no angle.
    """
    level, tolerance = shown.target.level, shown.target.tolerance
    return {
        pair.name: heights.of(
            float(pair.rotated.final_value),
            int(steps_to_tolerance(pair.rotated.values, level, tolerance)),
        )
        for pair in shown.pairs
        if pair.name not in shown.tuned_apart and shown.is_at_an_angle
    }
