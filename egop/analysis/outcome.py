"""The verdict on one method: the effect of rotating, in plain words."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from egop.analysis.ending import Ending, Outcome, Rank, compare
from egop.analysis.nearby import RATE_CHANGE, START_CHANGE
from egop.analysis.stopping_target import StoppingTarget
from egop.sentences import fill, steps
from egop.theme import label, number

MUCH = 1.5
"""The factor from which on steps are compared by a factor; below, they are in percent."""

_MID_SENTENCE = (
    "gradient_descent",
    "momentum",
    "sign_momentum",
    "normalized_momentum",
    "spectral_momentum",
)


@dataclass(frozen=True)
class MethodVerdict:
    """The effect of rotating on one method.

    Attributes:
        method: its name.
        outcome: "gain": the rotated run arrived first, or alone, or ended lower; "loss": the
            opposite; "none": neither; "unclear": one did, by no more than a small change of rate
            or start makes; "diverged": both runs did.
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
    method: str,
    original: Ending,
    rotated: Ending,
    target: StoppingTarget,
    basis: str = "EGOP",
    falling: bool = False,
) -> MethodVerdict:
    """The verdict on one method, from its run in original and in rotated coordinates.

    Where the level is the value of a run that was still falling, no run beside a diverging one is
    said to arrive.
    """
    facts = _Facts(method, original, rotated, target, basis, falling)
    if original.still and rotated.still:
        verdict = _judge_stillness(facts)
    elif original.diverged or rotated.diverged:
        verdict = _judge_divergence(facts)
    elif not target.known and original.reached_at == rotated.reached_at == 0:
        sentence = facts.say("never below start")
        return MethodVerdict(method, "none", None, None, sentence)
    elif original.reached and rotated.reached:
        verdict = _judge_steps(facts)
    elif original.reached or rotated.reached:
        verdict = _judge_single_arrival(facts)
    else:
        verdict = _judge_gaps(facts)
    return replace(verdict, sentence=" ".join([verdict.sentence, *_additions(facts, verdict)]))


def describe_fall(method: str, original: Ending, rotated: Ending, basis: str) -> MethodVerdict:
    """A verdict that says how low one method has got on an f without a known lower bound."""
    sentence = fill(
        "falls",
        method=label(method),
        basis=basis,
        rotated=rotated.final_value,
        original=original.final_value,
    )
    return MethodVerdict(method, "none", None, None, sentence)


class _Facts(NamedTuple):
    """The runs and settings from which a verdict on one method is made."""

    method: str
    original: Ending
    rotated: Ending
    target: StoppingTarget
    basis: str
    falling: bool = False

    @property
    def name(self) -> str:
        return label(self.method)

    @property
    def within(self) -> str:
        return self.target.within

    @property
    def outcome(self) -> Outcome:
        return compare(self.original, self.rotated)

    @property
    def sides(self) -> tuple[tuple[str, Ending], tuple[str, Ending]]:
        return ("original", self.original), (self.basis, self.rotated)

    def above(self, ending: Ending) -> str:
        return fill("above", gap=ending.final_gap, level=self.target.level_name)

    def say(self, template: str, **values) -> str:
        return fill(template, method=self.name, within=self.within, basis=self.basis, **values)


def _judge_stillness(facts: _Facts) -> MethodVerdict:
    arrived, known = facts.original.reached, facts.target.known
    template = "stays" if not known else "starts arrived" if arrived else "stays above"
    sentence = facts.say(template, above=facts.above(facts.original))
    return MethodVerdict(facts.method, "none", 1.0, "steps" if arrived else "gap", sentence)


def _judge_steps(facts: _Facts) -> MethodVerdict:
    before, after = facts.original.reached_at, facts.rotated.reached_at
    if before == after == 0:
        sentence = facts.say("starts arrived")
        return MethodVerdict(facts.method, "none", 1.0, "steps", sentence)
    factor = before / after if after else np.inf
    if before == after:
        sentence = facts.say("arrives alike", steps=steps(after))
    else:
        none = facts.outcome == "none"
        compared = fill("no difference") if none else _compared(before, after)
        sentence = facts.say("arrives", steps=steps(after), before=before, compared=compared)
    return MethodVerdict(facts.method, facts.outcome, factor, "steps", sentence)


