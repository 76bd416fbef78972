"""Bases that are estimated anew while a method runs, around the point that it has come to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egop.arrays import frozen, is_integer, shown
from egop.basis_checks import check_leading
from egop.decomposition import decompose, triangular_factor
from egop.distributions.distribution import by_name_only
from egop.distributions.sampler import read_distribution
from egop.eigenbasis import Eigenbasis
from egop.gradients import usable

if TYPE_CHECKING:
    from egop.distributions import Distribution
    from egop.objectives.objective import Objective

MOMENTS = ("rotate", "reset", "keep")
"""Treatments of a method's state when its coordinates change."""

STREAM = 2
"""The spawn key of the draws of all refreshes, beside those of samples and of completions."""


@by_name_only
@dataclass(frozen=True, eq=False, kw_only=True)
class Refreshed:
    """The EGOP eigenbasis around a run's iterate, estimated anew every τ steps.

    At the steps t = 0, τ, 2τ, … the distribution is shifted so that its mean is x_t, gradients are
    taken at its points, and the method goes on in the coordinates z = Vᵀx of their EGOP. Each run
    has a basis of its own; all get the same draws around their iterates, so that a run is the same
    alone and among others.

    Attributes:
        every: τ ≥ 1.
        distribution: ρ, of which only the deviation from its mean matters.
        n_samples: M gradients of each estimate.
        moments: "rotate": with W = V_newᵀV_old first moments become Wm, second ones Σ_j W_ij² v_j,
            the S of full-matrix AdaGrad W S Wᵀ. A method that keeps something else begins anew at
            each refresh, as with "reset" and without a warning: VectorAdam, Adafactor, GaLore,
            Conda, ARO, COSMOS and DASGO in any basis; Shampoo, its one-sided form, ASGO, SOAP,
            KL-Shampoo, KL-SOAP and SPlus, too, but in training with the Kronecker bases of
            `RefreshedBases`. "reset": every method begins anew, its count of steps as well.
            "keep": all stays as it is, whatever it meant.
        seed: of the draws, an integer.
        leading: k of the coordinates z_1 … z_k, in which alone the runs move between refreshes;
            None: all.

    Raises:
        TypeError: no distribution, or an argument without its name.
        ValueError: a count below 1, another word for the moments, a seed that is no integer, a
            distribution whose mean is not known.
    """

    every: int
    distribution: "Distribution" = None  # type: ignore[assignment]  # which is then said
    n_samples: int = 2000
    moments: str = "rotate"
    seed: int = 0
    leading: int | None = None

    def __post_init__(self):
        for name, what in (("every", "a number of steps"), ("n_samples", "a number of gradients")):
            value = getattr(self, name)
            if not is_integer(value, 1):
                raise ValueError(f"Refreshed takes {name}, {what} of at least 1, got {value!r}")
        if self.moments not in MOMENTS:
            known = ", ".join(map(repr, MOMENTS))
            raise ValueError(f"Refreshed takes moments as one of {known}, got {self.moments!r}")
        if not is_integer(self.seed, 0):
            raise ValueError(
                f"Refreshed takes an integer seed of at least 0, got {self.seed!r}: each refresh "
                "draws by a seed of its own"
            )
        distribution = read_distribution(self.distribution)
        object.__setattr__(self, "distribution", distribution)
        if not np.isfinite(distribution.mean).all():
            raise ValueError(
                "Refreshed shifts the mean of a distribution to the iterate, but the mean of "
                f"{distribution.describe()} is not known; from_sampler takes mean="
            )
        check_leading(self.leading, distribution.dim)

    def deviations(self, refresh: int) -> np.ndarray:
        """(M, d) points of the distribution minus its mean, for refresh 0, 1, 2 and so on."""
        seed = np.random.SeedSequence(self.seed, spawn_key=(STREAM, refresh))
        drawn = self.distribution.sample(self.n_samples, np.random.default_rng(seed))
        return drawn - self.distribution.mean


