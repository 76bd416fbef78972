"""Prints the tables of the examples, and keeps them: `python -m benchmarks.examples`."""

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks import machine
from benchmarks.examples import batch_norm, convolution, small_gpt
from benchmarks.examples.example import SIZES
from benchmarks.examples.table import RATES, Row, markdown, measured, rows
from egop.experiments.devices import read_device
from egop.theme import count_words

EXAMPLES = {
    "convolution": convolution.build,
    "batch_norm": batch_norm.build,
    "small_gpt": small_gpt.build,
}
RESULT = Path(__file__).parents[1] / "results" / "examples.md"
HEAD = """# Adam in original coordinates and in bases of each structure

Written by `python -m benchmarks.examples`: {machine}, {date}, size "{size}", {seconds:.0f} s.
{note}

Each basis is trained at its own best rate of {rates}, tuned by the final training loss on
one trial of another seed. Steps are counted until the training loss is what Adam in original
coordinates ends with in the same trial, as seen at the ends of epochs; seconds likewise, with those
of estimating the basis. Every basis rotates the same weights. The basis of the inputs and the
random one need no gradients: they are what an EGOP basis is to be held against.

"""


def main(words: Sequence[str] | None = None) -> None:
    """Trains, prints, and stores after each example.

    Raises:
        SystemExit: the device is not there.
    """
    asked = arguments().parse_args(words)
    if asked.redraw:
        write_tables(asked.out, json.loads(asked.out.with_suffix(".json").read_text()))
        return
    try:
        device = read_device(asked.device, network=True)
    except ValueError as error:
        raise SystemExit(f"benchmarks.examples: {error}") from None
    size = asked.size or ("gpu" if device == "cuda" else "laptop")
    begin, titles, kept = time.monotonic(), {}, {}
    for name in asked.examples or EXAMPLES:
        example = EXAMPLES[name](size, device)
        example = replace(example, epochs=asked.epochs or example.epochs)
        found = rows(measured(example, device, asked.trials, show_progress(name)))
        print(markdown(example.title, found, asked.trials), flush=True)
        kept[name], titles[name] = [as_json(row) for row in found], example.title
        said = {"machine": name_of(device), "size": size, "seconds": time.monotonic() - begin}
        said |= {"note": asked.note, "trials": asked.trials, "rates": RATES, "titles": titles}
        store(asked.out, said, kept)


def arguments() -> argparse.ArgumentParser:
    """Declares what the command takes."""
    parser = argparse.ArgumentParser(prog="benchmarks.examples", description=__doc__)
    parser.add_argument("examples", nargs="*", metavar="EXAMPLE", help=", ".join(EXAMPLES))
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    parser.add_argument("--size", choices=SIZES, help="default: gpu there, else laptop")
    parser.add_argument("--trials", type=int, default=3, help="of the medians (default: 3)")
    parser.add_argument("--epochs", type=int, help="in place of those of the size")
    parser.add_argument("--note", default="", help="a sentence on the machine, for the heading")
    parser.add_argument(
        "--redraw", action="store_true", help="write the tables of the numbers stored beside them"
    )
    parser.add_argument("--out", type=Path, default=RESULT, help="the file of the tables")
    return parser


def show_progress(name: str) -> Any:
    """A function that shows how far an example is, where somebody watches."""

    def show(share: float, words: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{name} {share:4.0%} {words:60.60}", end="", file=sys.stderr)

    return show


def name_of(device: str) -> str:
    """The GPU, or the processor with its cores."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    described = machine.describe()
    return f"{described['processor']}, {count_words(int(str(described['cores'])), 'core')}"


def as_json(row: Row) -> dict[str, Any]:
    """The numbers of a row; null for ∞, which JSON does not have."""
    return {key: None if value == math.inf else value for key, value in asdict(row).items()}


def from_json(numbers: dict[str, Any]) -> Row:
    """The row of stored numbers."""
    missing: dict[str, Any] = {key: math.inf for key, value in numbers.items() if value is None}
    return Row(**numbers | missing)


def store(path: Path, said: dict[str, Any], kept: dict[str, Any]) -> None:
    """Writes the numbers as JSON, and the tables beside them."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    content = {"measured": now, **said, "computer": machine.describe(), "examples": kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    write_tables(path, content)


def write_tables(path: Path, content: dict[str, Any]) -> None:
    """Writes the tables of stored numbers."""
    rates, trials = content["rates"], content["trials"]
    said = {key: content[key] for key in ("machine", "size", "seconds", "note")}
    said |= {"date": content["measured"], "rates": ", ".join(f"{rate:g}" for rate in rates)}
    tables = [
        markdown(content["titles"][name], [from_json(row) for row in found], trials, rates)
        for name, found in content["examples"].items()
    ]
    path.write_text(HEAD.format(**said) + "\n".join(tables))


if __name__ == "__main__":
    main()
