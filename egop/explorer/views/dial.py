"""The dial: how each method ends against the angle of the basis, and a handle that turns it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import panel as pn

from egop.analysis.dial import COARSE, Dial, find_valley, turn_dial
from egop.analysis.ending import Ending
from egop.eigenbasis import Eigenbasis
from egop.explorer.basis_angle import QUARTER, egop_on_dial, on_dial, turn_to
from egop.explorer.tabs import ComparisonResult
from egop.explorer.verdict_inputs import can_be_thorough, nearby_endings
from egop.explorer.views.dial_curves import DialCurves
from egop.explorer.views.dial_words import Heights
from egop.explorer.views.dial_words import describe as sentences_of
from egop.explorer.views.ends import measure
from egop.explorer.views.method_sentences import SENTENCES
from egop.metrics import steps_to_tolerance
from egop.sentences import as_sentence
from egop.sweep import PENDING
from egop.theme import count_words, number
from egop.ui.background import SWEEPS, THREADS, Background
from egop.ui.fields import Fields, slider, switch
from egop.ui.figure_text import describe, plain
from egop.ui.layout import column, framed, row, show, text_pane
from egop.ui.messages import alert, status
from egop.ui.packing import Packet

FINAL, STEPS = "Final value", "Steps needed"
COMPUTING = "Computing the dial…"
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
        self._dial: Dial | None = None
        self._key: tuple | None = None
        self._stale = False
        self._ended: dict[tuple[str, float], list[Ending]] = {}
        self._asked = 0.0
        self._background: Background[Dial] = Background(
            self._receive, self._fail, SWEEPS, self._say_waiting
        )
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
        self._mark()
        key = self._depends_on(shown)
        if key != self._key:
            self._key, self._stale = key, True
            self._ended = {}
            self._say()
            self._background.start(work_of(shown))
        elif self._dial is not None:
            self._say()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._background.cancel()
        if self._dial is None or self._dial.share < 1:
            self._key = None

    def turn(self, angle: float) -> None:
        """Turns the right figure's basis to an angle of the dial, in degrees."""
        if self._shown is not None:
            self._asked = angle
            turn_to(self._shown, angle)

    def _set(self, name: str, value: Any) -> None:
        if name == "measure":
            self.fields.show(measure=value)
            if self._shown is not None:
                self._draw()
                self._mark()
        elif not isinstance(value, str):
            self.turn(min(max(value, 0.0), QUARTER))

    @staticmethod
    def _depends_on(shown: ComparisonResult) -> tuple:
        methods = tuple(
            (m.name, float(m.learning_rate), m.hyperparameters) for m in shown.methods.values()
        )
        # Without a minimum the level moves with the runs, also with those of the dial's own basis.
        target = shown.yardstick.target if shown.is_minimum else None
        return *shown.key, methods, target

    def _receive(self, dial: Dial) -> None:
        coarse = dial.diverged_at[:, ::COARSE]
        if (coarse != PENDING).all():  # until then the old picture stays
            self._dial, self._stale = dial, False
            self._draw()
            self._mark()

    def _say_waiting(self, sentence: str) -> None:
        """Says that the curves are to wait, unless they are complete."""
        if self._stale or self._dial is None or self._dial.share < 1:
            self.message.object = status(sentence)

    def _fail(self, sentence: str) -> None:
        self.message.object = alert(as_sentence(sentence))

    def _draw(self) -> None:
        shown, heights = self._shown, self._heights()
        if shown is None or heights is None or self._dial is None:
            return
        n_steps = len(shown.schedule)
        if heights.counts:
            arrived = f"{shown.yardstick.axis_label} ≤ {number(shown.tolerance)}"
            title = f"Steps to {arrived} by angle (×: not in {n_steps:,})"
        else:
            after = count_words(n_steps, "step")
            title = f"{shown.yardstick.axis_label} after {after} by angle"
        self._curves.draw(np.degrees(self._dial.angles), heights, title)
        self._say()

    def _heights(self) -> Heights | None:
        """The curves that the switch chooses."""
        shown, dial = self._shown, self._dial
        if shown is None or dial is None:
            return None
        if self.fields.values["measure"] == STEPS:
            curves = {name: dial.steps(name) for name in dial.methods}
            return Heights(curves, 0.0, counts=True, nearby=self._nearby(curves, _steps))
        ends = measure([dial.values(name) for name in dial.methods], shown.yardstick)
        curves = dict(zip(dial.methods, ends.gaps, strict=True))
        nearby = self._nearby(curves, lambda ending: _gap(ending, ends.floor))
        return Heights(curves, ends.floor, counts=False, nearby=nearby)

    def _nearby(
        self, curves: dict[str, np.ndarray], height: Callable[[Ending], float]
    ) -> dict[str, tuple[list[float], list[float]]]:
        """Heights after small changes of rate and start, at 0° and where each curve is lowest."""
        shown, dial = self._shown, self._dial
        if shown is None or dial is None or dial.share < 1 or not can_be_thorough(shown):
            return {}
        found = {}
        for name, curve in curves.items():
            if np.isfinite(curve).any():
                angles = 0.0, find_valley(dial.angles, curve).angle
                found[name] = tuple(
                    [height(each) for each in self._endings(name, angle)] for angle in angles
                )
        return found

    def _endings(self, name: str, angle: float) -> list[Ending]:
        """The endings of a method after small changes of rate and start in a basis of the dial."""
        shown = self._shown
        assert shown is not None
        if (name, angle) not in self._ended:
            method, basis = shown.methods[name], Eigenbasis.rotation(angle)
            self._ended[name, angle] = nearby_endings(shown, method, basis)
        return self._ended[name, angle]

    def _now(self) -> float:
        """The angle of the right figure, which is 90° rather than 0° when 90° was asked for."""
        assert self._shown is not None
        now = on_dial(self._shown.basis)
        return QUARTER if now < 1e-6 and self._asked == QUARTER else now

    def _mark(self) -> None:
        shown = self._shown
        assert shown is not None
        now = self._now()
        self.fields.show(angle=round(now, 2))
        self._curves.mark(
            now, on_dial(shown.estimate.basis), runs_of(shown, self.fields.values["measure"])
        )

    def _say(self) -> None:
        shown, dial, heights = self._shown, self._dial, self._heights()
        if shown is None:
            return
        text = ""
        if dial is not None and heights is not None:
            egop = egop_on_dial(shown)
            text = sentences_of(heights, dial.angles, None if egop is None else np.radians(egop))
            describe(self._curves.figure, plain(text))
        if self._stale:
            text += f"<p>{COMPUTING}{' The curves are the previous ones.' if dial else ''}</p>"
        elif dial is not None and dial.share < 1:
            text += f"<p>{COMPUTING} {100 * dial.share:.0f} %</p>"
        else:
            text += f"<p>{HINT}</p>"
        self.message.object = text


