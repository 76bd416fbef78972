"""A group of a sweep: some trials and some of a plan's runs, trained together to the end.

Its unfinished part is kept every now and then and when its task is cancelled, also within an
epoch; what it measured so far is shown while it goes on.
"""

import time

import numpy as np
import torch

from egop.cancellation import Cancelled
from egop.experiments.sweep.groups import TrainingGroup
from egop.experiments.sweep.layer_r_med import LayerRMed
from egop.experiments.sweep.subspace_paths import Movement
from egop.networks.ensemble import Training
from egop.networks.epochs import EpochMetrics
from egop.runs.done import Arrays
from egop.runs.run_table import SPECTRA
from egop.runs.task_context import TaskContext

LOSSES = ("training_loss", "validation_loss", "gradient_norm")
ACCURACIES = ("validation_accuracy", "test_accuracy")
CHECKPOINT_SECONDS = 20.0
"""Seconds after which the unfinished part of a group is kept; a kill loses no more than this."""


class GroupTraining:
    """A training that keeps and shows where it got to.

    Args:
        training: of the group.
        moved: measures the paths of its weights.
        context: of its task.
        group: for those who watch.
        r_med: measures that of their layers; None: it is not measured.
    """

    def __init__(
        self,
        training: Training,
        moved: Movement,
        context: TaskContext,
        group: TrainingGroup,
        r_med: LayerRMed | None = None,
    ):
        self.training, self.moved, self.r_med = training, moved, r_med
        self.context, self.group = context, group
        accuracies = ACCURACIES if training.network.predicts_classes else ()
        self._history: dict[str, list[np.ndarray]] = {
            name: [] for name in (*LOSSES, *accuracies, *moved.names, *self._spectra())
        }
        self._dtype = training.points.new_empty(0).cpu().numpy().dtype
        self._diverged_at = np.empty(0)
        self._kept_at = time.monotonic()
        training.after_step = self._after_step

    def arrays(self) -> dict[str, np.ndarray]:
        """Metrics (S, R, E + 1) and diverged_at (S, R), from wherever the kept part got to.

        Raises:
            Cancelled: the task is to end; the part is kept.
        """
        self._resume()
        for measured in self.training:
            self._note(measured)
            self.context.show(self._shown)
            self.context.on_progress(measured.epoch / max(1, self.training.n_epochs))
        return self._measured()

    def _note(self, measured: EpochMetrics) -> None:
        row = vars(measured) | self.moved.after(measured) | self._spectra()
        for metric, rows in self._history.items():
            rows.append(row[metric].astype(self._dtype))
        self._diverged_at = measured.diverged_at
        if self.r_med is not None:
            self.r_med.after(measured)

    def _spectra(self) -> dict[str, np.ndarray]:
        """(1 or 0, R, blocks, k) of the first trial of all, where bases are estimated anew."""
        found = self.training.spectra()
        return {} if found is None else {SPECTRA: found[self.moved.place]}

    def _measured(self) -> dict[str, np.ndarray]:
        curves = {metric: np.stack(rows, axis=2) for metric, rows in self._history.items()}
        return {**curves, **self._layers(), "diverged_at": self._diverged_at}

    def _layers(self) -> dict[str, np.ndarray]:
        return {} if self.r_med is None else self.r_med.arrays

    def _shown(self) -> Arrays:
        places = {"trials": np.array(self.group.trials), "runs": np.array(self.group.runs)}
        return self._measured() | places

    def _resume(self) -> None:
        """Goes on from the part that was kept, if there is one."""
        part = self.context.read_part()
        if part is None:
            return
        state = {k[6:]: torch.from_numpy(x) for k, x in part.items() if k.startswith("state ")}
        self.training.restore({"taken": torch.tensor(0), **state})
        self._history = {name: list(part[name]) for name in self._history if name in part}
        for name, array in self._layers().items():
            array[:] = part[name]

    def _after_step(self) -> None:
        if self.context.cancelled():
            self._keep()
            if self._diverged_at.size:
                self.context.show(self._shown, now=True)
            raise Cancelled
        if time.monotonic() - self._kept_at > CHECKPOINT_SECONDS:
            self._keep()

    def _keep(self) -> None:
        state = {f"state {key}": x.numpy() for key, x in self.training.state().items()}
        history = {name: np.stack(rows) for name, rows in self._history.items()}
        self.context.keep_part({**history, **self._layers(), **state})
        self._kept_at = time.monotonic()
