"""Figure 9: the linear network of figure 3 with global, block and first-layer EGOP.

As figure 3, with the same M for all three; Adagrad and Adam, since the others take the same path
in every basis. The result is that of `egop.experiments.sweep.network_sweep`, basis in
(original, global, block, first), block in (global, W1, W2, W3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egop.experiments import linear
from egop.experiments.experiment import TRAINING, Done, Experiment, Task
from egop.experiments.sweep.basis_names import named

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Config(linear.Config):
    """Settings of figure 9: those of figure 3."""

    methods: tuple[str, ...] = ("adagrad", "adam")
    bases: tuple[str, ...] = ("global", "matrices", "first")


def plan(config: Config, done: Done) -> Sequence[Task]:
    """The tasks of the sweep."""
    from egop.experiments.linear_problems import linear_sweep

    return linear_sweep(config, named(config.bases)).plan(done)


def assemble(config: Config, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file."""
    from egop.experiments.linear_problems import linear_sweep

    return linear_sweep(config, named(config.bases)).assemble(done)


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="a linear network: global, block, first layer",
    label="Linear network, block by block",
    group=TRAINING,
    figures=("9",),
    quick=Config(trials=3, epochs=50),
    laptop=Config(trials=5, epochs=300),
    network=True,
    later=("bases",),
    chosen_here="as linear",
)
