"""A fair comparison: rates shared or tuned, the tuner's curve, and many starts."""

from html import escape
from operator import attrgetter
from typing import Any

from egop.analysis.starts import N_STARTS
from egop.analysis.tuning import Mode, Tuning
from egop.explorer.tab_work import TabWork, dim_pictures
from egop.explorer.tabs import ComparisonResult
from egop.explorer.tuned_comparison import (
    SHARED,
    TUNED_STARTS,
    TunedComparison,
    shared_rates,
    tuning_key,
    work_of,
)
from egop.explorer.views.compare_curves import StartBands, TuningCurves
from egop.explorer.views.method_sentences import SENTENCES, list_by_method
from egop.sentences import fill
from egop.theme import label
from egop.ui.background import THREADS
from egop.ui.fields import Fields, button, choice
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.messages import alert, status
from egop.ui.packing import Packet
from egop.ui.sources import empty

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
        self._work: TabWork[TunedComparison] = TabWork(self._draw, self._say, attrgetter("share"))
        self._words = ""
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
        self._work.leave()

    @property
    def usable(self) -> bool:
        """True if there are rates to take over."""
        return not self.fields.values["use"]["disabled"]

    def _set(self, name: str, value: Any) -> None:
        if name == "use":
            self.take_over()
        else:
            self.fields.show(mode=value)
            self._ask()

    def take_over(self) -> None:
        """Sets the scene to the rates that are compared here, in one change."""
        shown, found = self._shown, self._work.result
        if shown is None or found is None or not self.usable:
            return
        scene, rates = shown.scene, found.rates
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
            empty(self.curves.figure, self.bands.figure)
            self._work.refuse(status(NO_METHOD))
            return
        self._tuning_key = tuning_key(shown)
        rates = tuple(shared_rates(shown).items()) if mode == SHARED else ()
        key = (self._tuning_key, shown.target.tolerance, shown.scene.seed, mode, rates)
        known = self._tuning
        tuning = known[1] if known is not None and known[0] == self._tuning_key else None
        self._work.ask(key, lambda: work_of(shown, mode, tuning, THREADS))

    def _draw(self, found: TunedComparison) -> None:
        shown = self._shown
        assert shown is not None
        if found.tuning is not None and found.tuning.share == 1:
            self._tuning = self._tuning_key, found.tuning
        if found.tuning is not None and found.tuning.curves:
            self.curves.draw(found.tuning, shown.target.axis_label)
        if found.bands is not None:
            self.bands.draw(found.bands, list(found.rates))

    def _say(self) -> None:
        shown, work, found = self._shown, self._work, self._work.result
        assert shown is not None
        dim_pictures(self.view, work)
        above, usable = status(work.progress) if work.progress else "", False
        if found is not None and work.is_current:
            self._words = describe(shown, found)
        if found is not None and work.state == "done":
            above, usable = outcome(found), bool(found.rates) and not is_used(shown, found)
        self.fields.show(use={"label": USE, "disabled": not usable})
        self.message.object = work.message or above + self._words


def is_used(shown: ComparisonResult, found: TunedComparison) -> bool:
    """Returns True if the scene has the rates that were compared."""
    rotated = shown.scene.rates_of_methods(rotated=True)
    return all(
        (shown.scene.rates.get(name), rotated.get(name)) == rates
        for name, rates in found.rates.items()
    )


def describe(shown: ComparisonResult, found: TunedComparison) -> str:
    """HTML that says which run arrives first, at which rates, and the rates that were tried."""
    items, spread = [], ""
    if found.bands is not None:
        spread = f"<p>{escape(fill('spread of starts'))}</p>"
        for place, (name, rates) in enumerate(found.rates.items()):
            pair = 2 * place, 2 * place + 1
            if all(each in found.bands.bands for each in pair):
                sentence = found.bands.sentence(name, *pair, basis=shown.basis_name)
                items.append((name, f"{sentence} {_rates(rates)}"))
    if found.tuning is not None:
        items += [(name, curve.tried) for name, curve in found.tuning.curves.items()]
    return f"{list_by_method(items)}{left_out(found)}{spread}"


def outcome(found: TunedComparison) -> str:
    """HTML that says by how much the best rates differ, or that there is nothing to compare."""
    return (
        f"<p>{escape(gains(found.tuning))}</p>"
        if found.rates
        else alert(fill("nothing to compare"))
    )


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
    """A sentence on how much the best rates grow in the basis, and on what the grid cannot tell."""
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
