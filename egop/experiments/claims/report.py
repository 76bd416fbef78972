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
from egop.experiments.claims.table import CLAIMS, judged
from egop.experiments.trial_numbers import given_rates_words, trials_words
from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr

HEADER = ("figure", "the paper says", "we measured", "size", "holds")
STYLES = {"yes": "green", "no": "bold red", "not decided": "dim", "not applicable": "dim"}


def claims_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop claims` takes."""
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help=RUNS_HELP)
    parser.add_argument("--markdown", action="store_true", help="a table for a README")
    parser.add_argument(
        "--all", action="store_true", help="also the claims of experiments without a run"
    )


RUNS_HELP = "the folder of a run, or a folder of such folders; the last of each experiment counts"


def claims(asked: Namespace) -> None:
    """Prints the table.

    Raises:
        FileNotFoundError, ValueError, ImportError: as `finished_runs`.
    """
    results = finished_runs(asked.runs)
    if asked.markdown:
        sys.stdout.write(markdown(results, every=asked.all))
        return
    with needed("egop claims", extra="networks"):
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    found = _listed(results, every=asked.all)
    table = Table(*HEADER[:-1], title=_counted(found), show_lines=True)
    table.add_column(HEADER[-1], no_wrap=True)
    for claim, finding in found:
        *cells, last = _cells(claim, finding, results)
        table.add_row(*map(Text, cells), Text(last, style=STYLES[last]))
    console = Console()
    console.print(table)
    for line in (*sizes(results), others_words(found)):
        if line:
            console.print(Text(line))


def markdown(results: "Mapping[str, xr.Dataset]", *, every: bool = False) -> str:
    """The table of the claims and, below it, what was run and which settings are ours.

    Args:
        results: by experiment.
        every: whether claims of experiments without a result are listed, too.
    """
    found = _listed(results, every=every)
    rows = [HEADER, ("---",) * len(HEADER), *(_cells(*each, results) for each in found)]
    lines = [_row(row) for row in rows]
    below = [f"- {line}" for line in sizes(results)]
    settings = {name: EXPERIMENTS[name].chosen_here for name in results}
    ours = [f"- {name}: {words}" for name, words in settings.items() if words]
    words = ["What was run:", "", *below, "", OURS_WORDS, "", *ours, ""]
    others = [others_words(found), ""] if others_words(found) else []
    return "\n".join([_counted(found) + ".", "", *lines, "", *others, *words])


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
        parts.append(given_rates_words(config, json.loads(result.attrs.get("merged", "[]"))))
        parts.append(f"seed {result.attrs['seed']} on {result.attrs['device']}")
        note = result.attrs["data_note"]
        yield f"{name}: {', '.join(filter(None, parts))}" + (f"; {note}" if note else "")


def _listed(results: "Mapping[str, xr.Dataset]", *, every: bool) -> list[tuple[Claim, Finding]]:
    return [row for row in judged(*results.values()) if every or row[0].experiment in results]


def others_words(found: Sequence[tuple[Claim, Finding]]) -> str:
    """A sentence on the claims that are not listed; "" where all are."""
    shown = {claim.experiment for claim, _ in found}
    others = [claim.experiment for claim in CLAIMS if claim.experiment not in shown]
    if not others:
        return ""
    are = "claim is" if len(others) == 1 else "claims are"
    names = ", ".join(dict.fromkeys(others))
    return f"{len(others)} more {are} decided by runs of {names}; --all lists them, too."


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
