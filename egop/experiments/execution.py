"""Carrying out a run: its tasks are planned, computed and assembled; here, or by whoever asks.

A run is prepared (its device and data are there, its threads recorded), then planned and computed
until no task is missing, then finished: the result is written and the intermediates are deleted.
`Execution` is used by one thread.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import xarray as xr

from egop.bounds import shown
from egop.experiments import EXPERIMENTS
from egop.experiments.checks import check_distinct
from egop.experiments.compared_methods import check_methods
from egop.experiments.devices import available_threads, limited_threads, read_device
from egop.experiments.experiment import Experiment, OnProgress, Task
from egop.experiments.imagined import Imagined
from egop.extras import needed
from egop.runs.results import attributes, write
from egop.runs.run import Run
from egop.runs.task_context import TaskContext

WHOLE = "run"
"""The key under which the progress of a whole run is shown, in place of that of a task."""
SECONDS = {
    "descents": 1e-10,
    "gradients": 1.4e-11,
    "moments": 1e-10,
    "products": 1e-11,
    "updates": 7e-9,
    "steps": 7e-4,
    "doubles": 4e-9,
}
"""Seconds of an operation of each kind, about: they weigh tasks for the progress of their run."""


class Execution:
    """A run on its way to its result.

    Args:
        run: keeps artifacts.
        on_progress: called with the share that is done, from 0 to 1, and what is done now; shares
            never fall, also when a worker died and its work is done again.

    Raises:
        ValueError: its experiment or its config is not one of this egop.
    """

    def __init__(self, run: Run, on_progress: OnProgress | None = None):
        self.run = run
        self.experiment, self.config = experiment_of(run)
        self._on_progress = on_progress
        self._weights: dict[str, float] = {}
        self._total = self._finished = self._highest = 0.0

    def prepare(self) -> None:
        """Loads what tasks are computed with; to be called before threads are limited.

        Raises:
            ValueError: its device is not there.
        """
        read_device(self.run.device, self.experiment.network)
        if self.experiment.network:
            with needed("egop.experiments", extra="networks"):
                import torch  # noqa: F401

    def note_data(self) -> None:
        """Notes the data that the run uses.

        Raises:
            ValueError: it was begun with other data, or files are damaged or missing.
        """
        for name in self.experiment.data(self.config):
            self.run.data(name)

    def tasks(self) -> list[Task]:
        """All tasks that are known by now.

        Raises:
            ValueError: two have the same key, or one a key that is no name of a file.
        """
        tasks = list(self.experiment.plan(self.config, self.run))
        check_distinct("plan", [task.key for task in tasks])
        for task in tasks:
            if "/" in task.key or "\\" in task.key:
                raise ValueError(f"the key of a task is the name of a file, got {shown(task.key)}")
        return tasks

    def missing(self) -> list[Task]:
        """Tasks that can be computed now; none when the run is finished."""
        if not self._total:
            imagined = Imagined(self.run.device, self.run.threads, self.run.manifest)
            self._total = self._weigh(imagined.all_tasks(self.experiment, self.config))
        tasks = self.tasks()
        missing = [task for task in tasks if task.key not in self.run]
        self._total = max(self._total, self._weigh(tasks))
        self._finished = sum(self._weights[task.key] for task in tasks)
        self._finished -= sum(self._weights[task.key] for task in missing)
        return missing

    def compute(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Computes all tasks in this process, one after another.

        Raises:
            Cancelled: the run is to end; what is unfinished is kept.
        """
        while missing := self.missing():
            task = missing[0]
            compute_task(self.run, task, partial(self._report_of, task), cancelled)

    def finish(self) -> xr.Dataset:
        """The result, written into the folder."""
        assembled = self.experiment.assemble(self.config, self.run)
        if not isinstance(assembled, xr.Dataset):
            name = self.run.manifest["experiment"]
            raise ValueError(
                f"assemble of the experiment {name} returns an xarray.Dataset once everything is "
                f"done, got {shown(assembled)}"
            )
        result = assembled.assign_attrs(attributes(self.run.manifest))
        if self.run.folder is not None:
            write(result, self.run.folder)
            self.run.discard_intermediates()
        self.report({WHOLE: 1.0}, "finished")
        self.run.live.end()
        return result

    def report(self, running: Mapping[str, float], message: str) -> None:
        """Reports how far the run is.

        Args:
            running: by the key of each task that is computed now the share of it that is done;
                with `WHOLE` another process computes all, and shows itself how far it is.
            message: what is done now.
        """
        known = sum(self._weights[key] * running[key] for key in running if key != WHOLE)
        share = (self._finished + known) / (self._total or 1.0)
        self._highest = max(self._highest, running.get(WHOLE, min(1.0, share)))
        if WHOLE not in running:
            self.run.live.progress(WHOLE, self._highest, message)
        if self._on_progress is not None:
            self._on_progress(self._highest, message)

    def _report_of(self, task: Task, share: float) -> None:
        self.report({task.key: share}, task.message)

    def _weigh(self, tasks: list[Task]) -> float:
        """Seconds of all tasks, about."""
        for task in tasks:
            if task.key not in self._weights:
                amounts = task.cost().amounts
                weight = sum(SECONDS.get(kind, 0.0) * amount for kind, amount in amounts.items())
                self._weights[task.key] = max(weight, 1e-3)
        return sum(self._weights[task.key] for task in tasks)