def work_of(shown: ComparisonResult) -> Callable[[], Iterator[Dial]]:
    """The sweep of a comparison's dial, to be run elsewhere."""
    methods = list(shown.methods.values())
    settings = shown.length | {"target": shown.yardstick.target, "threads": THREADS}
    return lambda: turn_dial(shown.objective, methods, shown.start, **settings)


def _steps(ending: Ending) -> float:
    return float(ending.reached_at) if ending.reached_at >= 0 else np.inf


def _gap(ending: Ending, floor: float) -> float:
    return np.inf if ending.diverged else max(ending.final_gap, floor)


def runs_of(shown: ComparisonResult, measure_of: str) -> dict[str, float]:
    """The measure of the right figure's runs by method, without those whose rate is tuned apart."""
    apart = shown.tuned_apart
    pairs = [pair for pair in shown.pairs if pair.name not in apart]
    if measure_of == FINAL:
        ends = measure([pair.rotated.final_value for pair in pairs], shown.yardstick).gaps
        return {pair.name: float(end) for pair, end in zip(pairs, ends, strict=True)}
    reached = {
        pair.name: int(steps_to_tolerance(pair.rotated.values, shown.reference, shown.tolerance))
        for pair in pairs
    }
    return {name: float(step) if step >= 0 else np.nan for name, step in reached.items()}
