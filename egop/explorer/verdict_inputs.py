"""Computes from a comparison the numbers that its verdict puts into words."""

from dataclasses import replace

import numpy as np

from egop import theory
from egop.analysis.divergence import find_safe_rate
from egop.analysis.ending import Ending, compare
from egop.analysis.nearby import is_cheap, run_nearby
from egop.analysis.outcome import name_in_sentence
from egop.analysis.preference import Preference, find_preference
from egop.analysis.verdict import Verdict, judge
from egop.compiled_rules import compiles
from egop.distributions import check_assumption_a1
from egop.eigenbasis import Eigenbasis
from egop.explorer import update_cost
from egop.explorer.compute import Pair
from egop.explorer.tabs import ComparisonResult
from egop.methods import Method
from egop.methods.blocks import begins_anew, rule_blocks
from egop.refreshed import Refreshed
from egop.sentences import fill, listed, steps
from egop.theme import count_words
from egop.trajectory import Trajectory


def verdict_of(shown: ComparisonResult, thorough: bool = True) -> Verdict:
    """The verdict on a comparison, computed once.

    Args:
        shown: the comparison.
        thorough: whether a difference is compared with what small changes of rate and start make,
            for which four more runs each are made.
    """
    key = "verdict", thorough
    if key not in shown.found:
        shown.found[key] = _judge(shown, thorough)
    return shown.found[key]


def _judge(shown: ComparisonResult, thorough: bool) -> Verdict:
    endings = {pair.name: _endings(shown, pair, thorough) for pair in shown.pairs}
    verdict = judge(
        endings,
        shown.target,
        basis=shown.basis_name,
        preference="clear" if shown.refreshed else _preference(shown),
        prediction=theory.predict(shown.basis) if shown.theory_speaks else None,
        quadratic=shown.objective.quadratic is not None,
        assumption_holds=check_assumption_a1(shown.distribution, shown.objective.minimizer).holds,
        start_gradient=float(np.linalg.norm(shown.objective.gradient(shown.start))),
        qualifier=_qualifier(shown),
    )
    notes = standing_still(shown), cut_tie(shown), beginning_anew(shown)
    return replace(verdict, note=" ".join(filter(None, notes)))


def beginning_anew(shown: ComparisonResult) -> str:
    """A sentence on the methods that begin anew at each refresh; "" where there are none."""
    refreshed, objective = shown.refreshed, shown.objective
    if refreshed is None or refreshed.every >= len(shown.schedule):
        return ""
    names = [
        name_in_sentence(name)
        for name, method in shown.rotated_methods.items()
        if begins_anew(rule_blocks(method, objective.shapes, objective.dim), refreshed.moments)
    ]
    why = "cannot be turned" if refreshed.moments == "rotate" else "is forgotten"
    period = "step" if refreshed.every == 1 else steps(refreshed.every)
    return fill(why, methods=listed(names), period=period) if names else ""


def standing_still(shown: ComparisonResult) -> str:
    """A sentence on the axes along which no run in the basis moves; "" where there are none."""
    if not shown.moving_axes:
        return ""
    still = shown.basis.dim - (shown.basis.n_active or 0)
    others = count_words(still, "other direction")
    return fill("moving axes", axes=shown.moving_axes, others=others)


def cut_tie(shown: ComparisonResult) -> str:
    """A sentence on a basis of some of the axes that the samples do not tell apart; else ""."""
    kept, tied = shown.basis.n_active or 0, shown.estimate.adequacy.n_tied
    cuts = is_estimated(shown) and 0 < kept < tied
    return fill("cut tie", kept=kept, tied=tied) if cuts else ""


def is_estimated(shown: ComparisonResult) -> bool:
    """True if the basis is the estimate of the page, whole or its leading axes."""
    return shown.basis_kind in {"egop", "leading"}


def _qualifier(shown: ComparisonResult) -> str:
    """The words that a statement about the basis must carry; "" where there are none."""
    found = shown.estimate.adequacy.qualifier if is_estimated(shown) else ""
    if not found or not cut_tie(shown):
        return found
    return fill("from a cut tie", kept=shown.basis.n_active, tied=shown.estimate.adequacy.n_tied)


def _preference(shown: ComparisonResult) -> Preference:
    found = find_preference(
        shown.basis,
        spectral=shown.axes_of_egop or shown.basis_kind == "hessian",
        n_tied=shown.estimate.adequacy.n_tied if is_estimated(shown) else None,
    )
    return "clear" if found == "aligned" and shown.moving_axes else found


def can_be_thorough(shown: ComparisonResult) -> bool:
    """Returns True if a thorough verdict takes no longer than a frame."""
    cheap = shown.refreshed is None and is_cheap(shown.objective, len(shown.schedule))
    return cheap and all(map(compiles, methods_of(shown)))


def seconds_of_verdict(shown: ComparisonResult) -> float:
    """About how long the verdict takes that is not thorough: runs that diverged are run again."""
    rates = shown.methods, shown.rotated_methods
    return sum(
        update_cost.seconds_of_safe_rates(shown.objective, methods[pair.name], len(shown.schedule))
        for pair in shown.pairs
        for path, methods in zip((pair.original, pair.rotated), rates, strict=True)
        if path.diverged_at >= 0
    )


def methods_of(shown: ComparisonResult) -> list[Method]:
    """The methods at their rates in original and in rotated coordinates."""
    return [*shown.methods.values(), *shown.rotated_methods.values()]


def _endings(shown: ComparisonResult, pair: Pair, thorough: bool) -> tuple[Ending, Ending]:
    """The endings of both runs of a method; with nearby runs where they differ at all."""
    method, rotated = shown.methods[pair.name], shown.rotated_methods[pair.name]
    runs = (pair.original, method, None), (pair.rotated, rotated, shown.run_basis)
    before, after = (_ending(shown, *run) for run in runs)
    if not thorough or compare(before, after) in {"none", "diverged"}:
        return before, after
    before, after = (
        replace(ending, nearby=tuple(each.rank for each in nearby_endings(shown, *run[1:])))
        for ending, run in zip((before, after), runs, strict=True)
    )
    return before, after


def nearby_endings(
    shown: ComparisonResult, method: Method, basis: Eigenbasis | Refreshed | None
) -> list[Ending]:
    """The endings of a run of the comparison after small changes of its rate and start."""
    run = shown.objective, method, shown.start
    return run_nearby(*run, target=shown.target, basis=basis, **shown.length)


def _ending(shown: ComparisonResult, path: Trajectory, method, basis) -> Ending:
    diverged, safe = int(path.diverged_at), None
    if diverged >= 0:
        run = shown.objective, method, shown.start
        safe = find_safe_rate(*run, basis=basis, **shown.length)
    rate = float(method.learning_rate)
    return Ending.of_run(path.values, shown.target, rate, diverged, safe, path.points)
