"""`make bench`: measures everything, prints the table, stores it beside the machine it ran on."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

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

MODULES = (
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
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Prints one line for each row as soon as it is measured."""
    measured: list[Row] = []
    print(LINE.format("", "egop", "budget", "peer", "its time", "ratio", ""))
    for module in MODULES:
        for row in module.rows():
            measured.append(row)
            print(line(row), flush=True)
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
