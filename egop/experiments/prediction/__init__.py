"""How much memory and time an experiment is going to take, said before it begins.

Counts of operations (`workload.py`) times what an operation takes on this machine
(`calibration.py`), which is measured at the first call and takes half a second. Times are right
within a factor of two, memory within a quarter.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.experiments.execution import available_threads, limited_threads, read_device
from egop.experiments.prediction.calibration import rates
from egop.experiments.prediction.sweep_work import Where, Work
from egop.experiments.prediction.workload import WORK
from egop.networks.footprint import free_memory

DESCENTS = 1e-10
"""Seconds of an operation of the landscape engine, as measured on one core."""
PROCESS = 450_000_000
"""Bytes of Python with PyTorch and all packages, as measured; part of what is predicted."""
BEGINNING = 1.0
"""Seconds that every run takes."""


class Prediction(NamedTuple):
    """What a run is going to take.

    Attributes:
        memory_bytes: of the process that computes, at the peak.
        seconds: from start to result, on a machine that does nothing else.
        runs: trainings, of all stages together, or estimates of a spectrum.
        epochs: of each training; 0 where nothing is trained.
        sentence: all of it in words, and whether it exceeds the memory that is there.
    """

    memory_bytes: int
    seconds: float
    runs: int
    epochs: int
    sentence: str


def predict(name: str, config: Any, device: str = "cpu", threads: int | None = None) -> Prediction:
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
    device = read_device(device, EXPERIMENTS[name].network)
    threads = threads or available_threads()
    with limited_threads(threads):
        work = WORK[name](config, Where(device, threads))
        known = rates(device, threads)._asdict() if EXPERIMENTS[name].network else {}
    seconds = _seconds(work, known | {"descents": DESCENTS})
    memory = work.memory + (PROCESS if device == "cpu" else 0)
    said = _said(work, seconds, memory, free_memory(torch.device(device)))
    return Prediction(memory, seconds, work.runs, work.epochs, said)


def _seconds(work: Work, known: Mapping[str, float]) -> float:
    return BEGINNING + sum(amount * known[kind] for kind, amount in work.amounts.items())


def _said(work: Work, seconds: float, memory: int, free: int | None) -> str:
    """Such as "480 runs of 40 epochs: about 3 minutes and 630 MB of memory."."""
    what = theme.count_words(work.runs, "run") + f" of {theme.count_words(work.epochs, 'epoch')}"
    if not work.epochs:
        what = theme.count_words(work.runs, "EGOP")
    said = f"{what}: about {_duration(seconds)} and {_size(memory)} of memory"
    if free is not None and memory > free:
        return f"{said}, but only {_size(free)} are free: choose smaller sizes."
    return f"{said}."


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
