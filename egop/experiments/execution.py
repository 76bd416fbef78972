"""Carrying out a run: on its device, with its threads, into its folder."""

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import xarray as xr
from threadpoolctl import threadpool_limits

from egop.experiments import EXPERIMENTS, Experiment
from egop.experiments.compared_methods import check_methods
from egop.extras import needed
from egop.runs.results import described, write
from egop.runs.run import Run

DEVICES = ("auto", "cpu", "cuda")

LATER = {"bases", "decays"}
"""Fields that a Config got after runs had been stored; their defaults are what those did."""


def execute(run: Run, tell: Callable[[float, str], None] | None = None) -> xr.Dataset:
    """The result of a run, from wherever it got to; written into its folder.

    Raises:
        ValueError: its config is not one of this egop, or its device is not there.
    """

    def told(share: float, words: str) -> None:
        run.showing.progress("run", share, words)
        if tell is not None:
            tell(share, words)

    run.tell = told
    try:
        prepare(run)
        with limited_threads(run.settle("threads", available_threads)):
            return finish(run)
    finally:
        run.close()


@contextmanager
def discarded_unless_begun(run: Run) -> Iterator[None]:
    """A context in which an error deletes a new run of which nothing has been computed yet.

    What stands in its config or on this machine then stands in the error, so that there is nothing
    to continue.
    """
    try:
        yield
    except Exception:
        if run.is_untouched:
            run.discard()
        raise


def prepare(run: Run) -> None:
    """Loads what a run is computed with, before its threads are limited: PyTorch is among it.

    Raises:
        ValueError: its experiment or its device is not there.
    """
    experiment = experiment_of(run)
    read_device(run.device, experiment.network)
    import_module(experiment.module)


def finish(run: Run) -> xr.Dataset:
    """The result of a run whose device and threads are ready; written into its folder.

    Raises:
        ValueError: its config is not one of this egop.
    """
    result = described(compute(run), run)
    if run.folder is not None:
        write(result, run.folder)
        run.discard_bulky()
    run.tell(1.0, "finished")
    run.showing.end()
    return result


def compute(run: Run) -> xr.Dataset:
    """The result of a run without what it came from; asks for every piece.

    Raises:
        ValueError: its config is not one of this egop.
    """
    module = import_module(experiment_of(run).module)
    return module.compute(read_config(module.Config, run), run)


def read_config(kind: type, run: Run) -> Any:
    """The frozen Config that a run's folder holds.

    Raises:
        ValueError: its fields are not those of this egop's Config.
    """
    stored = run.manifest["config"]
    names = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(stored, dict) or not stored.keys() <= names <= stored.keys() | LATER:
        raise ValueError(
            f"{run.folder} was begun by another egop ({run.manifest['versions']['egop']}): its "
            "config has other fields; continue it with that version or start a new run"
        )
    config = kind(**{name: _tuples(value) for name, value in stored.items()})
    try:
        check_methods(config, experiment_of(run).network)
    except ValueError as error:
        raise ValueError(
            f"{run.folder}: {error}; a run with a method of one's own goes on once its file is "
            "imported, as by egop resume RUN --import FILE"
        ) from None
    return config


def read_device(device: str, network: bool) -> str:
    """Where an experiment runs, "cpu" or "cuda"; those on the landscape engine always on the CPU.

    Raises:
        ValueError: no such device, or a GPU that is not there.
    """
    if device not in DEVICES:
        raise ValueError(f"device takes one of {', '.join(DEVICES)}, got {device!r}")
    if device == "cpu" or (device == "auto" and not network):
        return "cpu"
    with needed("egop.experiments", extra="networks"):
        import torch
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError(
            f"device 'cuda' was asked for, but PyTorch {torch.__version__} finds no GPU here; "
            "use device 'cpu' or 'auto'"
        )
    return "cuda" if found and network else "cpu"


def available_threads() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """As many threads for numpy and PyTorch: sums depend on it in their last bits."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch is not None else threads
    try:
        if torch is not None:
            torch.set_num_threads(threads)
        with threadpool_limits(threads, user_api="blas"):
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(before)


def experiment_of(run: Run) -> Experiment:
    """Which experiment a run is of.

    Raises:
        ValueError: this egop does not have it.
    """
    name = run.manifest["experiment"]
    if name not in EXPERIMENTS:
        raise ValueError(f"{run.folder} is a run of {name!r}, which this egop does not have")
    return EXPERIMENTS[name]


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples of a frozen config."""
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value
