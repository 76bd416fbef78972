"""`egop figures RUN…`: the paper's figures of finished runs, as SVG, PDF and PNG."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from egop import figures
from egop.experiments.claims.load_results import finished_runs
from egop.experiments.claims.report import RUNS_HELP


def figures_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop figures` takes."""
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help=RUNS_HELP)
    parser.add_argument(
        "--out", default="figures", metavar="DIR", help="where to write them (default: figures)"
    )


def write_figures(asked: Namespace) -> None:
    """Writes the figures, and says where they are.

    Raises:
        FileNotFoundError, ValueError, ImportError: as `finished_runs` and `egop.figures.draw`.
        OSError: the folder cannot be written.
    """
    for result in finished_runs(asked.runs).values():
        for path in figures.write(result, asked.out):
            sys.stdout.write(f"{path}\n")
