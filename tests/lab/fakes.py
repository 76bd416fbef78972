"""A queue that runs nothing, and folders of runs, for tests of the lab without workers."""

import json
from pathlib import Path

import numpy as np
import xarray as xr

from egop.runs.jobs import Job
from egop.runs.run_info import RunInfo


class FakeQueue:
    """Remembers what it was asked."""

    def __init__(self, ready: bool = True):
        self.ready, self.asked, self.line, self.watchers = ready, [], [], []
        self.full = False
        self.connection = self

    def prepare(self):
        self.asked.append(("prepare",))

    def check(self, session):
        if self.full:
            raise ValueError("you have 2 unfinished runs")

    def submit(self, run, session):
        name = run.folder.name
        run.close()
        self.line.append(Job(name, "queued"))
        return name

    def jobs(self):
        return list(self.line)

    def watch(self, callback):
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def pause(self, name):
        self.asked.append(("pause", name))

    def cancel(self, name):
        self.asked.append(("cancel", name))

    def resume(self, name, session):
        self.asked.append(("resume", name))


class FakeDashboard:
    """Figures that remember what they were shown."""

    def __init__(self):
        self.view, self.shown, self.dark = "the figures", [], None

    def show(self, runs):
        if any("training_loss" not in run.dataset for run in runs):
            raise ValueError("a result to be shown has a training_loss")
        self.shown.append([(run.label, run.dataset) for run in runs])

    def set_dark(self, dark):
        self.dark = dark


def entry(name: str, state: str = "finished", **more) -> RunInfo:
    return RunInfo(name, more.pop("label", name), more.pop("experiment", "digits"), state, **more)


def result(shift: float = 0.0) -> xr.Dataset:
    """Of your own network: two methods, bases and rates, three trials, five epochs."""
    rng = np.random.default_rng(0)
    loss = np.exp(-np.arange(5.0)) + 0.1 * rng.random((2, 2, 2, 3, 5)) + shift
    loss[1, 0, 1, :, 2:] = np.nan
    loss[0, 1, 1] = np.nan
    dims = ("optimizer", "basis", "learning_rate", "trial", "epoch")
    return xr.Dataset(
        {"training_loss": (dims, loss)},
        coords={
            "optimizer": ["adagrad", "adam"],
            "basis": ["original", "egop"],
            "learning_rate": [0.1, 1.0],
        },
    )


def folder_of_run(runs: Path, name: str, experiment: str = "digits", **config) -> Path:
    """A folder as `egop.experiments.begin` leaves it."""
    from egop.experiments import begin, configure

    quick = configure(experiment, quick=True, changes=config)
    run = begin(experiment, device="cpu", config=quick, out=runs)
    run.close()
    return run.folder.rename(runs / name)


def label_of(folder: Path) -> str:
    return json.loads((folder / "label.json").read_text())


def make_runs(lab, *names: str) -> None:
    """Makes runs of a lab that were never started."""
    lab.archive.folder.mkdir(exist_ok=True)
    for name in names:
        folder_of_run(lab.archive.folder, name)
    lab.poller.poll()


def listed(lab) -> list[str]:
    """The names in the list of runs."""
    return [row["name"] for row in lab.run_list.list.rows]


def press(lab, act: str, name: str, value="") -> None:
    """Does what the browser does when something is pressed in a row."""
    lab.run_list.list._handle_msg({"act": act, "name": name, "value": value})
