"""The live spectrum: the EGOP estimate while samples arrive, and when there are enough."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from egop.analysis.sample_adequacy import SampleAdequacy, judge_sample
from egop.bootstrap import Bootstrap, bootstrap
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.estimation import StreamingEGOP
from egop.gradients import GradientSample, gradient_chunks
from egop.metrics import density, spectral_gap, stable_rank
from egop.objectives.objective import Objective

FIRST = 50
"""Samples of the first estimate; every later one has twice as many, up to M."""


@dataclass(frozen=True, eq=False)
class SpectrumSnapshot:
    """The estimate from the samples so far.

    Attributes:
        basis: eigenvalues and eigenvectors.
        band: bootstrap bands of the eigenvalues and the angle error of v_1.
        points: (m, d) where the gradients were taken.
        stable_rank: sr (Eq. 3).
        densities: (d,) β_k of each eigenvector.
        gaps: (d−1,) λ_k/λ_{k+1}; near 1 the two eigenvectors are arbitrary in their plane.
        adequacy: whether there are enough samples, and why.
        share: of the M samples that are in, from 0 to 1.
    """

    basis: Eigenbasis
    band: Bootstrap
    points: np.ndarray
    stable_rank: float
    densities: np.ndarray
    gaps: np.ndarray
    adequacy: SampleAdequacy
    share: float


def stream_spectrum(
    objective: Objective,
    distribution: Distribution,
    n_samples: int = 2000,
    seed=0,
    *,
    n_resamples: int = 500,
) -> Iterator[SpectrumSnapshot]:
    """The spectrum from 50, 100, 200, … M samples; the last equals `estimate_eigenbasis`.

    Estimates before the last are resampled a fifth as often. While no gradient so far is finite,
    nothing is yielded.

    Args:
        objective: f with d variables.
        distribution: ρ over the same variables.
        n_samples: M.
        seed: as in `sample_gradients`.
        n_resamples: of the last estimate's bootstrap.

    Raises:
        ValueError: as `sample_gradients`, once all gradients are known not to be finite.
    """
    estimate = StreamingEGOP(objective.dim)
    points, gradients, excluded = [], [], 0
    chunks = gradient_chunks(objective, distribution, n_samples, seed, _chunk_sizes(n_samples))
    for chunk in chunks:
        estimate = estimate.add(chunk.gradients)
        points.append(chunk.points)
        gradients.append(chunk.gradients)
        excluded += chunk.n_excluded
        seen = estimate.n_samples + excluded
        last = seen == n_samples
        if estimate.n_samples == 0 and not last:
            continue
        resamples = n_resamples if last else max(1, n_resamples // 5)
        basis = replace(estimate.eigenbasis(seed), n_excluded=excluded)
        sample = GradientSample(np.concatenate(points), np.concatenate(gradients), excluded)
        band = bootstrap(sample.gradients, resamples, seed=seed)
        adequacy = judge_sample(objective, distribution, sample, band)
        yield _spectrum(basis, band, sample.points, adequacy, seen / n_samples)


def _spectrum(basis, band, points, adequacy, share: float) -> SpectrumSnapshot:
    gaps = [spectral_gap(basis.eigenvalues, k) for k in range(1, basis.dim)]
    return SpectrumSnapshot(
        basis,
        band,
        points,
        float(stable_rank(basis.eigenvalues)),
        density(basis.eigenvectors),
        np.array(gaps),
        adequacy,
        share,
    )


def _chunk_sizes(n_samples: int) -> tuple[int, ...]:
    """Sizes that bring the sample to 50, 100, 200, … and at last to M."""
    ends = [FIRST]
    while ends[-1] < n_samples:
        ends.append(min(2 * ends[-1], n_samples))
    return tuple(np.diff([0, *ends]).tolist())
