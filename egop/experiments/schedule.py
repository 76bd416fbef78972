"""Figure 13: the learning rate under cosine annealing, as the linear networks are trained with.

Result, dims (epoch):
    learning_rate       (epoch) in that epoch, epoch 0 the first; the last one is 0
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egop.experiments.experiment import WITHOUT_NETWORK, Done, Experiment, Task
from egop.schedules import SCHEDULES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Config:
    """Settings of figure 13.

    Attributes:
        initial_rate: the paper's 1.0.
        epochs: over which it falls to 0.
    """

    initial_rate: float = 1.0
    epochs: int = 1000


def cosine(n_epochs: int) -> np.ndarray:
    """(T + 1,) factors ½(1 + cos(πt/T)) of the rate in epoch t = 0 … T; the last is 0.

    As torch.optim.lr_scheduler.CosineAnnealingLR with T_max = T and one step per epoch.
    """
    return np.array([SCHEDULES["cosine"](epoch, n_epochs) for epoch in range(n_epochs + 1)])


def plan(config: Config, done: Done) -> Sequence[Task]:
    """No tasks: the result takes no time."""
    return []


def assemble(config: Config, done: Done) -> "xr.Dataset":
    """The result described at the top of this file."""
    import xarray as xr

    rates = config.initial_rate * cosine(config.epochs)
    epochs = np.arange(config.epochs + 1)
    return xr.Dataset({"learning_rate": ("epoch", rates)}, coords={"epoch": epochs})


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="cosine annealing of the rate",
    label="Schedule of the rate",
    group=WITHOUT_NETWORK,
    figures=("13",),
    curves=False,
)
