"""All thirteen figures of the paper on a GPU: `python -m benchmarks.gpu_full_paper`.

Runs from the source tree with PyTorch 2.11 or later and xarray beside what egop itself needs. First
the device must compute what the CPU does; then its own limits are measured, and every experiment is
run and held against them; at last the claims about convex problems are judged under other settings
(`sensitivity.py`), as far as `--seconds` allow. The record, the table of claims, that of
sensitivity and the results, in zip files (`stored_results.py`), are written into `--out` as each
experiment ends. The record of what is full and on a GPU goes to benchmarks/results, too.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import xarray as xr

from benchmarks import device_check, machine, sensitivity
from benchmarks.device_limits import Limits, describe, limits
from benchmarks.paper_work import Work, counted
from benchmarks.stored_results import Store
from egop import experiments
from egop.experiments.claims.report import markdown
from egop.experiments.convex import Config
from egop.experiments.devices import read_device
from egop.trials import DIVERGED, NOT_RUN

RESULT = Path(__file__).parent / "results" / "gpu_full_paper.json"
PROMISED = 600.0
"""Seconds for all figures on a GPU of the H100/H200 class."""

FAILURES = (ValueError, OSError, RuntimeError, MemoryError, ImportError)
"""Errors that are reported in one sentence; the other experiments are run all the same."""

Row = dict[str, Any]


def main(words: Sequence[str] | None = None) -> None:
    """Checks, measures, runs, prints, and stores.

    Raises:
        SystemExit: the device is not there or computes something else, or an experiment failed.
    """
    asked = read_arguments(words)
    try:
        device = read_device(asked.device, network=True)
        differences = device_check.check(device)
    except (ArithmeticError, *FAILURES) as error:
        raise SystemExit(f"gpu_full_paper: {error}") from None
    for what, difference in differences.items():
        print(f"largest relative difference between {what}: {difference:.2g}")
    own = limits(device, seconds=0.2 if asked.quick else 2.0)
    said = describe(device)
    print(
        f"{said['name']}: sgemm {own.sgemm / 1e12:.3g} TFLOP/s, copies {giga(own.bandwidth)} GB/s"
    )
    print(f"results are kept in {asked.out}")
    begin, kept = time.monotonic(), Store(asked.out)
    content: Row = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine.describe(),
        "device": said,
        "arguments": {key: str(x) if key == "out" else x for key, x in vars(asked).items()},
        "differences": differences,
        "limits": own._asdict(),
        "seconds": 0.0,
        "experiments": {},
    }
    results: dict[str, xr.Dataset] = {}
    for name in asked.only:
        row, result = measured(name, asked, device, own)
        content["experiments"][name] = row
        content["seconds"] += row["seconds"]
        for line in lines(name, row):
            print(line, flush=True)
        if result is not None:
            results[name] = result
            kept.add(name, result)
            (asked.out / "claims.md").write_text(markdown(results), encoding="utf-8")
        store(content, asked, device)
    print(f"{content['seconds']:.0f} s altogether, {PROMISED:.0f} s are promised for full size")
    print(markdown(results))
    sensitivity_table(asked, asked.seconds - (time.monotonic() - begin))
    failed = [name for name, row in content["experiments"].items() if "failed" in row]
    if failed:
        raise SystemExit(f"gpu_full_paper: {', '.join(failed)} failed; what it said is above")


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Parses the arguments of the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks.gpu_full_paper", description=__doc__)
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu (default: auto)")
    parser.add_argument("--trials", type=int, help="repetitions, where there are any")
    parser.add_argument("--epochs", type=int, help="passes over the data, where there are any")
    parser.add_argument("--quick", action="store_true", help="each experiment's short version")
    known = list(experiments.EXPERIMENTS)
    parser.add_argument("--only", nargs="+", choices=known, default=known, metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where results are kept")
    parser.add_argument(
        "--seconds", type=float, default=390.0, help="after which no cell of sensitivity is begun"
    )
    return parser.parse_args(words)


def measured(
    name: str, asked: argparse.Namespace, device: str, own: Limits
) -> tuple[Row, xr.Dataset | None]:
    """An experiment's row of the table, and its result unless it failed."""
    row: Row = {"figures": experiments.EXPERIMENTS[name].figures}
    result = None
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    with counted() as works:
        try:
            result = run(name, asked, device)
        except FAILURES as error:
            row["failed"] = f"{type(error).__name__}: {error}"
    row["seconds"] = time.perf_counter() - begin
    for part in fields(works):
        row[part.name] = compared(getattr(works, part.name), own)
    if device == "cuda":
        row["peak_bytes"] = torch.cuda.max_memory_allocated()
    if result is not None:
        row["note"] = result.attrs["data_note"]
    if result is not None and "status" in result:
        row["runs"] = int((result["status"] != NOT_RUN).sum())
        row["diverged"] = int((result["status"] == DIVERGED).sum())
    return row, result


