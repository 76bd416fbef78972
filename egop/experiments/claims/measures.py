"""Measures of the claims about training: functions of a result that return a Finding.

Losses are final ones unless a name says otherwise, each method at the rate that is best in original
coordinates; convex problems are measured in f − f*.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import numpy as np

from egop import theme
from egop.experiments.claims.evidence import (
    ALIKE,
    GAIN,
    Finding,
    PairedValues,
    UndecidedError,
    diverged_words,
    times,
)
from egop.experiments.claims.summaries import (
    Trials,
    best_rate,
    chosen_rate,
    first_below,
    gap,
    trials,
)

if TYPE_CHECKING:
    import xarray as xr

Measure = Callable[["xr.Dataset"], Finding]
Arguments = ParamSpec("Arguments")

EQUIVARIANT = ("gradient_descent", "momentum")
ADAPTIVE = ("adagrad", "adam")
BOTH = ("original", "egop")


def measure(
    of_result: Callable[Concatenate["xr.Dataset", Arguments], Finding],
) -> Callable[Arguments, Measure]:
    """A function of a result and of arguments; with the arguments alone it is a measure."""

    def with_arguments(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Measure:
        return lambda result: of_result(result, *args, **kwargs)

    return with_arguments


@measure
def gain(result: "xr.Dataset", method: str, at: float = 1.0, **where: str) -> Finding:
    """The method's loss is lower in EGOP coordinates than in original ones.

    Args:
        result: of the experiment.
        method: its name.
        at: the share of the epochs after which it is measured.
        **where: problem, where there is one.
    """
    pair = _pair(result, method, at, **where).decidable()
    rate = theme.number(chosen_rate(result, method, **where))
    return Finding(f"rate {rate}: {pair.words()}", pair.ratio, pair.gains)


@measure
def unchanged(result: "xr.Dataset", method: str, **where: str) -> Finding:
    """The method's final loss is about the same in both coordinate systems."""
    pair = _pair(result, method, **where).decidable()
    rate = theme.number(chosen_rate(result, method, **where))
    holds = 1 / ALIKE <= pair.ratio <= ALIKE
    return Finding(f"rate {rate}: {pair.words()}", pair.ratio, holds)


def no_gain(result: "xr.Dataset") -> Finding:
    """(S)GD, with and without momentum, trains alike in both coordinate systems, on every problem.

    The effect is the ratio of medians that is farthest from 1.
    """
    many = "problem" in result.dims
    problems = [{"problem": str(p)} for p in result["problem"].values] if many else [{}]
    words, ratios = [], []
    for method in EQUIVARIANT:
        for where in problems:
            pair = _pair(result, method, **where).decidable()
            values = " → ".join(theme.number(float(each.median), 4) for each in pair)
            name = " ".join([theme.label(method), *where.values()]).replace("_", " ")
            difference = theme.number(pair.largest_difference)
            said = diverged_words(pair.diverged)
            words.append(f"{name} {values}, largest relative difference {difference}{said}")
            ratios.append(pair.ratio)
    farthest = max(ratios, key=lambda ratio: abs(np.log(ratio)) if ratio > 0 else np.inf)
    holds = all(1 / GAIN <= ratio <= GAIN for ratio in ratios)
    return Finding("; ".join(words) + counted(result), farthest, holds)


@measure
def beats_descent(result: "xr.Dataset", variable: str, basis: str) -> Finding:
    """Claim: Adam and Adagrad end in one basis below (S)GD, with and without momentum.

    The training loss is the last one, the validation loss the minimal one, by which the paper
    chooses rates.

    Args:
        result: of the experiment.
        variable: the loss.
        basis: in which all are run.
    """
    ends = {m: _ends(result, m, basis, variable) for m in ADAPTIVE}
    rivals = {m: _ends(result, m, basis, variable) for m in EQUIVARIANT}
    pairs = [PairedValues(b, a).decidable() for a in ends.values() for b in rivals.values()]
    words = ", ".join(
        f"{theme.label(m)} {theme.number(float(t.median))}" for m, t in {**ends, **rivals}.items()
    )
    ratio = min(pair.ratio for pair in pairs)
    said = f"{words} ({pairs[0].n} trials); at least {times(ratio)}"
    return Finding(said, ratio, all(pair.gains for pair in pairs))