def execute(run: Run, on_progress: OnProgress | None = None) -> xr.Dataset:
    """The result of a run, computed by this process from wherever it got to.

    Raises:
        ValueError: its config is not one of this egop, or its device or data are not there.
    """
    try:
        execution = Execution(run, on_progress)
        execution.prepare()
        execution.note_data()
        with limited_threads(run.record_once("threads", available_threads)):
            execution.compute()
            return execution.finish()
    finally:
        run.close()


def compute_task(
    run: Run, task: Task, on_progress: Callable[[float], None], cancelled: Callable[[], bool]
) -> None:
    """Computes a task and keeps its artifact, unless it is there.

    Raises:
        Cancelled: it is to end; what is unfinished is kept.
    """
    if task.key in run:
        return
    context = TaskContext(run, task.key, on_progress, cancelled)
    context.raise_if_cancelled()
    on_progress(0.0)
    run.keep(task.key, task.compute(context))


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


def experiment_of(run: Run) -> tuple[Experiment, Any]:
    """The experiment that a run is of, and its frozen Config.

    Raises:
        ValueError: this egop has no such experiment or method, or its Config has other fields.
    """
    name = run.manifest["experiment"]
    if name not in EXPERIMENTS:
        raise ValueError(
            f"{run.folder} is a run of {name!r}, which this egop does not have; an experiment of "
            "one's own goes on once its file is imported, as by egop resume RUN --import FILE"
        )
    experiment = EXPERIMENTS[name]
    config = stored_config(experiment, run.manifest, run.folder)
    try:
        check_methods(config, experiment.network)
    except ValueError as error:
        raise ValueError(
            f"{run.folder}: {error}; a run with a method of one's own goes on once its file is "
            "imported, as by egop resume RUN --import FILE"
        ) from None
    return experiment, config


def stored_config(experiment: Experiment, manifest: Mapping[str, Any], folder: Any) -> Any:
    """The frozen Config of a manifest; methods need not be known.

    Raises:
        ValueError: its fields are not those of this egop's Config.
    """
    stored, kind = manifest["config"], experiment.config
    names = {field.name for field in dataclasses.fields(kind)}
    later = experiment.later
    if not isinstance(stored, dict) or not stored.keys() <= names <= stored.keys() | later.keys():
        raise ValueError(
            f"{folder} was begun by another egop ({manifest['versions']['egop']}): its "
            "config has other fields; continue it with that version or start a new run"
        )
    return kind(**{**later, **{name: _tuples(value) for name, value in stored.items()}})


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples of a frozen config."""
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value