@dataclass(frozen=True, eq=False)
class BasisHistory:
    """The bases that runs were in, one after the other.

    Attributes:
        steps: (K,) from which on each was in force.
        eigenvalues: (K, ..., d) descending; axes in the middle are runs.
        eigenvectors: (K, ..., d, d) V as columns, each with the sign nearest the basis before.
        n_samples: M gradients of each estimate.
        n_excluded: (K, ...) of them that were left out, since they or f are not finite. Where
            nothing was left the basis before went on, or V = I.
        n_steps: T of the runs.
    """

    steps: np.ndarray
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    n_samples: int
    n_excluded: np.ndarray
    n_steps: int

    def index(self, step: int) -> int:
        """The number k of the basis that was in force at a step."""
        return int(np.searchsorted(self.steps, step, side="right")) - 1

    def at(self, step: int, run: tuple[int, ...] = ()) -> Eigenbasis:
        """The basis that was in force at a step of a run.

        Args:
            step: 0 … T.
            run: its place on the axes of the runs; (): there is one run.

        Raises:
            ValueError: a step or a run that there is not.
        """
        axes = self.n_excluded.shape[1:]
        if not is_integer(step, 0) or step > self.n_steps:
            raise ValueError(f"at takes a step from 0 to {self.n_steps}, got {shown(step)}")
        inside = isinstance(run, tuple) and len(run) == len(axes)
        if not inside or not all(
            is_integer(i, 0) and i < n for i, n in zip(run, axes, strict=True)
        ):
            raise ValueError(
                f"at takes the place of one run of {axes} as a tuple of {len(axes)} integers "
                f"counted from 0, got {shown(run)}"
            )
        place = (self.index(step), *run)
        return Eigenbasis(
            self.eigenvalues[place],
            self.eigenvectors[place],
            self.n_samples,
            int(self.n_excluded[place]),
        )

    def indices(self, n_steps: int) -> np.ndarray:
        """(T+1,) the number of the basis in force at each step."""
        return np.searchsorted(self.steps, np.arange(n_steps + 1), side="right") - 1

    def by_step(self, n_steps: int) -> np.ndarray:
        """(T+1, ..., d, d) V at each step."""
        return self.eigenvectors[self.indices(n_steps)]


class Refresher:
    """Estimates the bases of runs while they go on, and keeps them.

    Args:
        refreshed: when and how.
        objective: f, in the coordinates of the runs' points.
        runs: their number R.
        keep: False: only the bases in force.
    """

    def __init__(self, refreshed: Refreshed, objective: "Objective", runs: int, keep: bool):
        self._refreshed, self._objective, self._keep = refreshed, objective, keep
        self.eigenvalues = np.zeros((runs, objective.dim))
        self.eigenvectors = np.broadcast_to(np.eye(objective.dim), (runs, *2 * (objective.dim,)))
        self._count = 0
        self._kept: list[tuple[int, np.ndarray, np.ndarray, np.ndarray]] = []

    def __call__(self, step: int, points: np.ndarray) -> np.ndarray:
        """(R, d, d) W = V_newᵀV_old after the bases were estimated around points (R, d)."""
        deviations = self._refreshed.deviations(self._count)
        old, self.eigenvectors = self.eigenvectors, np.array(self.eigenvectors)
        self.eigenvalues = np.array(self.eigenvalues)
        n_excluded = np.full(len(points), len(deviations))
        for run in np.flatnonzero(np.isfinite(points).all(axis=-1)):
            values, gradients = self._objective.value_and_gradient(points[run] + deviations)
            kept = gradients[usable(gradients) & np.isfinite(values)]
            n_excluded[run] -= len(kept)
            if len(kept):
                found = decompose(triangular_factor(kept), len(kept), self._completion())
                self.eigenvalues[run], eigenvectors = found
                overlaps = (old[run] * eigenvectors).sum(axis=0)
                self.eigenvectors[run] = eigenvectors * np.where(overlaps < 0, -1.0, 1.0)
        self._count += 1
        if self._keep:
            self._kept.append((step, self.eigenvalues, self.eigenvectors, n_excluded))
        return self.eigenvectors.mT @ old

    def _completion(self) -> np.random.Generator:
        key = (STREAM, self._count, 1)
        return np.random.default_rng(np.random.SeedSequence(self._refreshed.seed, spawn_key=key))

    def history(self, shape: tuple[int, ...], n_steps: int) -> BasisHistory | None:
        """The bases of runs with these axes and steps; None where they were not kept."""
        if not self._keep:
            return None
        steps, *parts = zip(*self._kept, strict=True)
        values, vectors, n_excluded = (
            frozen(np.stack(part)).reshape(len(steps), *shape, *part[0].shape[1:]) for part in parts
        )
        numbers = np.array(steps, dtype=np.int64)
        return BasisHistory(
            numbers,
            values,
            vectors,
            self._refreshed.n_samples,
            n_excluded.astype(np.int64),
            n_steps,
        )
