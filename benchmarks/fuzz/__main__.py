"""`make fuzz MINUTES=5`: tries hostile input of every kind, prints and stores what was found."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.fuzz.campaign import Outcome, attempt, case_of, run
from benchmarks.fuzz.kinds import KINDS

COMMAND = "python -m benchmarks.fuzz"
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
        outcomes.append(run(name, KINDS[name], asked.seed, share, tell=tell_progress))
        print(line(outcomes[-1]), flush=True)
    if asked.kinds == list(KINDS):
        store(outcomes, RESULT)
    return int(any(outcome.findings for outcome in outcomes))


def tell_progress(outcome: Outcome) -> None:
    """Prints how far a kind is."""
    print(
        f"{outcome.kind:<10} {outcome.cases:>7} cases so far, {len(outcome.findings)} findings",
        flush=True,
    )


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
    path.with_suffix(".md").write_text(table(content, outcomes), encoding="utf-8")


def table(content: dict[str, Any], outcomes: list[Outcome]) -> str:
    """The counts and the findings as Markdown.

    Args:
        content: as it is stored.
        outcomes: of the kinds.
    """
    here = content["machine"]
    rows = [
        f"| {each.kind} | {each.seed} | {each.cases:,} | {each.seconds:.0f} | {each.slowest:.2f} "
        f"(`{each.slowest_case}`) | {sum(finding.count for finding in each.findings.values())} |"
        for each in outcomes
    ]
    findings = [
        f"- {each.kind}, {finding.count} times: {finding.sentence}; once more by\n"
        f"  `{COMMAND} --kinds {each.kind} --case {finding.case}`"
        for each in outcomes
        for finding in found(each)
    ]
    return "\n".join([
        "# Hostile input",
        "",
        f"Measured by `make fuzz` on {content['measured']}, at commit {here['commit']},",
        f"with Python {here['python']} on {here['cores']} cores",
        f"({here['processor']}, {here['system']}).",
        "A case is made anew from its kind, its seed and its number:",
        f"`{COMMAND} --kinds KIND --case SEED:NUMBER`.",
        "",
        "| kind | seed | cases | seconds | slowest case, s | cases with a finding |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *(findings or ["Nothing was found."]),
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
