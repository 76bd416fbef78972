"""The legend of the figures, and which rate and which measure are looked at."""

from collections.abc import Sequence

import panel as pn

from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import BEST, CHOSEN
from egop.lab.views.legend import LegendButtons
from egop.lab.views.scales import METRICS
from egop.lab.views.selection import NOTHING, Selection
from egop.theme import number
from egop.ui.fields import Fields, choice, side_by_side
from egop.ui.layout import AWAY, NARROW, OWN_HEIGHT, WIDE

RATES = {"best in original coordinates": CHOSEN, "best in each basis": BEST}
"""Rates that can be looked at besides given ones."""
_AROUND = f"""
:host {{ display: block !important; {OWN_HEIGHT} }}
:host(.{AWAY}) {{ display: none !important; }}
"""
_FLOATING = f"""
@media (min-width: {NARROW + 1}px) {{ :host {{ float: right; width: 460px !important;
  margin-left: 16px !important; }} }}
@media (max-width: 480px) {{ .line {{ grid-template-columns: minmax(0, 1fr) !important; }} }}
"""
"""The style of fields that the legend, as a text, runs around; on a phone one is below the other,
or their words would be cut."""


class Controls:
    """Controls of the selection; `view` is the Panel object."""

    def __init__(self, selection: Selection):
        self._choice = selection
        self.legend = LegendButtons(selection.press, margin=0)
        rate = choice("rate", "Learning rate", RATES)
        rows = [side_by_side(rate, choice("measure", "Beside the training loss", {}))]
        values, layout = {"rate": CHOSEN, "measure": None}, {"margin": (4, 0, 8, 0)}
        self.fields = Fields(rows, values, self.set, stylesheets=[_FLOATING], **layout)
        self.view = pn.Column(self.fields, self.legend, stylesheets=[_AROUND], **WIDE)

    def set(self, name: str, value: str) -> None:
        """Chooses the rate or the measure."""
        self.fields.show(**{name: value})
        setattr(self._choice, name, value)

    def follow(
        self,
        statistics: Sequence[RunStatistics],
        runs: Sequence[LabeledResult],
        measures: Sequence[str],
        name: str,
    ) -> None:
        """Offers what the runs have, and leaves what they do not have.

        Args:
            statistics: of the runs with curves.
            runs: all of them.
            measures: what was measured beside the training loss.
            name: which of them is shown.
        """
        selection = self._choice
        options = RATES | {number(rate, 3): repr(rate) for rate in rates_of(statistics)}
        wanted = selection.rate if selection.rate in options.values() else CHOSEN
        titles = {METRICS[each].title: each for each in measures}
        offered = {"rate:options": options, "measure:options": titles}
        self.fields.show(rate=wanted, measure=name if titles else None, **offered)
        selection.rate = wanted
        methods = list(dict.fromkeys(each for one in statistics for each in one.methods))
        bases = list(dict.fromkeys(each for one in statistics for each in one.bases))
        there = {"method": methods, "basis": bases, "run": range(len(runs))}
        for group, known in there.items():
            if getattr(selection, group) not in {NOTHING[group], *known}:
                setattr(selection, group, NOTHING[group])
        self.legend.draw(methods, bases, [run.label for run in runs], selection)


def rates_of(statistics: Sequence[RunStatistics]) -> list[float]:
    """Every rate that was tried, ascending."""
    tried = (one.rates[one.tried(m)] for one in statistics for m in range(len(one.methods)))
    return sorted({float(rate) for rates in tried for rate in rates})
