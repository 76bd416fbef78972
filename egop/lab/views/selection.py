"""Selection of the runs' figures: the rate, the measure, and what is highlighted."""

from typing import Any

import param

from egop.figures.series import CHOSEN

FADED = 0.14
"""Opacity, as a share, of what is not highlighted."""
SHARES = (1.0, 0.62, 0.48, 0.4)
"""Opacity of the lines of the first run and of those it is compared with."""
MARKS = ("", "circle", "square", "triangle")
"""Hollow markers on the lines of each run; the first one has none."""


class Selection(param.Parameterized):
    """The same in every figure."""

    rate: Any = param.String(CHOSEN, doc="'chosen', 'best' or a number.")
    measure: Any = param.String("", doc="What is shown beside the training loss.")
    method: Any = param.String("", doc="The highlighted method; '' for all.")
    basis: Any = param.String("", doc="The highlighted basis; '' for all.")
    run: Any = param.Integer(-1, doc="The place of the highlighted run; −1 for all.")

    def press(self, group: str, value: Any) -> None:
        """Highlights a method, a basis or a run, or no longer if it was."""
        nothing = -1 if group == "run" else ""
        setattr(self, group, nothing if getattr(self, group) == value else value)

    def clear(self) -> None:
        """Ends every highlight."""
        self.param.update(method="", basis="", run=-1)

    def opacity(self, key: Any) -> float:
        """Of a line: full, or faded where something else of what it has is highlighted."""
        groups = {"run": -1, "method": "", "basis": ""}
        out = any(
            getattr(self, group) not in {nothing, getattr(key, group)}
            for group, nothing in groups.items()
            if hasattr(key, group)
        )
        return SHARES[min(key.run, len(SHARES) - 1)] * (FADED if out else 1.0)


def mark_of(run: int) -> str:
    """The marker on the lines of a run; "" for the first one."""
    return MARKS[min(run, len(MARKS) - 1)]
