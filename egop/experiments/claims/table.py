"""The paper's claims, each beside what was measured, and whether it holds.

    judged(egop.experiments.load("runs/digits-2025-03-01-1f9c2e"))

A claim that fails stays in the table as failed; one that cannot be decided says why. The rules by
which a claim is decided are the constants of `evidence.py` and of the files `measures*.py`: they
were written down before the results of the rows that use them, unless a row's settings are named
as ours in `chosen_here` of its experiment.
"""

import re
from typing import TYPE_CHECKING

from egop.experiments.claims import rows_bases, rows_convex, rows_networks
from egop.experiments.claims.claim import Claim, judge
from egop.experiments.claims.evidence import Finding

if TYPE_CHECKING:
    import xarray as xr


def _number(claim: Claim) -> int:
    """The number of the claim's figure in the paper."""
    found = re.match(r"\d+", claim.figure)
    assert found
    return int(found[0])


CLAIMS: tuple[Claim, ...] = tuple(
    sorted((*rows_convex.ROWS, *rows_networks.ROWS, *rows_bases.ROWS), key=_number)
)
"""The paper's claims and ours beside them, in the order of its figures."""


def claims_of(experiment: str) -> list[Claim]:
    """The claims that an experiment decides; none of an experiment that is not the paper's."""
    return [claim for claim in CLAIMS if claim.experiment == experiment]


def reported(experiment: str) -> list[str]:
    """The paper's reports of an experiment, one sentence each with its figure."""
    return [f"{c.text} (Figure {c.figure})." for c in claims_of(experiment) if not c.ours]


def judged(*results: "xr.Dataset") -> list[tuple[Claim, Finding]]:
    """Every claim and what was measured; of several results of an experiment the last counts."""
    by_name = {str(result.attrs["experiment"]): result for result in results}
    return [(claim, judge(claim, by_name)) for claim in CLAIMS]
