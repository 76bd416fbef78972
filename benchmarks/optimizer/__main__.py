"""`python -m benchmarks.optimizer`: measures all rows, prints them, and writes them as a table."""

import argparse
import os
from pathlib import Path

import torch

from benchmarks import machine
from benchmarks.optimizer.estimates import estimate_rows, one_large_block
from benchmarks.optimizer.products import product_rows
from benchmarks.optimizer.steps import rows, wide_rows
from benchmarks.stopwatch import Row, line, seconds

HEAD = """| | egop | peer | its time | ratio | promised |
|---|---|---|---|---|---|"""


def main(words: list[str] | None = None) -> None:
    """Measures all rows and prints them, each as soon as it is known."""
    parser = argparse.ArgumentParser("python -m benchmarks.optimizer")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--wide", type=int, default=1024, help="units of the wide network's layers")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each timing")
    parser.add_argument("--million", type=int, default=10**6, help="entries of the large block")
    parser.add_argument("--out", type=Path, help="a file of Markdown, which gets the table, too")
    asked = parser.parse_args(words)
    record(
        asked.out, f"\n## {asked.device}, --wide {asked.wide}\n\n{where(asked.device)}\n\n{HEAD}"
    )
    for group in (
        one_large_block(asked.million),
        rows(asked.device, asked.seconds),
        wide_rows(asked.wide, asked.device, asked.seconds),
        estimate_rows(asked.wide, asked.device),
        product_rows(asked.device, asked.seconds, asked.million),
    ):
        for row in group:
            print(line(row), flush=True)
            record(asked.out, table_row(row))


def record(path: Path | None, text: str) -> None:
    """Adds a line to the file, if there is to be one."""
    if path is not None:
        begin = "" if path.exists() else "# Speed of `EGOPOptimizer`, and of estimates of bases\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{begin}{text}\n")


def where(device: str) -> str:
    """The machine, and how busy it is, in one line."""
    about = machine.describe()
    name = torch.cuda.get_device_name(device) if "cuda" in device else about["processor"]
    return (
        f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}, commit "
        f"{about['commit']}; {os.getloadavg()[0]:.1f} processes ran at the beginning. Times are "
        "medians, ratios those of the fastest times."
    )


def table_row(row: Row) -> str:
    """The row in Markdown."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    most = [f"≤ {row.allowed:g}"] if row.allowed is not None else []
    most += [f"≤ {seconds(row.budget)}"] if row.budget is not None else []
    over = "" if row.holds else " (over)"
    peer_time = seconds(row.peer_timing and row.peer_timing.median)
    own = seconds(row.egop.median)
    return (
        f"| {row.question} | {own} | {row.peer} | {peer_time} | {ratio} | {''.join(most)}{over} |"
    )


if __name__ == "__main__":
    main()
