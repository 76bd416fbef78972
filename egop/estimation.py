"""Gradients of f where ρ draws points → the eigenbasis of their EGOP (Algorithm 1)."""

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from egop.decomposition import triangular_factor
from egop.eigenbasis import Eigenbasis
from egop.gradients import sample_gradients, usable
from egop.sentences import fill
from egop.tails import why_infinite

if TYPE_CHECKING:
    from egop.distributions import Distribution
    from egop.objectives.objective import Objective


@dataclass(frozen=True, eq=False)
class StreamingEGOP:
    """An EGOP estimate that grows with its gradients; equals the one-shot one up to round-off.

    `add` and `merge` return the grown estimate and leave this one as it is.

    Attributes:
        dim: number of variables d.
        n_samples: M gradients so far.
        n_excluded: gradients left out so far, since they are not finite.
        factor: (min(M, d), d) R with RᵀR = Σ g gᵀ, which holds what M gradients say.
    """

    dim: int
    n_samples: int = 0
    n_excluded: int = 0
    factor: np.ndarray | None = None

    def add(self, gradients) -> "StreamingEGOP":
        """The estimate with gradients (m, d) added.

        Raises:
            ValueError: another shape.
        """
        gradients = np.asarray(gradients, dtype=float)
        if gradients.ndim != 2 or gradients.shape[1] != self.dim:
            raise ValueError(f"add takes gradients (M, {self.dim}), got shape {gradients.shape}")
        keep = usable(gradients)
        kept = gradients if keep.all() else gradients[keep]
        added = len(kept)
        return self.merge(StreamingEGOP(self.dim, added, len(gradients) - added, kept))

    def merge(self, other: "StreamingEGOP") -> "StreamingEGOP":
        """The estimate from the gradients of both.

        Raises:
            ValueError: they differ in their number of variables.
        """
        if other.dim != self.dim:
            raise ValueError(f"merge takes an estimate in {self.dim} variables, got {other.dim}")
        rows = [part.factor for part in (self, other) if part.factor is not None]
        factor = triangular_factor(np.concatenate(rows)) if rows else None
        n_samples = self.n_samples + other.n_samples
        return StreamingEGOP(self.dim, n_samples, self.n_excluded + other.n_excluded, factor)

    def eigenbasis(self, seed=0) -> Eigenbasis:
        """The eigenbasis of the estimate so far; `seed` completes it while M < d.

        Raises:
            ValueError: no finite gradient so far.
        """
        factor = np.empty((0, self.dim)) if self.factor is None else self.factor
        return Eigenbasis.from_factor(factor, self.n_samples, self.n_excluded, seed)


def estimate_eigenbasis(
    objective: "Objective", distribution: "Distribution", n_samples: int = 2000, seed=0
) -> Eigenbasis:
    """The eigenbasis of the EGOP E_{θ~ρ}[∇f(θ)∇f(θ)ᵀ], estimated from M gradients (Algorithm 1).

    Warns (RuntimeWarning) where the EGOP is infinite or the sample's tails look so, as those of a
    logarithm's gradient 1/x at its pole; `Eigenbasis.caveat` says why.

    Args:
        objective: f with d variables.
        distribution: ρ over the same variables.
        n_samples: M; below d the basis is completed at random.
        seed: an integer or a numpy generator.

    Raises:
        ValueError: M < 1, dimensions that differ, or not one finite gradient.
    """
    sample = sample_gradients(objective, distribution, n_samples, seed)
    basis = Eigenbasis.from_gradients(sample.gradients, seed)
    caveat = why_infinite(objective, distribution, sample)
    if caveat:
        warnings.warn(fill("caveat", objective=objective.name), RuntimeWarning, stacklevel=2)
    return replace(basis, n_excluded=sample.n_excluded, caveat=caveat)
