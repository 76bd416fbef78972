"""What of the runs is looked at: the rate, the measure, and what is highlighted."""

from typing import Any

import param

CHOSEN, BEST = "chosen", "best"
"""The rate that is best in original coordinates, used in all bases; the best in each basis."""
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
        """Nothing is highlighted."""
        self.param.update(method="", basis="", run=-1)

    def opacity(self, run: int, method: str = "", basis: str = "") -> float:
        """Of a line: full, or faded where something else is highlighted."""
        asked = ((self.run, -1, run), (self.method, "", method), (self.basis, "", basis))
        out = any(chosen not in {nothing, mine} for chosen, nothing, mine in asked)
        return SHARES[min(run, len(SHARES) - 1)] * (FADED if out else 1.0)
