"""A fair comparison: rates shared or tuned, the tuner's curve, and many starts."""

from html import escape
from typing import Any

from egop.analysis.starts import N_STARTS
from egop.analysis.tuning import Mode, Tuning
from egop.explorer.tabs import ComparisonResult
from egop.explorer.tuned_comparison import (
    SHARED,
    TUNED_STARTS,
    TunedComparison,
    shared_rates_of,
    tuning_key,
    work_of,
)
from egop.explorer.views.compare_curves import StartBands, TuningCurves
from egop.explorer.views.method_sentences import SENTENCES, list_by_method
from egop.sentences import as_sentence, fill
from egop.theme import label
from egop.ui.background import SWEEPS, THREADS, Background
from egop.ui.fields import Fields, button, choice
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.messages import alert, status
from egop.ui.packing import Packet

MODES: dict[str, Mode] = {
    "shared rate": "shared",
    "tuned in original coordinates (as the paper)": "original",
    "tuned per basis": "per basis",
}
USE = "Use these rates"
NO_METHOD = "Choose a method among the controls to compare it."


class CompareTab:
    """The tuner's curve, bands over many starts, and a button that takes the rates over."""

    title = "Compare"

    def __init__(self):
        self._shown: ComparisonResult | None = None
        self._tuning: tuple[tuple, Tuning] | None = None
        self._tuning_key: tuple = ()
        self._key: tuple | None = None
        self._found = TunedComparison(None, {}, None)
        self._stale = False
        self._background: Background[TunedComparison] = Background(
            self._receive, self._fail, SWEEPS, self._say_waiting
        )
        self.curves, self.bands = TuningCurves(), StartBands()
        self.fields = Fields(
            [choice("mode", "Learning rates", MODES), button("use")],
            {"mode": SHARED, "use": {"label": USE, "disabled": True}},
            self._set,
        )
        self.message = text_pane(SENTENCES)
        self.view = row(
            framed(self.curves.figure, "auto", "240px", "Tuner"),
            framed(self.bands.figure, "auto", "240px", "Many starts"),
            column(self.fields, self.message),
            columns="minmax(0, 1.1fr) minmax(0, 1.1fr) minmax(0, 1fr)",
        )
        self.view.min_height = 60  # or Panel adds up those of the columns

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Tunes and compares anew what has changed; nothing here moves with playback."""
        self._shown = shown
        self._ask()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._background.cancel()
        if not self._found.done or self._stale:
            self._key = None

    @property
    def usable(self) -> bool:
        """True if there are rates to take over."""
        return not self.fields.values["use"]["disabled"]

    @usable.setter
    def usable(self, usable: bool) -> None:
        self.fields.show(use={"label": USE, "disabled": not usable})

    def _set(self, name: str, value: Any) -> None:
        if name == "use":
            self.take_over()
        else:
            self.fields.show(mode=value)
            self._ask()

    def take_over(self) -> None:
        """Sets the scene to the rates that are compared here, in one change."""
        shown, rates = self._shown, self._found.rates
        if shown is None or not rates or self._stale:
            return
        scene = shown.scene
        original = {name: first for name, (first, _) in rates.items()}
        apart = {name: second for name, (first, second) in rates.items() if first != second}
        kept = {name: rate for name, rate in scene.rotated_rates.items() if name not in rates}
        scene.param.update(
            rates={**scene.rates, **original},
            rotated_rates={**kept, **apart},
            loaded=scene.loaded + 1,
        )

    def _ask(self) -> None:
        shown, mode = self._shown, self.fields.values["mode"]
        if shown is None:
            return
        if not shown.methods:
            self._background.cancel()
            self._key, self.usable = None, False
            self.message.object = status(NO_METHOD)
            return
        self._tuning_key = tuning_key(shown)
        rates = tuple(shared_rates_of(shown).items()) if mode == SHARED else ()
        key = (self._tuning_key, shown.tolerance, shown.scene.seed, mode, rates)
        if key != self._key:
            self._key, self._stale = key, True
            self._say()
            known = self._tuning
            tuning = known[1] if known is not None and known[0] == self._tuning_key else None
            self._background.start(lambda: work_of(shown, mode, tuning, THREADS))
        else:
            self._say()

    def _receive(self, found: TunedComparison) -> None:
        shown = self._shown
        if shown is None:
            return
        if found.tuning is not None and found.tuning.share == 1:
            self._tuning = self._tuning_key, found.tuning
        self._found, self._stale = found, False
        if found.tuning is not None and found.tuning.curves:
            self.curves.draw(found.tuning, shown.yardstick.axis_label)
        if found.bands is not None:
            self.bands.draw(found.bands, list(found.rates))
        self._say()

    def _say_waiting(self, sentence: str) -> None:
        """Says that the comparison is to wait, unless it is complete."""
        if self._stale or not self._found.done:
            self.message.object = status(sentence)

    def _fail(self, sentence: str) -> None:
        self._stale, self._found = False, self._found._replace(done=True)
        self.message.object = alert(as_sentence(sentence))

    def _say(self) -> None:
        shown, found = self._shown, self._found
        assert shown is not None
        done = found.done and not self._stale
        current = all(
            (shown.scene.rates.get(name), shown.scene.rates_of_methods(rotated=True).get(name))
            == rates
            for name, rates in found.rates.items()
        )
        self.usable = done and bool(found.rates) and not current
        self.message.object = describe(shown, found, busy=not done)


def describe(shown: ComparisonResult, found: TunedComparison, busy: bool) -> str:
    """Describes which run arrives first, at which rates, and the rates that were tried."""
    items = []
    names = list(found.rates)
    if found.bands is not None:
        for place, name in enumerate(names):
            pair = 2 * place, 2 * place + 1
            if all(each in found.bands.bands for each in pair):
                sentence = found.bands.sentence(name, *pair, basis=shown.basis_name)
                items.append((name, f"{sentence} {_rates(found.rates[name])}"))
    if found.tuning is not None:
        items += [(name, curve.tried) for name, curve in found.tuning.curves.items()]
    if not busy and not found.rates:
        note = alert(fill("nothing to compare"))
    elif busy:
        share = 0.0 if found.tuning is None else found.tuning.share
        note = status(f"computing… tuned {100 * share:.0f} %")
    else:
        note = f"<p>{escape(gains(found.tuning))}</p>"
    spread = "" if found.bands is None else f"<p>{escape(fill('spread of starts'))}</p>"
    return f"{note}{list_by_method(items)}{left_out(found)}{spread}"


def left_out(found: TunedComparison) -> str:
    """HTML that says how many of the starts drawn from ρ lie where f is not defined."""
    counts = []
    if found.bands is not None and found.bands.n_excluded:
        counts.append(f"{found.bands.n_excluded} of {N_STARTS} starts")
    if found.tuning is not None and found.tuning.n_excluded:
        counts.append(f"{found.tuning.n_excluded} of the {TUNED_STARTS} starts for tuning")
    if not counts:
        return ""
    return f"<p>Left out, since f is not defined there: {' and '.join(counts)} drawn from ρ.</p>"


def gains(tuning: Tuning | None) -> str:
    """By how much the best rate grows in the basis, by method, and what the grid cannot tell."""
    curves = [] if tuning is None else list(tuning.curves.values())
    curves = [curve for curve in curves if curve.rate_gain > 0]
    if not curves:
        return ""
    told = [fill("rate gain", method=label(c.method), factor=c.rate_gain) for c in curves]
    sentence = fill("rate gains", gains=", ".join(told))
    sizes = {max(c.rate_gain, 1 / c.rate_gain): c.grid_step for c in curves}
    unresolved = [size for size, step in sizes.items() if 1 < size <= step * (1 + 1e-9)]
    if not unresolved:
        return sentence
    return " ".join([sentence, fill("within the grid", step=max(unresolved))])


def _rates(rates: tuple[float, float]) -> str:
    first, second = rates
    if first == second:
        return fill("same rate", rate=first)
    return fill("two rates", original=first, rotated=second)
