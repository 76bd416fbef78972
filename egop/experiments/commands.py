"""`egop experiment` and `egop resume`: arguments, progress, and what is said at the end."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.experiments import EXPERIMENTS, Tell, begin
from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr


def experiment_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop experiment` takes."""
    parser.add_argument("name", metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    parser.add_argument("--trials", type=int, help="repetitions")
    parser.add_argument("--epochs", type=int, help="passes over the data")
    parser.add_argument(
        "--rates",
        nargs="+",
        metavar="METHOD=RATES",
        help="learning rates in place of the search: adam=0.01,0.02 momentum=0.1, or 0.01,0.1",
    )
    parser.add_argument("--seed", type=int, help="of everything random (default: 0)")
    parser.add_argument("--quick", action="store_true", help="in two minutes or less")
    parser.add_argument(
        "--out", default="runs", metavar="DIR", help="where runs are (default: runs)"
    )
    parser.add_argument("--threads", type=int, help="of the CPU (default: all)")


def resume_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop resume` takes."""
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run")


def experiment(asked: Namespace) -> None:
    """Runs an experiment into a new folder.

    Raises:
        ValueError, ImportError, OSError, MemoryError: as `egop.experiments.run`.
    """
    run = begin(
        asked.name,
        asked.trials,
        asked.epochs,
        read_rates(asked.rates),
        asked.device,
        asked.out,
        quick=asked.quick,
        seed=asked.seed,
        threads=asked.threads,
    )
    sys.stderr.write(f"{run.folder}\n")
    from egop.experiments.execution import execute

    _carry_out(run.folder, lambda tell: execute(run, tell))


def resume(asked: Namespace) -> None:
    """Continues the run in a folder.

    Raises:
        ValueError, ImportError, OSError, MemoryError: as `egop.experiments.resume`.
    """
    from egop import experiments

    _carry_out(asked.run, lambda tell: experiments.resume(asked.run, tell))


def read_rates(words: list[str] | None) -> Any:
    """The rates that were typed: by method, one list for all, or None.

    Raises:
        ValueError: a word that is neither METHOD=RATES nor numbers.
    """
    if words is None:
        return None
    try:
        if not any("=" in word for word in words):
            return [float(number) for word in words for number in word.split(",")]
        pairs = [word.split("=") for word in words]
        return {method: [float(rate) for rate in rates.split(",")] for method, rates in pairs}
    except ValueError:
        raise ValueError(
            "--rates takes METHOD=RATE,RATE … or rates for all methods, such as "
            f"adam=0.01,0.02 momentum=0.1, got {' '.join(words)!r}"
        ) from None


def _carry_out(folder: Path | None, work: Any) -> None:
    try:
        with _progress() as tell:
            result = work(tell)
    except KeyboardInterrupt:
        sys.stderr.write(f"egop: stopped; continue it by egop resume {folder}\n")
        raise SystemExit(130) from None
    sys.stdout.write(f"{folder}: {_said(result)}\n")


def _said(result: "xr.Dataset") -> str:
    """What a person wants to know at the end."""
    words = ["finished"]
    if "status" in result:
        made = int((result["status"] != "not run").sum())
        words.append(f"{made} runs, {int((result['status'] == 'diverged').sum())} of them diverged")
    words.extend(filter(None, [result.attrs["data_note"]]))
    return "; ".join(words)


@contextmanager
def _progress() -> Iterator[Tell]:
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
