"""`make bench`: measures everything, prints the table, stores it beside the machine it ran on.

`python -m benchmarks NAME ...` measures some of it, and stores nothing.
"""

import json
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from benchmarks import (
    bases,
    event_loop,
    formula,
    heat_map,
    loading,
    machine,
    networks,
    scheduled,
    spectrum,
    trajectories,
    tuner,
)
from benchmarks.optimizer import steps
from benchmarks.stopwatch import LINE, Row, line

MODULES = {
    module.__name__.removeprefix("benchmarks."): module
    for module in (
        loading,
        trajectories,
        spectrum,
        heat_map,
        tuner,
        formula,
        bases,
        networks,
        steps,
        scheduled,
        event_loop,
    )
}
"""The benchmarks, by the names of their files."""
RESULTS = Path(__file__).parent / "results"


def parser() -> ArgumentParser:
    """The parser of the command line, whose help tells all benchmarks."""
    width = max(map(len, MODULES))
    lines = [f"  {name:<{width}}  {first_line(module)}" for name, module in MODULES.items()]
    made = ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(["benchmarks:", *lines]),
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("names", nargs="*", metavar="NAME", type=known, help="those below, or all")
    return made


def known(name: str) -> str:
    """The name of a benchmark as it was typed.

    Raises:
        ArgumentTypeError: there is none of that name.
    """
    if name not in MODULES:
        raise ArgumentTypeError(f"there is no benchmark {name}; take {', '.join(MODULES)}")
    return name


def first_line(module: ModuleType) -> str:
    """The first line of a module's docstring."""
    return str(module.__doc__).split("\n", 1)[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one line for each row as soon as it is measured; stores them if they are all."""
    names = parser().parse_args(arguments).names
    measured: list[Row] = []
    print(LINE.format("", "egop", "budget", "peer", "its time", "ratio", ""))
    for name in names or MODULES:
        for row in MODULES[name].rows():
            measured.append(row)
            print(line(row), flush=True)
    if not names:
        print(f"stored as {store(measured).relative_to(Path.cwd())}")


def store(measured: list[Row]) -> Path:
    """The JSON file that holds the rows and the machine, named after today."""
    now = datetime.now(UTC)
    rows = [asdict(row) | {"ratio": row.ratio, "holds": row.holds} for row in measured]
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%d}.json"
    content = {"measured": f"{now:%Y-%m-%d %H:%M} UTC", "machine": machine.describe(), "rows": rows}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    main()
