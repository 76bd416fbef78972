"""The learning rate with which each method does best in each basis, and the curves behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from egop.analysis.rate_grids import SAME_RATE, finer_rates, first_rates, untried_rates
from egop.analysis.starts import defined_starts
from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.run_arguments import takes_same_path
from egop.sentences import fill
from egop.sweep import Sweep
from egop.theme import label, number
from egop.trials import quantiles, select_rates, start_value

Mode = Literal["shared", "original", "per basis"]


@dataclass(frozen=True, eq=False)
class Curve:
    """Final gaps of one method by rate and basis, as quartiles over all starts.

    Attributes:
        method: its name.
        rates: (L,) tried, ascending.
        gap: (B, L) median of f − level after the last step; +∞ where half of the runs diverged.
        low: (B, L) first quartile.
        high: (B, L) third quartile.
        steps: (B, L) median of the steps to the target; +∞ where half of the runs never arrive.
        diverged: (B, L) share of the runs that diverged.
        best: (B,) the best rate in each basis, by the rule of `select_rates`; NaN where every rate
            diverges.
    """

    method: str
    rates: np.ndarray
    gap: np.ndarray
    low: np.ndarray
    high: np.ndarray
    steps: np.ndarray
    diverged: np.ndarray
    best: np.ndarray

    @property
    def rate_gain(self) -> float:
        """Best rate in the last basis over the best in the first.

        NaN where every rate diverges in one of them. Its accuracy is `grid_step`.
        """
        return float(self.best[-1] / self.best[0])

    @property
    def grid_step(self) -> float:
        """The largest factor between neighboring rates near the best ones, up to 2 for 1, 2, 4, 8.

        Best rates that differ by no more are told apart by the grid alone.
        """
        best = self.best[np.isfinite(self.best)]
        near = (self.rates[1:] >= best.min() * (1 - SAME_RATE)) & (
            self.rates[:-1] <= best.max() * (1 + SAME_RATE)
        )
        steps = (self.rates[1:] / self.rates[:-1])[near]
        return float(steps.max()) if len(steps) else 1.0

    @property
    def tried(self) -> str:
        """The rates that were tried and the best of them, in one sentence."""
        low, high = float(self.rates[0]), float(self.rates[-1])
        tried = {"method": label(self.method), "count": len(self.rates), "low": low, "high": high}
        if np.isnan(self.best).all():
            return fill("every rate diverges", **tried)
        found = [fill("no rate") if np.isnan(rate) else number(rate) for rate in self.best]
        places = ["best in original", *["best in the basis"] * (len(found) - 1)]
        best = [fill(place, rate=rate) for place, rate in zip(places, found, strict=True)]
        sentence = fill("best of the rates", best=", ".join(best), **tried)
        at_the_end = np.isin(self.best, [low, high]).any()
        return " ".join([sentence, fill("at the end")]) if at_the_end else sentence


@dataclass(frozen=True, eq=False)
class Tuning:
    """The curves of all methods, while they grow.

    Attributes:
        curves: by method; a method is missing until its first runs are made.
        level: what the gaps are measured from.
        share: of the runs that are made, from 0 to 1.
        n_excluded: starts left out, since f or its gradient is not finite there.
    """

    curves: dict[str, Curve]
    level: float
    share: float
    n_excluded: int = 0

    def rates(self, method: str, mode: Mode, shared: float) -> tuple[float, float]:
        """The rates of a comparison, (in original coordinates, in the basis).

        Args:
            method: its name.
            mode: "shared": the scene's rate in both; "original": the best in original coordinates
                in both (App. D.2); "per basis": the best in each (Fig. 12).
            shared: the scene's rate.

        Raises:
            ValueError: every rate that was tried diverges.
        """
        if mode == "shared":
            return shared, shared
        curve = self.curves[method]
        original, rotated = curve.best[0], curve.best[-1 if mode == "per basis" else 0]
        if np.isnan([original, rotated]).any():
            raise ValueError(curve.tried)
        return float(original), float(rotated)


def tune(
    objective: Objective,
    methods: Sequence[Method],
    bases: Sequence[Eigenbasis | Refreshed | None],
    starts,
    *,
    rates=None,
    n_steps: int = 1000,
    schedule=None,
    target: float | None = None,
    level: float | None = None,
    threads: int | None = None,
) -> Iterator[Tuning]:
    """The tuner's curves as its runs are made; abandoning it stops the rest.

    Without `rates` it searches as App. D.2: the powers of ten from 1e-3 to 100, then 1, 2, 4, 8 ×
    10^k between the neighbors of the best of them, in each basis. With `rates` it tries them all,
    powers of ten first. Every rate is tried in every basis from every start, with equal budgets; a
    method whose path is the same in every basis is run in the first one only.

    Args:
        objective: f.
        methods: their own rates play no part.
        bases: coordinates to compare, the original ones (None) first.
        starts: (S, d) x_0 of equal weight; those at which f or its gradient is not finite are left
            out.
        rates: (L,) ascending; None: the search of the paper.
        n_steps: T.
        schedule: (T,) factors of the rates, as in `egop.run`.
        target: value of f whose first reaching breaks ties.
        level: what gaps are measured from, f*; None: the best final value.
        threads: as in `Sweep.advance`.

    Raises:
        ValueError: f or its gradient is not finite at any start.
    """
    starts, n_excluded = defined_starts(objective, starts)
    starts = starts[:, None, :]
    grid = None if rates is None else np.asarray(rates, dtype=float)
    begin = objective.value(starts[:, 0])
    trials = [_Trials.none(method, len(bases), begin) for method in methods]
    for stage in range(2):
        for place, trial in enumerate(trials):
            same = all(takes_same_path(trial.method, basis) for basis in bases)
            tried = first_rates(grid) if stage == 0 else _next_rates(grid, trial, level)
            sweep = Sweep(
                objective,
                trial.method,
                bases[:1] if same else bases,
                starts,
                tried,
                n_steps=n_steps,
                schedule=schedule,
                target=target,
            )
            for share in sweep.advance(threads):
                trials[place] = trial.extended(tried, sweep) if share == 1 else trial
                made = (stage + (place + share) / len(trials)) / 2
                yield replace(_snapshot(trials, level, made), n_excluded=n_excluded)
    yield replace(_snapshot(trials, level, 1.0), n_excluded=n_excluded)


class _Trials(NamedTuple):
    """The ends of all runs of one method so far.

    Attributes:
        method: at any rate.
        start_values: f at the starts.
        rates: (L,) ascending.
        final_values: (B, S, L) as in a sweep, as are the others.
    """

    method: Method
    start_values: np.ndarray
    rates: np.ndarray
    final_values: np.ndarray
    reached_at: np.ndarray
    diverged_at: np.ndarray

    @classmethod
    def none(cls, method: Method, n_bases: int, start_values: np.ndarray) -> "_Trials":
        empty = np.empty((n_bases, len(start_values), 0))
        return cls(method, start_values, np.empty(0), empty, empty, empty)

    def extended(self, rates: np.ndarray, sweep: Sweep) -> "_Trials":
        """The trials together with the runs of a sweep, whose one basis may stand for all."""
        order = np.argsort(np.concatenate([self.rates, rates]))
        joined = [np.concatenate([self.rates, rates])[order]]
        for name in ("final_values", "reached_at", "diverged_at"):
            known, new = getattr(self, name), getattr(sweep, name)
            new = np.broadcast_to(new, (*known.shape[:2], len(rates)))
            joined.append(np.concatenate([known, new], axis=-1)[..., order])
        return _Trials(self.method, self.start_values, *joined)

    def best(self, level: float) -> np.ndarray:
        """(B,) the best rates; NaN in a basis where every rate diverges."""
        start = start_value(self.start_values) - level
        gaps = self.final_values - level
        return frozen(select_rates(self.rates, gaps, self.reached_at, start, level))

    def curve(self, level: float) -> Curve:
        gaps = np.where(np.isnan(self.final_values), np.inf, self.final_values - level)
        steps = np.where(self.reached_at < 0, np.inf, self.reached_at)
        middle, low, high = quantiles(gaps, axis=1)
        return Curve(
            self.method.name,
            frozen(self.rates),
            frozen(middle),
            frozen(low),
            frozen(high),
            frozen(quantiles(steps, 1, (0.5,))[0]),
            frozen((self.diverged_at >= 0).mean(axis=1)),
            self.best(level),
        )


def _next_rates(grid: np.ndarray | None, trials: _Trials, level: float | None) -> np.ndarray:
    """The rates to try next: the rest of a grid, or 1, 2, 4, 8 × 10^k beside the best rate."""
    if grid is None:
        level = _lowest([trials]) if level is None else level
        return finer_rates(trials.best(level), trials.rates)
    return untried_rates(grid, trials.rates)


def _snapshot(trials: list[_Trials], level: float | None, share: float) -> Tuning:
    level = _lowest(trials) if level is None else level
    curves = {each.method.name: each.curve(level) for each in trials if len(each.rates)}
    return Tuning(curves, level, share)


def _lowest(trials: list[_Trials]) -> float:
    """The best final value of all; 0 while there is none."""
    ends = [each.final_values[np.isfinite(each.final_values)] for each in trials]
    return float(min((values.min() for values in ends if values.size), default=0.0))
