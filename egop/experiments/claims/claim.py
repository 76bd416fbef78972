"""One claim, and how it is judged by the result of its experiment."""

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from egop.experiments.claims.evidence import Finding, NotApplicableError, UndecidedError
from egop.experiments.claims.measures import Measure
from egop.experiments.trial_numbers import given_rates_words, part_of

if TYPE_CHECKING:
    import xarray as xr

SIZES = ("trials", "epochs", "n_samples", "samples_per_parameter")
"""Fields of a Config by which a run can be smaller than the paper's."""
VERDICTS = {
    "yes": ("holds", "hold"),
    "no": ("does not", "do not"),
    "not decided": ("is not decided", "are not decided"),
    "not applicable": ("does not apply", "do not apply"),
}
"""The words for what one claim does, and what several do, by verdict."""


class Claim(NamedTuple):
    """Something that the paper says, or a question of ours beside it.

    Attributes:
        figure: of the paper, where it is seen.
        experiment: whose result decides it.
        text: what the paper says, in our words.
        measure: from a result what was measured; raises UndecidedError.
        ours: whether the paper does not say it.
    """

    figure: str
    experiment: str
    text: str
    measure: Measure
    ours: bool = False

    @property
    def stated(self) -> str:
        """The claim in words, and whether it is ours."""
        return f"{self.text} (ours, not the paper's)" if self.ours else self.text


def claims(
    experiment: str, figure: str, measures: Mapping[str, Measure], ours: bool = False
) -> tuple[Claim, ...]:
    """The claims that one figure shows of an experiment: each text with its measure."""
    return tuple(Claim(figure, experiment, *row, ours) for row in measures.items())


def judge(claim: Claim, results: Mapping[str, "xr.Dataset"]) -> Finding:
    """The measurements for a claim in the results, by experiment.

    A result that lacks what the claim is about leaves it undecided.
    """
    if claim.experiment not in results:
        return Finding(f"not decided: no run of {claim.experiment} was given")
    try:
        return claim.measure(results[claim.experiment])
    except NotApplicableError as reason:
        return Finding(f"not applicable: {reason}", applies=False)
    except UndecidedError as reason:
        return Finding(f"not decided: {reason}")
    except KeyError as missing:
        said = str(missing.args[0]).partition(". ")[0]
        return Finding(f"not decided: the result of {claim.experiment} is incomplete: {said}")


def verdict(finding: Finding) -> str:
    """One of `VERDICTS`."""
    if not finding.applies:
        return "not applicable"
    return {True: "yes", False: "no", None: "not decided"}[finding.holds]


def size_of(result: "xr.Dataset") -> str:
    """The size of a run beside the full one: "full", or "5 of 50 trials, 40 of 200 epochs"."""
    from egop.experiments import EXPERIMENTS

    config: dict[str, Any] = json.loads(result.attrs.get("config", "{}"))
    name = str(result.attrs.get("experiment", ""))
    if name not in EXPERIMENTS:
        return ""
    asked = dataclasses.asdict(EXPERIMENTS[name].config())
    smaller = [
        f"{config[key]} of {asked[key]} {key.replace('_', ' ')}"
        for key in SIZES
        if key in asked and config.get(key, asked[key]) < asked[key]
    ]
    if "trial" in result.dims and (numbers := part_of(result)):
        smaller.append(numbers)
    if not asked.get("rates"):
        merged = json.loads(result.attrs.get("merged", "[]"))
        smaller += filter(None, [given_rates_words(config, merged)])
    if result.attrs.get("data_note"):
        smaller.append("fewer data")
    return ", ".join(smaller) or "full"
