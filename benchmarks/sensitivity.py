"""Sensitivity of the claims about the convex problems to our settings.

    python -m benchmarks.sensitivity --out FOLDER      # FOLDER/sensitivity.md

Every claim is judged in each of `CELLS`, which differ from the settings of the table of claims in
one thing; the paper's own values of these are not known. The cells were fixed before any of them
was run.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

from egop import experiments
from egop.experiments.claims.claim import Claim, judge, verdict
from egop.experiments.claims.evidence import Finding
from egop.experiments.claims.table import CLAIMS
from egop.experiments.convex import Config

CELLS: dict[str, dict[str, Any]] = {
    "as in the table": {},
    "seed 1": {"seed": 1},
    "seed 2": {"seed": 2},
    "tolerance 1e-5": {"tolerance": 1e-5},
    "accumulator 0": {"initial_accumulator": 0.0},
    "flatter, k^-(decay/2)": {"decays": (1.0, 0.5, 1.0, 0.5)},
    "steeper, k^-(decay+1)": {"decays": (3.0, 2.0, 3.0, 2.0)},
}
"""The changes of `convex.Config`, by name."""

METHODS = ("adagrad", "adam", "gradient_descent", "momentum")
"""Adagrad from 0 is a cell, not a method of its own."""

ROWS = tuple(c for c in CLAIMS if c.experiment == "convex" and "accumulator 0)" not in c.text)

Verdicts = dict[str, list[Finding]]


def main(words: Sequence[str] | None = None) -> None:
    """Runs the cells and writes the table after each of them."""
    parser = argparse.ArgumentParser("python -m benchmarks.sensitivity", description=__doc__)
    parser.add_argument("--trials", type=int, help="problems of each kind (default: 5)")
    parser.add_argument("--epochs", type=int, help="steps (default: 1000)")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    asked = parser.parse_args(words)
    sizes = {key: x for key in ("trials", "epochs") if (x := getattr(asked, key)) is not None}
    for found in judged_cells(replace(Config(methods=METHODS), **sizes)):
        write(found, asked.out)
    print(f"written to {asked.out / 'sensitivity.md'}")


def judged_cells(
    config: Config,
    seconds: float = float("inf"),
    run: Callable[[Config], xr.Dataset] | None = None,
) -> Iterator[Verdicts]:
    """The findings of `ROWS` in each cell, after each cell; no cell is begun after `seconds`."""
    begin, found = time.monotonic(), {}
    for name, changes in CELLS.items():
        if time.monotonic() - begin > seconds:
            print(f"sensitivity: no time is left for the cell {name!r} and those after it")
            return
        result = (run or _run)(replace(config, **changes))
        found[name] = [judge(claim, {"convex": result}) for claim in ROWS]
        yield found


def _run(config: Config) -> xr.Dataset:
    return experiments.run("convex", config=config, out=None)


def write(found: Verdicts, folder: Path) -> None:
    """Writes the table, and below it what was measured in each cell."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [
        f"\n{claim.figure}: {claim.text}\n\n"
        + "".join(f"- {cell}: {findings[k].words}\n" for cell, findings in found.items())
        for k, claim in enumerate(ROWS)
    ]
    text = f"{markdown(found)}\n## What was measured\n{''.join(words)}"
    (folder / "sensitivity.md").write_text(text, encoding="utf-8")


def markdown(found: Mapping[str, Sequence[Finding]]) -> str:
    """A row for each claim, a column for each cell, and in how many of them it holds."""
    header = ["figure", "the paper says", *found, "holds in"]
    rows = [header, ["---"] * len(header)]
    rows += [_row(claim, [cell[k] for cell in found.values()]) for k, claim in enumerate(ROWS)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    first = "# Claims about convex problems under other settings of ours\n\n"
    return first + "\n".join(lines) + "\n"


def _row(claim: Claim, findings: Sequence[Finding]) -> list[str]:
    verdicts = [verdict(each) for each in findings]
    holds = verdicts.count("yes")
    words = f"{holds} of {len(verdicts)}" + (", in one cell only" if holds == 1 else "")
    return [claim.figure, claim.stated, *verdicts, words]


if __name__ == "__main__":
    main()
