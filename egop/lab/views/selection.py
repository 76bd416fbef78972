"""Selection of the runs' figures: the rate, the measure, and what is highlighted."""

from collections.abc import Sequence
from typing import Any

import param

from egop.figures.series import CHOSEN

FADED = 0.14
"""Opacity, as a share, of what is not highlighted."""
SHARES = (1.0, 0.62, 0.48, 0.4)
"""Opacity of the lines of the first run and of those it is compared with."""
MARKS = ("", "circle", "square", "triangle")
"""Hollow markers on the lines of each run; the first one has none."""
NOTHING = {"method": "", "basis": "", "run": -1}
"""Values of the highlights that stand for all."""


class Selection(param.Parameterized):
    """The same in every figure."""

    rate: Any = param.String(CHOSEN, doc="'chosen', 'best' or a number.")
    measure: Any = param.String("", doc="What is shown beside the training loss.")
    layer: Any = param.String("", doc="The layer whose R_med is shown; '' for the first one.")
    method: Any = param.String("", doc="The highlighted method; '' for all.")
    basis: Any = param.String("", doc="The highlighted basis; '' for all.")
    run: Any = param.Integer(-1, doc="The place of the highlighted run; −1 for all.")

    def press(self, group: str, value: Any) -> None:
        """Highlights a method, a basis or a run, or no longer if it was."""
        setattr(self, group, NOTHING[group] if getattr(self, group) == value else value)

    def clear(self) -> None:
        """Ends every highlight."""
        self.param.update(**NOTHING)

    def opacities(self, keys: Sequence[Any]) -> list[float]:
        """The opacities of lines: full, or faded where something else of theirs is highlighted."""
        chosen = {name: getattr(self, name) for name in NOTHING}
        wanted = {name: value for name, value in chosen.items() if value != NOTHING[name]}
        return [
            share_of(key.run)
            * (FADED if any(getattr(key, name, x) != x for name, x in wanted.items()) else 1.0)
            for key in keys
        ]


def share_of(run: int) -> float:
    """The opacity of the lines of a run."""
    return SHARES[min(run, len(SHARES) - 1)]


def mark_of(run: int) -> str:
    """The marker on the lines of a run; "" for the first one."""
    return MARKS[min(run, len(MARKS) - 1)]
