"""Decides whether a gradient sample is enough to trust v_1: enough, not enough, cannot know.

A bootstrap sees only the sample that it resamples. It says nothing where a few gradients outweigh
the others, and is inconsistent where the estimate's variance is infinite (Athreya, Annals of
Statistics 15, 1987). So its angle counts only behind three gates: the moments that ρ has and the
gradient needs, the tails of ∇f, and the effective sample size. `benchmarks/sample_adequacy.py`
measures how often the answer "enough" is wrong: in about 1 % of samples. The constants are ours:
chosen on other problems and seeds, then made stricter once, after a first run of that benchmark.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from egop import tails
from egop.bootstrap import Bootstrap
from egop.distributions import Distribution
from egop.gradients import GradientSample
from egop.objectives import Objective
from egop.sentences import fill
from egop.tails import FEWEST

MAX_ANGLE = 5.0
"""Degrees within which v_1 must be."""
MIN_ANGLE = 1.0
"""Degrees: no smaller error is claimed."""

RULE = fill("rule of the light", fewest=FEWEST, most=MAX_ANGLE)

Answer = Literal["enough", "not enough", "cannot know"]


@dataclass(frozen=True)
class SampleAdequacy:
    """The answer of `judge_sample`, and its reason.

    Attributes:
        answer: "enough", "not enough" or "cannot know".
        words: the answer in a few words.
        sentence: the reason.
        qualifier: what a statement about the basis must carry; empty where the sample is enough.
        angle_degrees: v_1 is within this of the true one; 90 where nothing can be said.
        n_tied: leading eigenvalues that the sample cannot tell apart; 0: it can, or it is such that
            resampling says nothing of them.
    """

    answer: Answer
    words: str
    sentence: str
    qualifier: str
    angle_degrees: float = 90.0
    n_tied: int = 0

    @property
    def enough(self) -> bool:
        """True if the answer is "enough"."""
        return self.answer == "enough"


def judge_sample(
    objective: Objective, distribution: Distribution, sample: GradientSample, band: Bootstrap
) -> SampleAdequacy:
    """Decides whether the sample is enough for v_1 to be within 5° of the true one.

    Args:
        objective: f.
        distribution: ρ.
        sample: of their gradients.
        band: the bootstrap of these gradients.
    """
    if not sample.gradients.any():
        return SampleAdequacy(
            "not enough", "no gradient", fill("zero gradients"), fill("from zero gradients")
        )
    effective = tails.effective_sample_size(tails.normalized_squares(sample.gradients)[:, 0])
    return (
        _judge_moments(objective, distribution, sample)
        or _judge_tails(objective, distribution, sample, effective)
        or _judge_size(effective, sample.n_samples)
        or _judge_angle(band)
    )


def _judge_moments(objective, distribution, sample) -> SampleAdequacy | None:
    """An answer if ρ lacks moments that the EGOP or the variance of its estimate takes."""
    missing = tails.missing_moments(objective, distribution, sample.points)
    if missing is None:
        return None
    return _cannot_know(missing.sentence, fill(f"from an {missing.kind}"))


def _judge_tails(objective, distribution, sample, effective) -> SampleAdequacy | None:
    """An answer where f's own tails forbid one: poles, gradients growing faster than any power.

    The EGOP is infinite where a tail index of the squared gradient is 1 or less, so a sample is
    enough only where this can be excluded at 5 %. Too small a sample is said to be too small,
    unless a tail index above 1 can be excluded. Of a polynomial and a ρ with the moments that it
    takes, the EGOP is known to be finite, whatever the sample looks like.
    """
    if tails.is_finite(objective, distribution):
        return None
    low, high = tails.range_of_estimates(sample.n_samples)
    limit = high if effective >= FEWEST else low
    index = tails.smallest_tail_index(objective, distribution, sample, limit)
    if index >= limit:
        return None
    return _cannot_know(fill("heavy tails", index=index), fill("from heavy tails"))


def _cannot_know(reason: str, qualifier: str) -> SampleAdequacy:
    sentence = fill("cannot know", reason=reason)
    return SampleAdequacy("cannot know", "cannot know", sentence, qualifier)


def _judge_size(effective: float, count: int) -> SampleAdequacy | None:
    if effective >= FEWEST:
        return None
    wanted = rounded_up(count * FEWEST / effective)
    sentence = fill("few samples", effective=effective, fewest=FEWEST, wanted=wanted)
    return SampleAdequacy("not enough", "too few samples", sentence, fill("from too few samples"))


def _judge_angle(band: Bootstrap) -> SampleAdequacy:
    angle = max(MIN_ANGLE, band.largest_angle_degrees)
    if angle <= MAX_ANGLE:
        return SampleAdequacy("enough", "enough", fill("enough samples", angle=angle), "", angle)
    if band.n_tied > 1:
        sentence = fill("tied eigenvalues", tied=band.n_tied, count=band.n_samples)
        all_tied = band.n_tied == len(band.eigenvalues)  # the verdict says so by itself
        qualifier = "" if all_tied else fill("from tied eigenvalues", tied=band.n_tied)
        return SampleAdequacy(
            "not enough", "v₁ is arbitrary", sentence, qualifier, n_tied=band.n_tied
        )
    wanted = rounded_up(band.n_samples * (angle / MAX_ANGLE) ** 2)
    sentence = fill("uncertain v₁", angle=angle, most=MAX_ANGLE, wanted=wanted)
    words = f"v₁ ± {fill('degrees', angle=angle)}"
    return SampleAdequacy("not enough", words, sentence, fill("from too few samples"), angle)


def rounded_up(count: float) -> int:
    """A count with two digits: 1,234 as 1,300."""
    unit = 10 ** max(0, int(np.log10(count)) - 1)
    return int(np.ceil(count / unit)) * unit
