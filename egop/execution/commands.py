"""`egop experiment`, `egop resume` and `egop merge`: arguments, progress, and the last words."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from egop.execution import cluster
from egop.execution.cluster import SCHEDULER
from egop.execution.rate_options import rates_of
from egop.experiments import EXPERIMENTS, begin
from egop.experiments.checks import BOUNDS
from egop.experiments.compared_methods import import_own
from egop.experiments.experiment import OnProgress
from egop.experiments.sweep.basis_names import BASES
from egop.experiments.trial_numbers import (
    RatesNeededError,
    held_words,
    read_option,
    search_words,
)
from egop.extras import needed
from egop.theme import count_words

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client

    from egop.runs.run import Run


def experiment_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop experiment` takes."""
    parser.add_argument("name", metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    parser.add_argument(
        "--trials",
        type=read_option,
        metavar="N|A:B",
        help="repetitions; A:B: those from A to B-1 alone, a part of a sweep for egop merge",
    )
    parser.add_argument("--epochs", type=BOUNDS["epochs"].read_option, help="passes over the data")
    rates = parser.add_mutually_exclusive_group()
    rates.add_argument(
        "--rates",
        nargs="+",
        metavar="METHOD=RATES",
        help="learning rates in place of the search: adam=0.01,0.02 momentum=0.1, or 0.01,0.1",
    )
    rates.add_argument(
        "--rates-from",
        metavar="RUN",
        help="the rates that a finished run tried; where these are the powers of ten alone that a "
        "search begins with, also those around the best",
    )
    parser.add_argument(
        "--methods",
        nargs="+",
        metavar="METHOD",
        help="names of what is compared, in quotes with options: adam 'galore(rank=4)'",
    )
    parser.add_argument(
        "--bases",
        nargs="+",
        metavar="BASIS",
        help=f"coordinates of networks beside the original ones: {', '.join(BASES)}; controls, "
        "data and random ones, only where they are named here, too",
    )
    parser.add_argument(
        "--seed", type=BOUNDS["seed"].read_option, help="of everything random (default: 0)"
    )
    parser.add_argument(
        "--r-med",
        type=BOUNDS["r_med_epochs"].read_option,
        metavar="EPOCHS",
        help="at how many epochs R_med of a network's layers is measured (default: none)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="about two minutes on an idle machine with two cores"
    )
    parser.add_argument(
        "--out", default="runs", metavar="DIR", help="where runs are (default: runs)"
    )
    parser.add_argument(
        "--threads", type=BOUNDS["threads"].read_option, help="of the CPU (default: all)"
    )
    _import_argument(parser)
    _scheduler_argument(parser)


def resume_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop resume` takes."""
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run")
    _import_argument(parser)
    _scheduler_argument(parser)


def merge_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop merge` takes."""
    about = "folders of finished runs that differ in their trials alone, with the same rates, or a "
    about += "folder that holds them"
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help=about)
    parser.add_argument(
        "--out", default="runs", metavar="DIR", help="where the new run is (default: runs)"
    )
    _import_argument(parser)


def experiment(asked: Namespace) -> None:
    """Runs an experiment into a new folder.

    Raises:
        ValueError, ImportError, OSError, MemoryError: as `egop.experiments.run`.
    """
    with needed("egop experiment", extra="networks"):
        from egop.experiments import execution
    import_own(asked.imports)
    with _workers(asked.scheduler) as client:
        try:
            run = _begun(asked)
        except RatesNeededError as error:
            raise ValueError(error.typed) from None
        config = execution.experiment_of(run)[1]
        advice = search_words(config, run.folder) if isinstance(asked.trials, range) else ""
        sys.stderr.writelines(f"{line}\n" for line in (run.folder, advice) if line)
        with execution.discarded_unless_begun(run):
            _carry_out(run, client)


def _begun(asked: Namespace) -> "Run":
    return begin(
        asked.name,
        asked.trials,
        asked.epochs,
        rates_of(asked),
        asked.device,
        asked.out,
        quick=asked.quick,
        methods=asked.methods,
        bases=asked.bases,
        seed=asked.seed,
        r_med_epochs=asked.r_med,
        threads=asked.threads,
    )


def resume(asked: Namespace) -> None:
    """Continues the run in a folder.

    Raises:
        ValueError, ImportError, OSError, MemoryError: as `egop.experiments.resume`.
    """
    with needed("egop resume", extra="networks"):
        from egop.runs.results import RESULT, load
        from egop.runs.run import Run
    import_own(asked.imports)
    if (asked.run / RESULT).exists():
        sys.stdout.write(f"{asked.run}: {_said(load(asked.run))}\n")
        return
    with _workers(asked.scheduler) as client:
        _carry_out(Run.open(asked.run), client)


def merge(asked: Namespace) -> None:
    """Puts the parts of a sweep together into a new folder.

    Raises:
        ValueError, ImportError, OSError: as `egop.experiments.merge`.
    """
    with needed("egop merge", extra="networks"):
        from egop.experiments.execution import execute
        from egop.experiments.merging import begin_merged, discarded_on_error
    import_own(asked.imports)
    run = begin_merged(asked.runs, asked.out)
    with discarded_on_error(run), _progress() as on_progress:
        result = execute(run, on_progress)
    sys.stdout.write(f"{run.folder}: {_said(result)}\n")


def _import_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--import",
        dest="imports",
        nargs="+",
        default=[],
        metavar="FILE",
        help="Python files that make methods known by egop.methods.from_update, or experiments by "
        "egop.experiments.register",
    )


def _scheduler_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        default=os.environ.get(SCHEDULER),
        help=f"of a Dask cluster, or local (default: {SCHEDULER}; without it, this process)",
    )


@contextmanager
def _workers(scheduler: str | None) -> Iterator["Client | None"]:
    """A context with the client of a cluster; None where this process does the work."""
    if scheduler is None:
        yield None
        return
    try:
        yield cluster.connect(scheduler)
    finally:
        cluster.disconnect()


def _carry_out(run: "Run", client: "Client | None") -> None:
    from egop.execution import driver
    from egop.experiments import execution

    try:
        with _progress() as on_progress:
            if client is None:
                result = execution.execute(run, on_progress)
            else:
                result = driver.execute(run, client, on_progress)
    except KeyboardInterrupt:
        sys.stderr.write(f"egop: stopped; continue it by egop resume {run.folder}\n")
        raise SystemExit(130) from None
    sys.stdout.write(f"{run.folder}: {_said(result)}\n")


def _said(result: "xr.Dataset") -> str:
    """The sentence at the end of a run: its trainings, and what a person must know of its data."""
    words = ["finished"]
    if "trial" in result.dims:
        words.append(held_words(result))
    if "basis" in result.dims:
        words.append(f"bases {', '.join(result['basis'].values.tolist())}")
    if "status" in result:
        made = int((result["status"] != "not run").sum())
        diverged = int((result["status"] == "diverged").sum())
        words.append(f"{count_words(made, 'run')}, {diverged} of them diverged")
    words.extend(filter(None, [result.attrs["data_note"]]))
    return "; ".join(words)


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A context that gives a function which moves a bar with the time left, on standard error."""
    with needed("egop experiment", extra="networks"):
        from rich import progress as rich_progress
        from rich.console import Console
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with rich_progress.Progress(*columns, console=console, speed_estimate_period=120) as bars:
        bar = bars.add_task("beginning", total=1.0)
        yield lambda share, words: bars.update(bar, completed=share, description=words)
