"""Runs many cases of a kind, counts them and keeps the first case of each finding."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from benchmarks.fuzz.kinds import Kind

TELL = 10.0
"""Seconds between two words of progress."""
LONGEST_CASE = 2000
"""Characters of a case that are stored; the seed and the number make it whole again."""


@dataclass
class Finding:
    """Something that went wrong.

    Attributes:
        sentence: what.
        case: the first case's seed and number, "SEED:NUMBER".
        shown: that case, cut.
        count: cases that ended so.
    """

    sentence: str
    case: str
    shown: str
    count: int = 0


@dataclass
class Outcome:
    """Counts, time and findings of the cases of one kind.

    Attributes:
        kind: the name of the kind.
        seed: of its cases.
        cases: how many were tried.
        seconds: how long that took.
        slowest: seconds of the longest case.
        slowest_case: its seed and number.
        findings: by their sentence.
    """

    kind: str
    seed: int
    cases: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_case: str = ""
    findings: dict[str, Finding] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Numbers and texts, ready for JSON."""
        return asdict(self) | {"findings": [asdict(each) for each in self.findings.values()]}


def case_of(name: str, kind: Kind, seed: int, number: int) -> Any:
    """The case of a kind that a seed and a number make."""
    return kind.generate(Random(f"{name} {seed} {number}"))


def attempt(kind: Kind, case: Any) -> str:
    """The finding of one case; an error of the check is one."""
    try:
        return kind.check(case)
    except Exception as error:
        return f"the check raised {type(error).__name__}: {' '.join(str(error).split())[:200]}"


def run(
    name: str,
    kind: Kind,
    seed: int,
    seconds: float,
    most: int | None = None,
    tell: Callable[[Outcome], object] = lambda outcome: None,
) -> Outcome:
    """Tries cases of a kind until the time or their number is up.

    Args:
        name: of the kind.
        kind: makes and checks the cases.
        seed: of the cases.
        seconds: after which no further case begins.
        most: how many cases at most.
        tell: called every `TELL` seconds with what was counted so far.
    """
    outcome = Outcome(name, seed)
    begun = told = time.monotonic()
    try:
        for number in _numbers(most):
            before = time.monotonic()
            if before - begun >= seconds:
                break
            case = case_of(name, kind, seed, number)
            sentence = attempt(kind, case)
            outcome.cases += 1
            taken = time.monotonic() - before
            if taken > outcome.slowest:
                outcome.slowest, outcome.slowest_case = taken, f"{seed}:{number}"
            if time.monotonic() - told >= TELL:
                told = time.monotonic()
                tell(outcome)
            if sentence:
                first = Finding(sentence, f"{seed}:{number}", repr(case)[:LONGEST_CASE])
                outcome.findings.setdefault(sentence, first).count += 1
    finally:
        kind.close()
    outcome.seconds = time.monotonic() - begun
    return outcome


def _numbers(most: int | None) -> Iterator[int]:
    return iter(range(most)) if most is not None else itertools.count()
