"""The paper's sentences about an experiment, alone and beside what one result shows."""

from typing import TYPE_CHECKING, NamedTuple

from egop.experiments.claims.claim import Claim, judge
from egop.experiments.claims.evidence import Finding
from egop.experiments.claims.table import CLAIMS

if TYPE_CHECKING:
    import xarray as xr


class Row(NamedTuple):
    """One claim of the paper beside what was measured.

    Attributes:
        claim: the figure it is seen in, such as "Figure 1 right".
        says: what the paper says, in our words, or what we ask.
        measured: in words, with the number of trials, or why it is not decided.
        holds: None where it cannot be decided.
    """

    claim: str
    says: str
    measured: str
    holds: bool | None


def reported(name: str) -> list[str]:
    """The paper's reports of an experiment, one sentence each with its figure.

    Args:
        name: one of `egop.experiments.EXPERIMENTS`; others give no sentence.
    """
    return [f"{c.text} (Figure {c.figure})." for c in CLAIMS if c.experiment == name and not c.ours]


def said_and_measured(result: "xr.Dataset") -> list[Row]:
    """Every claim that a result of its experiment decides, in the order of the paper's figures.

    While a run goes on, what is measured is told as it is so far, and nothing is decided.

    Args:
        result: of an experiment, as `egop.experiments.run` or, while it runs, `live.read` gives it.
    """
    name = str(result.attrs.get("experiment", ""))
    claims = [claim for claim in CLAIMS if claim.experiment == name]
    found = [judge(claim, {name: result}) for claim in claims]
    return [
        Row(
            f"Figure {claim.figure}",
            stated(claim),
            *_said(finding, running="share" in result.attrs),
        )
        for claim, finding in zip(claims, found, strict=True)
    ]


def stated(claim: Claim) -> str:
    """The claim in words, and whether it is ours."""
    return f"{claim.text} (ours, not the paper's)" if claim.ours else claim.text


def _said(finding: Finding, running: bool) -> tuple[str, bool | None]:
    """The words of a finding, and whether the claim holds."""
    if not running or finding.holds is None:
        return finding.words, finding.holds
    return f"so far {finding.words}", None
