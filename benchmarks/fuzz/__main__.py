"""`make fuzz MINUTES=5`: tries hostile input of every kind, prints and stores what was found."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.fuzz.campaign import Outcome, attempt, case_of, run
from benchmarks.fuzz.kinds import KINDS

RESULT = Path(__file__).parent.parent / "results" / "fuzz.json"


def main(words: Sequence[str] | None = None) -> int:
    """Runs the kinds that were asked for; returns 1 if anything was found."""
    parser = argparse.ArgumentParser("python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="in all (default: 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--case", metavar="SEED:NUMBER", help="one case of one kind, shown whole")
    asked = parser.parse_args(words)
    if asked.case:
        return one_case(asked.kinds[0], *map(int, asked.case.split(":")))
    outcomes = []
    for name in asked.kinds:
        share = 60 * asked.minutes / len(asked.kinds)
        outcomes.append(run(name, KINDS[name], asked.seed, share))
        print(line(outcomes[-1]), flush=True)
    if asked.kinds == list(KINDS):
        store(outcomes, RESULT)
    return int(any(outcome.findings for outcome in outcomes))


def one_case(name: str, seed: int, number: int) -> int:
    """Tries one case again; returns 1 if it is still a finding."""
    case = case_of(name, KINDS[name], seed, number)
    print(repr(case))
    try:
        finding = attempt(KINDS[name], case)
    finally:
        KINDS[name].close()
    print(finding or "nothing is wrong with it")
    return int(bool(finding))


def line(outcome: Outcome) -> str:
    """One kind in one line, and a line for each of its findings."""
    head = (
        f"{outcome.kind:<10} {outcome.cases:>7} cases in {outcome.seconds:.0f} s, the slowest "
        f"{outcome.slowest:.2f} s ({outcome.slowest_case}), {len(outcome.findings)} findings"
    )
    rows = [f"    {each.case:>10} ×{each.count} {each.sentence}" for each in found(outcome)]
    return "\n".join([head, *rows])


def found(outcome: Outcome) -> list:
    """The findings of a kind, the most frequent first."""
    return sorted(outcome.findings.values(), key=lambda each: -each.count)


def store(outcomes: list[Outcome], path: Path) -> None:
    """Writes the counts and the findings as JSON, and as a table beside it."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    content = {
        "measured": now,
        "machine": machine.describe(),
        "kinds": [outcome.plain() for outcome in outcomes],
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(table(outcomes, now), encoding="utf-8")


def table(outcomes: list[Outcome], now: str) -> str:
    """The counts and the findings as Markdown."""
    rows = [
        f"| {each.kind} | {each.cases:,} | {each.seconds:.0f} | {each.slowest:.2f} "
        f"| {sum(finding.count for finding in each.findings.values())} |"
        for each in outcomes
    ]
    findings = [
        f"- {each.kind} {finding.case}, {finding.count} times: {finding.sentence}"
        for each in outcomes
        for finding in found(each)
    ]
    return "\n".join([
        "# Hostile input",
        "",
        f"Measured by `make fuzz` on {now}.",
        "",
        "| kind | cases | seconds | slowest case, s | cases with a finding |",
        "|---|---|---|---|---|",
        *rows,
        "",
        *(findings or ["Nothing was found."]),
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
