"""Seconds that `import egop` takes in a fresh process."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.stopwatch import Row, Timing, timing

CLOCK = "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"


def rows() -> Iterator[Row]:
    """The import alone, and together with the first use of every name but the views."""
    every_name = "from egop import *"
    yield Row("import egop", fresh("import egop"), 0.6, "import torch", fresh("import torch"))
    yield Row("import egop and load every name", fresh(every_name), 0.6)


def fresh(statement: str, repetitions: int = 5) -> Timing:
    """The timing of a statement, each time in a new process; the first warms the disk."""
    command = [sys.executable, "-c", CLOCK.format(statement)]
    seconds = [
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(repetitions + 1)
    ]
    return timing(seconds[1:])
