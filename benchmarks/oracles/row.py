"""A row of the oracle board."""

from typing import NamedTuple

from benchmarks.oracles.comparison import Oracle
from egop.methods import Method

FORMULA = "the paper's formulas"
"""The peer of methods that are held against their paper's formulas."""
CODE = "the formulas of the authors' code"
"""The peer of methods that are held against formulas read from their authors' code."""


class Row(NamedTuple):
    """A method and its oracle.

    Attributes:
        ours: of this package.
        peer: whose code the oracle is, such as "torch.optim.Adam".
        oracle: as it comes.
        bound: of the largest deviation, with `corrected` where it is given.
        difference: what the oracle does otherwise, as a sentence; "": nothing.
        corrected: the oracle without the difference.
    """

    ours: Method
    peer: str
    oracle: Oracle
    bound: float = 1e-12
    difference: str = ""
    corrected: Oracle | None = None