@measure
def accuracy(result: "xr.Dataset", low: float, high: float) -> Finding:
    """Every method's median of maximal validation accuracy lies in a range, in both bases.

    Args:
        result: of the experiment.
        low: the range, in percent, inclusive after rounding to whole percents.
        high: its end.
    """
    found = {}
    for method in result["optimizer"].values.tolist():
        for basis in BOTH:
            each = _present(result, method, basis, "validation_accuracy")
            best = each.best(highest=True)
            PairedValues(best, best).decidable()
            found[f"{theme.label(method)}, {basis}"] = 100 * float(best.median)
    lowest, highest = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    words = (
        f"{found[lowest]:.1f} % ({lowest}) to {found[highest]:.1f} % ({highest}), "
        f"medians of {result.sizes['trial']} trials"
    )
    holds = all(low <= round(each) <= high for each in found.values())
    return Finding(words, found[lowest], holds)


@measure
def fewer_steps(result: "xr.Dataset", method: str, level: float) -> Finding:
    """The method takes fewer steps to f − f* < level in EGOP coordinates."""
    require(result, method)
    pair = PairedValues(*(_steps(result, method, basis, level) for basis in BOTH))
    pair.decidable()
    steps = " → ".join(_step_words(each, result.sizes["epoch"]) for each in pair)
    words = (
        f"f − f* < {theme.number(level)} at step {steps}, fewer steps in "
        f"{pair.lower} of {pair.n} trials"
    )
    return Finding(words, pair.ratio, pair.gains)


@measure
def larger_rate(result: "xr.Dataset", method: str, problem: str) -> Finding:
    """Tuned in each basis, the method takes a rate at least twice as large in EGOP coordinates."""
    require(result, method, problem)
    _pair(result, method, problem=problem).decidable()
    rates = [best_rate(result, optimizer=method, basis=b, problem=problem) for b in BOTH]
    require_rates(result, rates)
    ratio = rates[1] / rates[0]
    values = " → ".join(map(theme.number, rates))
    words = f"best rate {values}, {theme.number(ratio)} times{counted(result)}"
    return Finding(words, ratio, ratio >= ALIKE)


def losses(
    result: "xr.Dataset", method: str, basis: str, at: float = 1.0, /, **where: str
) -> Trials:
    """The training loss in a basis after a share of the epochs; f − f* where there are minima."""
    require(result, method, where.get("problem"), basis)
    values = gap(result) if "minimum" in result else result["training_loss"]
    return trials(result, values, optimizer=method, basis=basis, **where).at(at)


def _pair(result: "xr.Dataset", method: str, at: float = 1.0, /, **where: str) -> PairedValues:
    """The training loss in original and in EGOP coordinates."""
    return PairedValues(*(losses(result, method, basis, at, **where) for basis in BOTH))


def _steps(result: "xr.Dataset", method: str, basis: str, level: float) -> Trials:
    curves = trials(result, gap(result), optimizer=method, basis=basis)
    return curves._replace(values=first_below(curves.values, level))


def _step_words(steps: Trials, never: int) -> str:
    return "never" if steps.median >= never else f"{float(steps.median):.0f}"


def _present(result: "xr.Dataset", method: str, basis: str, variable: str) -> Trials:
    require(result, method)
    return trials(result, variable, optimizer=method, basis=basis)


def _ends(result: "xr.Dataset", method: str, basis: str, variable: str) -> Trials:
    """The last training loss, the least of any other."""
    curves = _present(result, method, basis, variable)
    return curves.last if variable == "training_loss" else curves.best()


def counted(result: "xr.Dataset") -> str:
    """The number of trials, after a sentence."""
    return f" ({theme.count_words(result.sizes['trial'], 'trial')})"


def require_rates(result: "xr.Dataset", rates: Sequence[float] = ()) -> None:
    """Raises UndecidedError where fewer than three were tried, or one of these is not known."""
    if len(result["learning_rate"]) < 3 or not np.isfinite(rates).all():
        raise UndecidedError("too few rates were tried")


def require(
    result: "xr.Dataset", method: str, problem: str | None = None, basis: str = "original"
) -> None:
    """Raises UndecidedError unless the run has the method, the problem and the basis."""
    if basis not in result["basis"]:
        raise UndecidedError(f"the run has no {theme.BASIS_LABELS[basis]}")
    if method not in result["optimizer"]:
        raise UndecidedError(f"the run has no {theme.label(method)}")
    if problem is not None and problem not in result["problem"]:
        raise UndecidedError(f"the run has no {problem.replace('_', ' ')}")
