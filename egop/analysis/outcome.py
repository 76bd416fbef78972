"""What rotating did to one method: how its two runs ended, who arrived first, in plain words."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from egop.analysis.yardstick import Yardstick
from egop.metrics import steps_to_tolerance
from egop.theme import label, number

SAME_STEPS = 0.01
"""Step counts that differ by less than this share, or by one step, are the same."""

SAME_GAP = 0.05
"""Final gaps that differ by less than this share are the same."""

MUCH = 1.5
"""From this factor on, steps are compared by a factor; below, in percent."""

Outcome = Literal["gain", "none", "loss", "diverged"]

_MID_SENTENCE = ("gradient_descent", "momentum", "sign_momentum", "normalized_momentum")


@dataclass(frozen=True)
class Ending:
    """How one run ended.

    Attributes:
        rate: learning rate.
        n_steps: T.
        reached_at: first step within the tolerance; −1: never.
        final_gap: f − level after the last step; NaN where it diverged.
        diverged_at: step; −1: never.
        safe_rate: a lower rate that does not diverge (`find_safe_rate`); None: not looked for.
    """

    rate: float
    n_steps: int
    reached_at: int
    final_gap: float
    diverged_at: int = -1
    safe_rate: float | None = None

    @classmethod
    def of_run(
        cls,
        values,
        yardstick: Yardstick,
        rate: float,
        diverged_at: int = -1,
        safe_rate: float | None = None,
    ) -> "Ending":
        """The ending of a run with these values (T+1,) of f by step."""
        reached_at = int(steps_to_tolerance(values, yardstick.level, yardstick.tolerance))
        final_gap = float(yardstick.gap(values[-1]))
        return cls(rate, len(values) - 1, reached_at, final_gap, int(diverged_at), safe_rate)

    @property
    def diverged(self) -> bool:
        """Whether the run left for good."""
        return self.diverged_at >= 0

    @property
    def reached(self) -> bool:
        """Whether it came within the tolerance and stayed finite."""
        return self.reached_at >= 0 and not self.diverged


@dataclass(frozen=True)
class MethodVerdict:
    """What rotating did to one method.

    Attributes:
        method: its name.
        outcome: "gain": the rotated run arrived first, or alone, or ended lower; "loss": the
            opposite; "none": neither; "diverged": both runs did.
        factor: steps in original over steps in rotated coordinates where both arrived, the same of
            final gaps where neither did; above 1 is a gain; None where there is nothing to divide.
        measure: what `factor` divides, "steps" or "gap"; None with it.
        sentence: the same in plain words.
    """

    method: str
    outcome: Outcome
    factor: float | None
    measure: Literal["steps", "gap"] | None
    sentence: str


def judge_method(
    method: str, original: Ending, rotated: Ending, yardstick: Yardstick, basis: str = "EGOP"
) -> MethodVerdict:
    """The verdict on one method, from its run in original and in rotated coordinates."""
    facts = _Facts(method, original, rotated, yardstick, basis)
    if original.diverged or rotated.diverged:
        verdict = _judge_divergence(facts)
    elif original.reached and rotated.reached:
        verdict = _judge_steps(facts)
    elif original.reached or rotated.reached:
        verdict = _judge_single_arrival(facts)
    else:
        verdict = _judge_gaps(facts)
    if original.rate == rotated.rate:
        return verdict
    rates = f"{number(rotated.rate)} in {basis} coordinates and {number(original.rate)} in original"
    return replace(verdict, sentence=f"{verdict.sentence} (The rates are {rates} ones.)")


class _Facts(NamedTuple):
    """What a verdict on one method is made from."""

    method: str
    original: Ending
    rotated: Ending
    yardstick: Yardstick
    basis: str

    @property
    def name(self) -> str:
        return label(self.method)

    @property
    def within(self) -> str:
        return f"within {number(self.yardstick.tolerance)} of {self.yardstick.level_name}"

    def above(self, ending: Ending) -> str:
        return f"{number(ending.final_gap)} above {self.yardstick.level_name}"


def _judge_steps(facts: _Facts) -> MethodVerdict:
    before, after = facts.original.reached_at, facts.rotated.reached_at
    arrives = f"{facts.name} comes {facts.within}"
    if before == after == 0:
        sentence = f"{facts.name} starts {facts.within}: there is nothing to gain."
        return MethodVerdict(facts.method, "none", 1.0, "steps", sentence)
    factor = before / after if after else np.inf
    counts = f"after {steps(after)} in {facts.basis} coordinates, {before} in original ones"
    if abs(before - after) <= max(1, SAME_STEPS * min(before, after)):
        if before == after:
            counts = f"after {steps(after)} in both coordinate systems"
        sentence = f"{arrives} {counts}: no difference."
        return MethodVerdict(facts.method, "none", factor, "steps", sentence)
    outcome: Outcome = "gain" if after < before else "loss"
    sentence = f"{arrives} {counts}: {_compared(before, after)}."
    return MethodVerdict(facts.method, outcome, factor, "steps", sentence)


def _judge_single_arrival(facts: _Facts) -> MethodVerdict:
    gain = facts.rotated.reached
    first, other = (facts.rotated, facts.original) if gain else (facts.original, facts.rotated)
    where, elsewhere = (facts.basis, "original") if gain else ("original", facts.basis)
    sentence = (
        f"{facts.name} comes {facts.within} in {where} coordinates alone, after "
        f"{steps(first.reached_at)}; in {elsewhere} ones it is {facts.above(other)} "
        f"after {steps(other.n_steps)}."
    )
    return MethodVerdict(facts.method, "gain" if gain else "loss", None, None, sentence)


def _judge_gaps(facts: _Facts) -> MethodVerdict:
    before, after = facts.original.final_gap, facts.rotated.final_gap
    misses = f"{facts.name} does not come {facts.within} in {steps(facts.original.n_steps)}"
    factor = 1.0 if before == after else before / after if after else np.inf
    if 1 - SAME_GAP < factor < 1 + SAME_GAP:
        sentence = f"{misses} and ends {facts.above(facts.rotated)} either way."
        return MethodVerdict(facts.method, "none", factor, "gap", sentence)
    size = max(factor, 1 / factor if factor else np.inf)
    times = f"{number(size)} times " if np.isfinite(size) and facts.yardstick.known else ""
    sentence = (
        f"{misses}; in {facts.basis} coordinates it ends {times}"
        f"{'nearer' if factor > 1 else 'farther'}, {facts.above(facts.rotated)} against "
        f"{number(before)} in original ones."
    )
    return MethodVerdict(facts.method, "gain" if factor > 1 else "loss", factor, "gap", sentence)


def _judge_divergence(facts: _Facts) -> MethodVerdict:
    before, after = facts.original, facts.rotated
    if before.diverged_at == after.diverged_at == 0:
        sentence = f"{facts.name} cannot start: f is not finite there."
        return MethodVerdict(facts.method, "diverged", None, None, sentence)
    if before.diverged and after.diverged:
        sentence = (
            f"{facts.name} diverges in both coordinate systems: {_departure(before)} in original "
            f"ones, {_departure(after)} in {facts.basis} ones."
        )
        return MethodVerdict(facts.method, "diverged", None, None, sentence)
    gone, stays = (before, after) if before.diverged else (after, before)
    where, elsewhere = ("original", facts.basis) if before.diverged else (facts.basis, "original")
    fate = (
        f"comes {facts.within} after {steps(stays.reached_at)}"
        if stays.reached
        else f"ends {facts.above(stays)}"
    )
    sentence = (
        f"{facts.name} diverges in {where} coordinates, {_departure(gone)}; "
        f"in {elsewhere} ones it {fate}."
    )
    outcome: Outcome = "gain" if before.diverged else "loss"
    return MethodVerdict(facts.method, outcome, None, None, sentence)


def _departure(ending: Ending) -> str:
    left = f"at step {ending.diverged_at} with rate {number(ending.rate)}"
    if ending.safe_rate is None:
        return left
    return f"{left} (a rate of {number(ending.safe_rate)} would not)"


def steps(count: int) -> str:
    """A number of steps: 1 step, 148 steps, 10,000 steps."""
    return f"{count:,} step{'' if count == 1 else 's'}"


def _compared(before: int, after: int) -> str:
    """What `after` steps in place of `before` are: "3.4 times sooner", "12 % fewer steps"."""
    factor = max(before, after) / max(1, min(before, after))
    if factor >= MUCH:
        return f"{number(factor)} times {'sooner' if after < before else 'later'}"
    share = number(100 * abs(after - before) / before)
    return f"{share} % {'fewer' if after < before else 'more'} steps"


def name_in_sentence(method: str) -> str:
    """The method's name inside a sentence."""
    name = label(method)
    return name.lower() if method in _MID_SENTENCE else name
