"""The paper's claims, each beside what was measured, and whether it holds.

    judged(egop.experiments.load("runs/digits-2025-03-01-1f9c2e"))

A claim that fails stays in the table as failed; one that cannot be decided says why. The rules by
which a claim is decided are the constants of `evidence.py` and `measures_of_bases.py`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from egop.experiments.claims import measures_of_bases as bases
from egop.experiments.claims.evidence import Finding, UndecidedError
from egop.experiments.claims.measures import (
    Measure,
    accuracy,
    beats_descent,
    best_of_all,
    fewer_steps,
    gain,
    larger_rate,
    no_gain,
    unchanged,
)

if TYPE_CHECKING:
    import xarray as xr


class Claim(NamedTuple):
    """Something that the paper says.

    Attributes:
        figure: of the paper, where it is seen.
        experiment: whose result decides it.
        text: what the paper says, in our words.
        measure: from a result what was measured; raises UndecidedError.
    """

    figure: str
    experiment: str
    text: str
    measure: Measure


CLAIMS = (
    Claim(
        "1 left",
        "two_dimensions",
        "In two variables Adagrad comes to the minimum in fewer steps in EGOP coordinates",
        fewer_steps("adagrad", 1e-4),
    ),
    Claim("1 right", "digits", "Digits: Adam trains to a lower loss when rotated", gain("adam")),
    Claim(
        "1 right", "digits", "Digits: Adagrad trains to a lower loss when rotated", gain("adagrad")
    ),
    Claim(
        "1 right", "digits", "Digits: SGD and SGD with momentum train alike in both bases", no_gain
    ),
    Claim(
        "10",
        "digits",
        "Digits: all methods reach 95–96 % validation accuracy in both bases",
        accuracy(95, 96),
    ),
    Claim("2", "spectrum", "The digits network's EGOP spectrum decays strongly", bases.decay),
    Claim("3", "linear", "Linear network: Adam trains to a lower loss when rotated", gain("adam")),
    Claim(
        "3",
        "linear",
        "Linear network: Adagrad trains to a lower loss when rotated",
        gain("adagrad"),
    ),
    Claim(
        "3",
        "linear",
        "Linear network: SGD and SGD with momentum train alike in both bases",
        no_gain,
    ),
    Claim(
        "3",
        "linear",
        "Linear network: rotated, Adam and Adagrad train to a lower loss than SGD, with and "
        "without momentum",
        beats_descent("training_loss", "egop"),
    ),
    Claim(
        "3",
        "linear",
        "Linear network: in original coordinates as well",
        beats_descent("training_loss", "original", adaptive="original"),
    ),
    Claim(
        "3",
        "linear",
        "Linear network: rotated, Adam and Adagrad have a lower validation loss than SGD, with "
        "and without momentum",
        beats_descent("validation_loss", "egop"),
    ),
    Claim(
        "3",
        "linear",
        "Linear network: in original coordinates a lower validation loss as well",
        beats_descent("validation_loss", "original", adaptive="original"),
    ),
    Claim("4", "fashion", "Fashion: Adam trains to a lower loss when rotated", gain("adam")),
    Claim("4", "fashion", "Fashion: Adagrad trains to a lower loss when rotated", gain("adagrad")),
    Claim("4", "fashion", "Fashion: SGD and SGD with momentum train alike in both bases", no_gain),
    Claim(
        "11",
        "fashion",
        "Fashion: all methods reach 93–94 % validation accuracy in both bases",
        accuracy(93, 94),
    ),
    Claim(
        "5a",
        "convex",
        "Log-sum-exp: Adam ends nearer to the minimum when rotated",
        gain("adam", problem="log_sum_exp"),
    ),
    Claim(
        "5a",
        "convex",
        "Log-sum-exp: Adagrad ends about as near in both bases at the rate they share",
        unchanged("adagrad", problem="log_sum_exp"),
    ),
    Claim(
        "5b",
        "convex",
        "Logistic regression: momentum is the best method (at a tenth of the steps)",
        best_of_all("momentum", 0.1, "logistic_regression"),
    ),
    Claim(
        "5b",
        "convex",
        "Logistic regression: Adagrad is nearer to the minimum when rotated (at a tenth of the "
        "steps)",
        gain("adagrad", at=0.1, problem="logistic_regression"),
    ),
    Claim(
        "5c",
        "convex",
        "Least squares: Adam ends nearer to the minimum when rotated",
        gain("adam", problem="least_squares"),
    ),
    Claim(
        "5c",
        "convex",
        "Least squares: Adagrad ends nearer to the minimum when rotated",
        gain("adagrad", problem="least_squares"),
    ),
    Claim(
        "5",
        "convex",
        "Convex problems: gradient descent and momentum run alike in both bases",
        no_gain,
    ),
    Claim(
        "12a",
        "convex",
        "Log-sum-exp: tuned in each basis, Adagrad takes a larger rate when rotated",
        larger_rate("adagrad", "log_sum_exp"),
    ),
    Claim("6", "sampling", "The spectrum decays under every sampling distribution", bases.decay),
    Claim(
        "7",
        "block_spectra",
        "The first layer's spectrum decays faster than the second's, in both data sets",
        bases.first_layer_decays_faster,
    ),
    Claim(
        "7",
        "block_spectra",
        "The first layers' spectra are alike in both data sets",
        bases.first_layers_alike,
    ),
    Claim(
        "8",
        "density",
        "The leading eigenvector is dense, β_1 ≫ 1/d, under every sampling distribution",
        bases.dense_leader,
    ),
    Claim(
        "8",
        "density",
        "So Theorem 5 (§4) bounds the smoothness constant in EGOP coordinates by less than that "
        "in the original ones",
        bases.predicted_gain,
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adam gains about as much from block EGOP as from global EGOP",
        bases.gets_most("adam", "block", "global"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adagrad gains about as much from block EGOP as from global EGOP",
        bases.gets_most("adagrad", "block", "global"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adagrad gains about as much from the first layer alone as from all blocks",
        bases.gets_most("adagrad", "first", "block"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adam gains only marginally from the first layer alone",
        bases.gets_little("adam", "first", "block"),
    ),
    Claim("13", "schedule", "The rate falls from 1 to 0 along half a cosine", bases.cosine),
)
"""What the paper says, in the order of its figures."""


def judge(claim: Claim, results: Mapping[str, "xr.Dataset"]) -> Finding:
    """What was measured for a claim in the results, by experiment.

    A result that lacks what the claim is about leaves it undecided.
    """
    if claim.experiment not in results:
        return Finding(f"not decided: no run of {claim.experiment} was given")
    try:
        found = claim.measure(results[claim.experiment])
    except UndecidedError as reason:
        return Finding(f"not decided: {reason}")
    except KeyError as missing:
        said = str(missing.args[0]).partition(". ")[0]
        return Finding(f"not decided: the result of {claim.experiment} is incomplete: {said}")
    return found


def judged(*results: "xr.Dataset") -> list[tuple[Claim, Finding]]:
    """Every claim and what was measured; of several results of an experiment the last counts."""
    by_name = {str(result.attrs["experiment"]): result for result in results}
    return [(claim, judge(claim, by_name)) for claim in CLAIMS]