def run(name: str, asked: argparse.Namespace, device: str) -> xr.Dataset:
    """The result of an experiment."""
    config = experiments.configure(name, asked.quick)
    sizes = {key: getattr(asked, key) for key in ("trials", "epochs") if hasattr(config, key)}
    where = device if experiments.EXPERIMENTS[name].network else "cpu"
    return experiments.run(name, device=where, out=None, quick=asked.quick, **sizes)


def sensitivity_table(asked: argparse.Namespace, seconds: float) -> None:
    """The claims about convex problems under other settings, written after each of them."""
    if "convex" not in asked.only:
        return
    sizes = {key: x for key in ("trials", "epochs") if (x := getattr(asked, key)) is not None}
    config = replace(Config(methods=sensitivity.METHODS), **sizes)
    for found in sensitivity.judged_cells(config, seconds):
        sensitivity.write(found, asked.out)
        print(f"sensitivity: {len(found)} of {len(sensitivity.CELLS)} cells", flush=True)


def compared(work: Work, own: Limits) -> Row:
    """Returns the work, also per second and as shares of the device's limits."""
    per_second = [x / work.seconds if work.seconds else 0.0 for x in (work.flops, work.moved)]
    return {
        "seconds": work.seconds,
        "flops": work.flops,
        "bytes": work.moved,
        "flops_per_second": per_second[0],
        "bytes_per_second": per_second[1],
        "share_of_sgemm": per_second[0] / own.sgemm,
        "share_of_bandwidth": per_second[1] / own.bandwidth,
    }


def lines(name: str, row: Row) -> list[str]:
    """The row for people."""
    runs = f", {row['runs']} runs, {row['diverged']} diverged" if "runs" in row else ""
    memory = f", {giga(row['peak_bytes'])} GB at the peak" if "peak_bytes" in row else ""
    figures = ", ".join(row["figures"])
    said = [f"{name} (figure {figures}): {row['seconds']:.1f} s{runs}{memory}"]
    for part in ("training", "measuring", "egop"):
        work = row[part]
        if work["seconds"]:
            said.append(
                f"    {part:<10}{work['seconds']:8.1f} s"
                f"{work['flops_per_second'] / 1e12:9.3f} TFLOP/s ({work['share_of_sgemm']:.0%})"
                f"{giga(work['bytes_per_second']):>9} GB/s ({work['share_of_bandwidth']:.0%})"
            )
    return said + [f"    {row[key]}" for key in ("note", "failed") if row.get(key)]


def giga(number: float) -> str:
    """A number in 10⁹."""
    return f"{number / 1e9:.4g}"


def store(content: Row, asked: argparse.Namespace, device: str) -> None:
    """Writes the record so far: beside the results, and where it is the repository's."""
    everything = set(asked.only) == set(experiments.EXPERIMENTS)
    full = everything and not (asked.quick or asked.trials or asked.epochs)
    for path in (asked.out / RESULT.name, *([RESULT] if full and device == "cuda" else [])):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
