"""The key of the figures, and which rate and which measure are looked at."""

from collections.abc import Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.lab.views.choice import BEST, CHOSEN, Choice
from egop.lab.views.key import Key
from egop.lab.views.medians import Table
from egop.lab.views.scales import METRICS
from egop.lab.views.watched import Watched
from egop.theme import number

RATES = {"best in original coordinates": CHOSEN, "best in each basis": BEST}
"""Which rates can be looked at besides given ones."""


class Controls:
    """What changes the choice; `view` is the Panel object."""

    def __init__(self, choice: Choice):
        self._choice = choice
        self.key = Key(choice.press, margin=0)
        small: dict[str, Any] = {"size": "small", "margin": (6, 10, 6, 0)}
        self.rate = pmui.Select(
            label="Learning rate", options=RATES, value=CHOSEN, width=230, **small
        )
        self.measure = pmui.Select(label="Beside the training loss", options={}, width=210, **small)
        self.rate.param.watch(lambda event: setattr(choice, "rate", event.new), "value")
        self.measure.param.watch(lambda event: setattr(choice, "measure", event.new or ""), "value")
        row = pn.FlexBox(
            self.key, self.rate, self.measure, margin=0, align_items="center",
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.view = pn.Column(row, sizing_mode="stretch_width", margin=0)

    def follow(
        self, tables: Sequence[Table], runs: Sequence[Watched], measures: Sequence[str], name: str
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
        show(self.rate, options=options, value=wanted)
        choice.rate = wanted
        titles = {METRICS[each].title: each for each in measures}
        show(self.measure, options=titles, value=name if titles else None, visible=bool(titles))
        methods = list(dict.fromkeys(each for table in tables for each in table.methods))
        bases = list(dict.fromkeys(each for table in tables for each in table.bases))
        for group, known in (("method", methods), ("basis", bases)):
            if getattr(choice, group) not in {"", *known}:
                setattr(choice, group, "")
        if choice.run >= len(runs):
            choice.run = -1
        self.key.draw(methods, bases, [run.label for run in runs], choice)


def rates_of(tables: Sequence[Table]) -> list[float]:
    """Every rate that was tried, ascending."""
    return sorted({
        float(rate)
        for table in tables
        for method in range(len(table.methods))
        for rate in table.rates[table.tried(method)]
    })  # fmt: skip


def show(select: pmui.Select, **values: Any) -> None:
    """Changes a control where it is another one."""
    changed = {name: value for name, value in values.items() if getattr(select, name) != value}
    if changed:
        select.param.update(**changed)