def _judge_single_arrival(facts: _Facts) -> MethodVerdict:
    (where, first), (elsewhere, other) = sorted(facts.sides, key=lambda side: side[1].rank)
    names = {"where": where, "elsewhere": elsewhere, "above": facts.above(other)}
    if not facts.target.known and first.sees_lowest:
        sentence = facts.say("sees the lowest", **names)
    else:
        template = "arrives and stays alone" if other.leaves_again else "arrives alone"
        counts = {"steps": steps(first.reached_at), "all_steps": steps(other.n_steps)}
        sentence = facts.say(template, **names, **counts)
    return MethodVerdict(facts.method, facts.outcome, None, None, sentence)


def _judge_gaps(facts: _Facts) -> MethodVerdict:
    before, after = facts.original.final_gap, facts.rotated.final_gap
    factor = 1.0 if before == after else before / after if after else np.inf
    passes = facts.original.leaves_again or facts.rotated.leaves_again
    values = {
        "come": fill("stay" if passes else "come"),
        "steps": steps(facts.original.n_steps),
        "above": facts.above(facts.rotated),
    }
    if facts.outcome == "none":
        sentence = facts.say("misses alike", **values)
    else:
        nearer = "nearer" if factor > 1 else "farther"
        size = max(factor, 1 / factor if factor else np.inf)
        known = np.isfinite(size) and facts.target.known
        how = fill(f"times {nearer}", factor=size) if known else fill(nearer)
        sentence = facts.say("misses", nearer=how, gap=before, **values)
    return MethodVerdict(facts.method, facts.outcome, factor, "gap", sentence)


def _judge_divergence(facts: _Facts) -> MethodVerdict:
    before, after = facts.original, facts.rotated
    if before.diverged_at == after.diverged_at == 0:
        return MethodVerdict(facts.method, "diverged", None, None, facts.say("cannot start"))
    if before.diverged and after.diverged:
        ways = {"original": _departure(before), "rotated": _departure(after)}
        sentence = facts.say("diverges in both", **ways)
        return MethodVerdict(facts.method, "diverged", None, None, sentence)
    (elsewhere, stays), (where, gone) = sorted(facts.sides, key=lambda side: side[1].rank)
    if facts.falling:
        fate = fill("has fallen", value=stays.final_value)
    elif stays.reached:
        fate = facts.say("comes", steps=steps(stays.reached_at))
    else:
        fate = fill("ends", above=facts.above(stays))
    sentence = facts.say(
        "diverges", where=where, elsewhere=elsewhere, departure=_departure(gone), fate=fate
    )
    return MethodVerdict(facts.method, facts.outcome, None, None, sentence)


def _departure(ending: Ending) -> str:
    values = {"step": ending.diverged_at, "rate": ending.rate}
    if ending.safe_rate is None:
        return fill("departure", **values)
    return fill("departure with a safe rate", **values, safe=ending.safe_rate)


def _additions(facts: _Facts, verdict: MethodVerdict) -> list[str]:
    """Sentences on what the comparison alone does not tell."""
    found = [
        fill("leaves again", steps=steps(ending.reached_at), where=fill("in one", where=where))
        for where, ending in facts.sides
        if ending.leaves_again and not ending.diverged
    ]
    cycling = [where for where, ending in facts.sides if ending.cycles]
    if cycling:
        where = fill("in both") if len(cycling) == 2 else fill("in one", where=cycling[0])
        found.append(fill("two-cycle", where=where))
    if verdict.outcome == "unclear":
        found.append(_unclear(facts))
    if facts.original.rate != facts.rotated.rate:
        rates = {"rotated": facts.rotated.rate, "original": facts.original.rate}
        found.append(fill("rates", basis=facts.basis, **rates))
    return found


def _unclear(facts: _Facts) -> str:
    """That small changes make as much of a difference, with the steps they lead to."""
    shares = {"rate": 100 * RATE_CHANGE, "start": 100 * START_CHANGE}
    original, rotated = facts.original.range, facts.rotated.range
    if any(kind != 0 for kind, _ in (*original, *rotated)):
        return fill("unclear", **shares)
    counts = {"rotated": _range(rotated), "original": _range(original)}
    return fill("unclear steps", **shares, **counts)


def _range(ranks: tuple[Rank, Rank]) -> str:
    return fill("range", low=int(ranks[0][1]), high=int(ranks[1][1]))


def _compared(before: int, after: int) -> str:
    """Compares numbers of steps in words: "3.4 times sooner", "12 % fewer steps"."""
    factor = max(before, after) / max(1, min(before, after))
    if factor >= MUCH:
        return fill("sooner" if after < before else "later", factor=factor)
    share = number(100 * abs(after - before) / before)
    return fill("fewer steps" if after < before else "more steps", percent=share)


def name_in_sentence(method: str) -> str:
    """The method's name inside a sentence."""
    name = label(method)
    return name.lower() if method in _MID_SENTENCE else name
