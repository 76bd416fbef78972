"""The command line `egop`: serves the page, runs the paper's experiments, draws their figures."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dis import opmap
from typing import NamedTuple

from egop import __version__
from egop.execution import commands
from egop.experiments import EXPERIMENTS
from egop.experiments.claims import report as claims_table
from egop.extras import needed
from egop.figures import commands as figure_commands
from egop.networks.downloads import DataError, Progress, collection, data_folder, fetch, missing
from egop.networks.sources import COLLECTIONS
from egop.page import server
from egop.theme import count_words

ABOUT = """Serve the explorer, run the paper's experiments, draw their figures, check its claims."""


class Command(NamedTuple):
    """A command that can be typed after `egop`.

    Attributes:
        help: one line.
        arguments: declares what it takes.
        run: does it.
    """

    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of a command: 0 done, 1 a sentence says why not, 2 not understood.

    What neither egop's checks nor the system refuse is a fault of egop, and shows its traceback.

    Args:
        arguments: what was typed after `egop`; None: the process's own.
    """
    asked = _parser().parse_args(arguments)
    try:
        COMMANDS[asked.command].run(asked)
    except (MemoryError, OSError) as error:
        return _refuse(error)
    except (DataError, ImportError, TypeError, ValueError) as error:
        if not is_refusal(error):
            raise
        return _refuse(error)
    except KeyboardInterrupt:
        sys.stderr.write("egop: stopped; the same command goes on from here\n")
        return 130
    return 0


def is_refusal(error: Exception) -> bool:
    """True if a `raise` statement of egop raised an error: its message was written for people."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] != "egop":
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def _refuse(error: Exception) -> int:
    sys.stderr.write(f"egop: {error}\n")
    return 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="egop", description=ABOUT)
    parser.add_argument("--version", action="version", version=f"egop {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        command.arguments(commands.add_parser(name, help=command.help, description=command.help))
    return parser


def _data_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["fetch"], help="download what is not there yet")
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"of {', '.join(COLLECTIONS)}")


def _data(asked: Namespace) -> None:
    for data in [collection(name) for name in asked.names]:
        with _progress_bars() as progress:
            paths = fetch(data, progress=progress)
        sys.stdout.write(f"{data.name}: {count_words(len(paths), 'file')} in {paths[0].parent}\n")


@contextmanager
def _progress_bars() -> Iterator[Progress]:
    """A context that gives a function which moves one bar for each file, on standard error."""
    with needed("egop data fetch", extra="networks"):
        from rich import progress as rich_progress
        from rich.console import Console
    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True)) as bars:
        bar_of: dict[str, rich_progress.TaskID] = {}

        def progress(name: str, done: int, total: int) -> None:
            if name not in bar_of:
                bar_of[name] = bars.add_task(name)
            bars.update(bar_of[name], completed=done, total=total)

        yield progress


def _no_arguments(parser: ArgumentParser) -> None:
    """Declares nothing."""


def _list(_: Namespace) -> None:
    for title, lines in LISTS.items():
        sys.stdout.write(f"{title}\n")
        sys.stdout.writelines(f"  {line}\n" for line in lines())


def _data_lines() -> Iterator[str]:
    """Each data set, and whether it is there."""
    for name, data in COLLECTIONS.items():
        here = f"egop data fetch {name}" if missing(data) else str(data_folder() / data.folder)
        yield f"{name:<10} {here:<40} {data.reference}"


def _experiment_lines() -> Iterator[str]:
    """Each experiment, the figures of the paper it makes, and what it shows."""
    for name, experiment in EXPERIMENTS.items():
        figures = f"figure {', '.join(experiment.figures)}"
        yield f"{name:<16} {figures:<20} {experiment.title}"


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "data sets": _data_lines,
    "experiments": _experiment_lines,
}
"""The parts of `egop list`."""

COMMANDS = {
    "app": Command("serve the explorer and the lab to browsers", server.app_arguments, server.app),
    "data": Command("download the paper's data sets", _data_arguments, _data),
    "experiment": Command(
        "run an experiment of the paper", commands.experiment_arguments, commands.experiment
    ),
    "resume": Command(
        "continue a run that was interrupted", commands.resume_arguments, commands.resume
    ),
    "merge": Command("put the parts of a sweep together", commands.merge_arguments, commands.merge),
    "figures": Command(
        "draw the paper's figures from finished runs",
        figure_commands.figures_arguments,
        figure_commands.write_figures,
    ),
    "claims": Command(
        "check the paper's claims on finished runs",
        claims_table.claims_arguments,
        claims_table.claims,
    ),
    "list": Command("list data sets and experiments", _no_arguments, _list),
}
"""The commands that can be typed after `egop`."""
