"""`egop claims RUN…`: the paper's claims beside what was measured, for the terminal or Markdown."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.claims.claim import VERDICTS, Claim, size_of, verdict
from egop.experiments.claims.evidence import Finding
from egop.experiments.claims.load_results import finished_runs
from egop.experiments.claims.table import judged
from egop.experiments.trial_numbers import trials_words
from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr

HEADER = ("figure", "the paper says", "we measured", "size", "holds")
STYLES = {"yes": "green", "no": "bold red", "not decided": "dim", "not applicable": "dim"}


def claims_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop claims` takes."""
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help=RUNS_HELP)
    parser.add_argument("--markdown", action="store_true", help="a table for a README")


RUNS_HELP = "the folder of a run, or a folder of such folders; the last of each experiment counts"


def claims(asked: Namespace) -> None:
    """Prints the table.

    Raises:
        FileNotFoundError, ValueError, ImportError: as `finished_runs`.
    """
    results = finished_runs(asked.runs)
    if asked.markdown:
        sys.stdout.write(markdown(results))
        return
    with needed("egop claims", extra="networks"):
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    found = judged(*results.values())
    table = Table(*HEADER[:-1], title=_counted(found), show_lines=True)
    table.add_column(HEADER[-1], no_wrap=True)
    for claim, finding in found:
        *cells, last = _cells(claim, finding, results)
        table.add_row(*map(Text, cells), Text(last, style=STYLES[last]))
    console = Console()
    console.print(table)
    for line in sizes(results):
        console.print(Text(line))


def markdown(results: "Mapping[str, xr.Dataset]") -> str:
    """The table of all claims and, below it, what was run and which settings are ours."""
    found = judged(*results.values())
    rows = [HEADER, ("---",) * len(HEADER), *(_cells(*each, results) for each in found)]
    lines = [_row(row) for row in rows]
    below = [f"- {line}" for line in sizes(results)]
    settings = {name: EXPERIMENTS[name].chosen_here for name in results}
    ours = [f"- {name}: {words}" for name, words in settings.items() if words]
    words = ["What was run:", "", *below, "", OURS_WORDS, "", *ours, ""]
    return "\n".join([_counted(found) + ".", "", *lines, "", *words])


OURS_WORDS = (
    "Which settings are ours, since the paper's are not known; with those marked “seen”, claims "
    "had been looked at when they were chosen, so that these claims were not at risk:"
)


def sizes(results: "Mapping[str, xr.Dataset]") -> Iterator[str]:
    """Lines on each experiment: how large it was run, where, and a note on its data."""
    for name, result in results.items():
        config = json.loads(result.attrs["config"])
        parts = [trials_words(config)] if "trials" in config else []
        if "epochs" in config:
            parts.append(theme.count_words(config["epochs"], "epoch"))
        if config.get("n_samples"):
            parts.append(f"{theme.count_words(config['n_samples'], 'gradient')} in each EGOP")
        elif config.get("samples_per_parameter"):
            counted = theme.count_words(config["samples_per_parameter"], "gradient")
            parts.append(f"{counted} per parameter in each EGOP")
        if config.get("rates"):
            parts.append("given rates")
        parts.append(f"seed {result.attrs['seed']} on {result.attrs['device']}")
        note = result.attrs["data_note"]
        yield f"{name}: {', '.join(parts)}" + (f"; {note}" if note else "")


def _cells(
    claim: Claim, finding: Finding, results: "Mapping[str, xr.Dataset]"
) -> tuple[str, str, str, str, str]:
    result = results.get(claim.experiment)
    size = "" if result is None else size_of(result)
    return claim.figure, claim.stated, finding.words, size, verdict(finding)


def _counted(found: Sequence[tuple[Claim, Finding]]) -> str:
    verdicts = [verdict(finding) for _, finding in found]
    counts = {verbs: verdicts.count(each) for each, verbs in VERDICTS.items()}
    words = [f"{n} {verbs[n != 1]}" for verbs, n in counts.items()]
    return f"Of {theme.count_words(len(found), 'claim')} {', '.join(words)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
