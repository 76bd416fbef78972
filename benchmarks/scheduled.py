"""Quick digits on a worker beside this process, and how long the first live point takes.

`python -m benchmarks.scheduled` prints the rows alone.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.arguments import take_none
from benchmarks.stopwatch import Row, Timing, timing
from egop.cancellation import Cancelled
from egop.execution import cluster, driver, worker_preload
from egop.experiments import begin
from egop.experiments.execution import execute
from egop.runs.run import Run

REPETITIONS = 3
RATIO = 1.10
WARM_SECONDS, COLD_SECONDS, STOP_SECONDS = 3.0, 8.0, 2.0


def rows() -> Iterator[Row]:
    """The new cluster first; then its worker is warm."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        worker_preload.ready()  # this process, as the app's is once somebody has opened the page
        cluster.disconnect()
        cold = timing([first_live_point(out)[0]])
        yield Row("quick digits: first live point, new cluster", cold, COLD_SECONDS)
        points, stops = zip(*(first_live_point(out) for _ in range(REPETITIONS)), strict=True)
        yield Row("quick digits: first live point, warm worker", timing(points), WARM_SECONDS)
        yield Row("quick digits: stop", timing(stops), STOP_SECONDS)
        here, there = in_turn(out)
        yield Row("quick digits on a worker", there, None, "in this process", here, RATIO)
        cluster.disconnect()


def first_live_point(out: Path) -> tuple[float, float]:
    """Seconds from the start of a run until something can be seen of it; then until it stops."""
    start, stop = time.perf_counter(), threading.Event()
    run = begin("digits", quick=True, device="cpu", out=out)
    seen: list[float] = []

    def look() -> None:
        while not list(folder_of(run).glob("live/*.npz")):
            time.sleep(0.005)
        seen.append(time.perf_counter() - start)
        stop.set()

    watcher = threading.Thread(target=look)
    watcher.start()
    with suppress(Cancelled):
        driver.execute(run, cluster.connect("local"), stop=stop)
    watcher.join()
    return seen[0], time.perf_counter() - start - seen[0]


def in_turn(out: Path) -> tuple[Timing, Timing]:
    """Timings of whole runs in this process and on the worker, with all threads."""
    client = cluster.connect("local")
    carried_out: list[Callable[[Run], object]] = [execute, lambda run: driver.execute(run, client)]
    durations: list[list[float]] = [[], []]
    for _ in range(REPETITIONS):
        for work, taken in zip(carried_out, durations, strict=True):
            run = begin("digits", quick=True, device="cpu", out=out)
            start = time.perf_counter()
            work(run)
            taken.append(time.perf_counter() - start)
    return timing(durations[0]), timing(durations[1])


def folder_of(run: Run) -> Path:
    """The run's folder."""
    assert run.folder is not None
    return run.folder


if __name__ == "__main__":
    take_none(__doc__)
    from benchmarks.stopwatch import line

    for row in rows():
        print(line(row), flush=True)
