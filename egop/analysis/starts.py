"""Many starts: is it this start, or does it hold for most? Medians and bands by step."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, replace
from math import comb
from typing import NamedTuple

import numpy as np

from egop.analysis.stopping_target import (
    RELATIVE_TOLERANCE,
    choose_target,
    finest_tolerance,
)
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.metrics import steps_to_tolerance
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.sentences import fill
from egop.theme import label
from egop.trajectory import Trajectory
from egop.trials import quantiles

N_STARTS = 50

LEVEL = 0.05
"""A split of the starts that a fair coin makes more often than this is called chance."""


class Contender(NamedTuple):
    """One curve: a method at one rate in one basis.

    Attributes:
        method: at its rate.
        basis: None for original coordinates.
    """

    method: Method
    basis: Eigenbasis | Refreshed | None = None


@dataclass(frozen=True, eq=False)
class Band:
    """Quartiles of one contender's runs over all starts.

    Attributes:
        median: (T+1,) of f − level by step; +∞ where half of the runs diverged.
        low: (T+1,) first quartile.
        high: (T+1,) third quartile.
        reached_at: (S,) first step within the tolerance, −1: never.
        diverged_at: (S,) step, −1: never.
    """

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reached_at: np.ndarray
    diverged_at: np.ndarray

    @property
    def typical_steps(self) -> float:
        """Median of the steps to the tolerance; +∞ where half of the starts never arrive."""
        return float(np.median(np.where(self.reached_at < 0, np.inf, self.reached_at)))


@dataclass(frozen=True, eq=False)
class Bands:
    """The bands of all contenders that are done, with equal budgets from the same starts.

    Attributes:
        bands: by the contender's place; one is missing until its runs are made.
        level: f*, or the best value seen so far.
        known: level is the minimum.
        n_starts: S, without those that are left out.
        n_steps: T.
        share: of the contenders that are done, from 0 to 1.
        n_excluded: starts left out, since f or its gradient is not finite there.
    """

    bands: dict[int, Band]
    level: float
    known: bool
    n_starts: int
    n_steps: int
    share: float
    n_excluded: int = 0

    def count_first(self, contender: int, other: int) -> tuple[int, int, int]:
        """The numbers of starts from which one contender is first, the other is, and neither is."""
        steps = [
            np.where(self.bands[place].reached_at < 0, np.inf, self.bands[place].reached_at)
            for place in (contender, other)
        ]
        wins = int((steps[0] < steps[1]).sum()), int((steps[1] < steps[0]).sum())
        return *wins, self.n_starts - sum(wins)

    def sentence(self, method: str, original: int, rotated: int, basis: str = "EGOP") -> str:
        """Describes in words how one method does from all starts, in both coordinates.

        Args:
            method: its name.
            original: place of its contender in original coordinates.
            rotated: place of its contender in the basis.
            basis: what the rotated coordinates are called.
        """
        after, before = (
            typical if np.isfinite(typical := self.bands[place].typical_steps) else fill("never")
            for place in (rotated, original)
        )
        wins, losses, ties = self.count_first(rotated, original)
        chance = sign_test(wins, losses)
        said = fill(
            "starts",
            method=label(method),
            basis=basis,
            count=self.n_starts,
            wins=wins,
            losses=losses,
            ties=ties,
            chance=fill("chance", p=chance) if wins + losses and chance > LEVEL else "",
            after=after,
            before=before,
        )
        gone = sum(int((self.bands[p].diverged_at >= 0).sum()) for p in (original, rotated))
        if not gone:
            return said
        return " ".join([said, fill("runs diverge", gone=gone, runs=2 * self.n_starts)])


def sign_test(wins: int, losses: int) -> float:
    """Probability of a split at least as uneven if each start were a fair coin; ties are left out.

    Args:
        wins: starts from which one contender is first.
        losses: starts from which the other is.
    """
    count = wins + losses
    if count == 0:
        return 1.0
    tail = sum(comb(count, k) for k in range(min(wins, losses) + 1)) / 2**count
    return min(1.0, 2 * tail)


def compare_starts(
    objective: Objective,
    contenders: Sequence[Contender],
    starts,
    *,
    n_steps: int = 1000,
    schedule=None,
    tolerance: float | None = None,
    threads: int | None = None,
) -> Iterator[Bands]:
    """Medians and bands of all contenders, one more with each item; abandoning it stops the rest.

    Every contender gets the same starts and the same number of steps. A start's tolerance is
    1e-4·(f(x_0) − level) unless one is given.

    Args:
        objective: f; where its minimum is unknown, the level is the best value seen.
        contenders: methods at their rates, in their bases.
        starts: (S, d) x_0; those at which f or its gradient is not finite are left out.
        n_steps: T.
        schedule: (T,) factors of the rates, as in `egop.run`.
        tolerance: absolute, for all starts.
        threads: how many to use; None: one for each core.

    What `egop.cancellation` says of the calling thread holds for its runs.

    Raises:
        ValueError: f or its gradient is not finite at any start.
    """
    starts, n_excluded = defined_starts(objective, starts)
    paths: dict[int, Trajectory] = {}
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        places = {
            pool.submit(
                copy_context().run,
                run,
                objective,
                each.method,
                starts,
                n_steps,
                basis=each.basis,
                schedule=schedule,
                keep="values",
            ): place
            for place, each in enumerate(contenders)
        }
        try:
            for done in as_completed(places):
                paths[places[done]] = done.result()
                bands = _bands(objective, paths, len(contenders), tolerance)
                yield replace(bands, n_excluded=n_excluded)
        finally:
            for future in places:
                future.cancel()


def defined_starts(objective: Objective, starts) -> tuple[np.ndarray, int]:
    """The starts (S, d) at which f and its gradient are finite, and how many others there are.

    A run cannot begin at those, which says nothing about a method.

    Raises:
        ValueError: there is no such start.
    """
    starts = np.atleast_2d(objective.check_points(starts))
    values, gradients = objective.value_and_gradient(starts)
    keep = np.isfinite(values) & np.isfinite(gradients).all(axis=-1)
    if not keep.any():
        raise ValueError(
            f"{objective.name} is not defined at any of the {len(starts)} starts; "
            "draw them where it is"
        )
    return starts[keep], int(len(keep) - keep.sum())


def draw_starts(distribution: Distribution, n: int = N_STARTS, seed=0) -> np.ndarray:
    """(n, d) starts drawn from ρ, as the paper initializes its convex experiments (App. D.5)."""
    seed = (
        seed
        if isinstance(seed, np.random.Generator)
        else np.random.SeedSequence(seed, spawn_key=(3,))
    )
    return distribution.sample(n, np.random.default_rng(seed))


def _bands(objective, paths, n_contenders, tolerance) -> Bands:
    """The bands of the runs made so far; the level may fall while more are made."""
    everything = [path.values for path in paths.values()]
    first = everything[0][0]
    finite = first[np.isfinite(first)]
    target = choose_target(
        float(finite.max()) if len(finite) else np.inf, objective.minimum, everything, tolerance
    )
    allowed = np.full(len(first), target.tolerance)
    if tolerance is None:
        finest = finest_tolerance(target.level)
        allowed = np.maximum(RELATIVE_TOLERANCE * target.gap(first), finest)
    bands = {place: _band(path, target.level, allowed) for place, path in paths.items()}
    n_steps = len(everything[0]) - 1
    share = len(paths) / n_contenders
    return Bands(bands, target.level, target.known, len(first), n_steps, share)


def _band(path: Trajectory, level: float, allowed: np.ndarray) -> Band:
    values = path.values
    assert values is not None
    gaps = np.where(np.isnan(values), np.inf, values - level)
    middle, low, high = quantiles(gaps, axis=1)
    reached = steps_to_tolerance(values, level, allowed)
    return Band(middle, low, high, reached, path.diverged_at)
