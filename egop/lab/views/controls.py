"""The key of the figures, and which rate and which measure are looked at."""

from collections.abc import Sequence

import panel as pn

from egop.lab.views.labeled_result import LabeledResult
from egop.lab.views.legend import Legend
from egop.lab.views.run_statistics import RunStatistics
from egop.lab.views.scales import METRICS
from egop.lab.views.selection import BEST, CHOSEN, Selection
from egop.theme import number
from egop.ui.fields import Fields, side_by_side
from egop.ui.fields import choice as select

RATES = {"best in original coordinates": CHOSEN, "best in each basis": BEST}
"""Which rates can be looked at besides given ones."""


class Controls:
    """What changes the choice; `view` is the Panel object."""

    def __init__(self, choice: Selection):
        self._choice = choice
        self.key = Legend(choice.press, margin=0)
        self.fields = Fields(
            [
                side_by_side(
                    select("rate", "Learning rate", RATES),
                    select("measure", "Beside the training loss", {}),
                )
            ],
            {"rate": CHOSEN, "measure": None}, self.set, max_width=430, margin=(4, 0, 8, 0),
        )  # fmt: skip
        row = pn.FlexBox(
            self.key, self.fields, margin=0, align_items="center", sizing_mode="stretch_width"
        )
        self.view = pn.Column(row, sizing_mode="stretch_width", margin=0)

    def set(self, name: str, value: str) -> None:
        """Chooses the rate or the measure."""
        self.fields.show(**{name: value})
        setattr(self._choice, name, value)

    def follow(
        self,
        tables: Sequence[RunStatistics],
        runs: Sequence[LabeledResult],
        measures: Sequence[str],
        name: str,
    ) -> None:
        """Offers what the runs have, and leaves what they do not have.

        Args:
            tables: of the runs with curves.
            runs: all of them.
            measures: what was measured beside the training loss.
            name: which of them is shown.
        """
        choice = self._choice
        options = RATES | {number(rate, 3): repr(rate) for rate in rates_of(tables)}
        wanted = choice.rate if choice.rate in options.values() else CHOSEN
        titles = {METRICS[each].title: each for each in measures}
        self.fields.show(**{
            "rate": wanted, "rate:options": options,
            "measure": name if titles else None, "measure:options": titles,
        })  # fmt: skip
        choice.rate = wanted
        methods = list(dict.fromkeys(each for table in tables for each in table.methods))
        bases = list(dict.fromkeys(each for table in tables for each in table.bases))
        for group, known in (("method", methods), ("basis", bases)):
            if getattr(choice, group) not in {"", *known}:
                setattr(choice, group, "")
        if choice.run >= len(runs):
            choice.run = -1
        self.key.draw(methods, bases, [run.label for run in runs], choice)


def rates_of(tables: Sequence[RunStatistics]) -> list[float]:
    """Every rate that was tried, ascending."""
    return sorted({
        float(rate)
        for table in tables
        for method in range(len(table.methods))
        for rate in table.rates[table.tried(method)]
    })  # fmt: skip
