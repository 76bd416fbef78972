"""Memory and time that an experiment is going to take, estimated before it begins.

The costs of all its tasks, also of those that are planned later (`experiment.py`), times what an
operation takes on this machine (`calibration.py`), which is measured at the first call and takes
half a second; what else the machine does then does not count. Times of a machine that does nothing
else are right within a factor of two, memory within a quarter. What other programs do at the moment
is looked at in each call: of a machine with twice as many threads ready to run as cores, a run gets
half.
"""

import os
from typing import Any, NamedTuple

import torch

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.cost_estimate.calibration import gain, rates
from egop.experiments.devices import available_threads, limited_threads, read_device
from egop.experiments.experiment import Cost
from egop.experiments.imagined import Imagined
from egop.memory_limits import worker_memory
from egop.networks.footprint import free_memory

DESCENTS = 1e-10
"""Seconds of an operation of the landscape engine, as measured on one core."""
PROCESS = 450_000_000
"""Bytes of Python with PyTorch and all packages, as measured; part of what is predicted."""
BEGINNING = 1.0
"""Seconds that every run takes."""
UNCERTAIN = 2.0
"""Factor within which times are right on a machine that does nothing else."""
BUSY = 1.5
"""Times longer that a run takes beside others, from which on this is said."""


class CostEstimate(NamedTuple):
    """Memory and time of a run.

    Attributes:
        memory_bytes: of the process that computes, at the peak.
        seconds: from start to result, on a machine that does nothing else.
        longest: seconds within which it is finished, if other programs go on as they do now.
        runs: trainings, of all stages together, or estimates of a spectrum.
        epochs: of each training; 0 where nothing is trained.
        sentence: all of it in words, and whether it exceeds the memory that is there.
        fits: whether it does not.
    """

    memory_bytes: int
    seconds: float
    longest: float
    runs: int
    epochs: int
    sentence: str
    fits: bool = True


def estimate_cost(
    name: str, config: Any, device: str = "cpu", threads: int | None = None
) -> CostEstimate:
    """The memory and time that an experiment takes on this machine.

    Args:
        name: one of `egop.experiments.EXPERIMENTS`.
        config: its Config.
        device: "cpu", "cuda" or "auto".
        threads: of the CPU; None: all.

    Raises:
        KeyError: an unknown experiment.
        ValueError: a GPU that is not there.
    """
    experiment = EXPERIMENTS[name]
    device = read_device(device, experiment.network)
    threads = threads or available_threads()
    costs = [task.cost() for task in Imagined(device, threads).all_tasks(experiment, config)]
    known = {"descents": DESCENTS}
    if experiment.network:
        with limited_threads(1):
            known |= rates(device)._asdict()
    if device == "cpu":
        known = {kind: rate / gain(kind, threads) for kind, rate in known.items()}
    seconds = BEGINNING + sum(
        amount * known.get(kind, 0.0) for cost in costs for kind, amount in cost.amounts.items()
    )
    memory = max((cost.memory for cost in costs), default=0) + sum(cost.output for cost in costs)
    memory += PROCESS if device == "cpu" else 0
    slowdown = slowdown_by_others(threads) if device == "cpu" else 1.0
    times = (seconds, UNCERTAIN * seconds * slowdown)
    runs, epochs = _runs(costs)
    free = _free(device)
    sentence = _sentence((runs, epochs), times, slowdown >= BUSY, memory, free)
    fits = free is None or memory <= free
    return CostEstimate(memory, *times, runs, epochs, sentence, fits)


def _runs(costs: list[Cost]) -> tuple[int, int]:
    """Trainings and their epochs, or estimates of spectra; 1 where nothing says more."""
    epochs = max((cost.epochs for cost in costs), default=0)
    return sum(cost.runs for cost in costs if cost.epochs == epochs) or 1, epochs


def _free(device: str) -> int | None:
    """Bytes that a run can get: on the CPU no more than a worker may take."""
    found = [free_memory(torch.device(device)), worker_memory() if device == "cpu" else None]
    return min((each for each in found if each is not None), default=None)


def slowdown_by_others(threads: int) -> float:
    """The factor by which a run takes longer beside the last minute's load of this machine.

    Args:
        threads: of the run.
    """
    if not hasattr(os, "getloadavg"):  # Windows has none
        return 1.0
    return max(1.0, (os.getloadavg()[0] + threads) / available_threads())


def _sentence(
    counts: tuple[int, int],
    times: tuple[float, float],
    busy: bool,
    memory: int,
    free: int | None,
) -> str:
    """Such as "480 runs of 40 epochs: 2 to 4 minutes and 630 MB of memory."."""
    runs, epochs = counts
    what = theme.count_words(runs, "run") + f" of {theme.count_words(epochs, 'epoch')}"
    if not epochs:
        what = theme.count_words(runs, "EGOP")
    others = ", as other programs keep this machine busy," if busy else ""
    said = f"{what}: {_span(*times)}{others} and {_size(memory)} of memory"
    if free is not None and memory > free:
        return f"{said}, but only {_size(free)} are free: choose smaller sizes."
    return f"{said}."


def _span(low: float, high: float) -> str:
    """Such as "80 seconds to 3 minutes" or "2 to 5 hours"."""
    shortest, longest = _duration(low), _duration(high)
    number, _, unit = shortest.partition(" ")
    return f"{number if longest.endswith(f' {unit}') else shortest} to {longest}"


def _duration(seconds: float) -> str:
    """Such as 40 seconds, 3 minutes, 2.5 hours."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{theme.number(seconds / length)} {unit}"
    return theme.count_words(max(1, round(seconds)), "second")


def _size(n_bytes: float) -> str:
    if n_bytes < 1e9:
        return f"{max(1, round(n_bytes / 1e6)):,} MB"
    return f"{n_bytes / 1e9:,.3g} GB"
