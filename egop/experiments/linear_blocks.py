"""Figure 9: the linear network of figure 3 with global, block and first-layer EGOP.

As figure 3, with the same M for all three; Adagrad and Adam, since the others take the same path
in every basis. The result is that of `egop.experiments.sweep.network_sweep`, basis in
(original, global, block, first, data, random, random_global), block in (global, W1, W2, W3).
"""

from dataclasses import dataclass
from typing import ClassVar

from egop.experiments import linear
from egop.experiments.experiment import TRAINING, Experiment
from egop.experiments.linear import assemble, plan


@dataclass(frozen=True)
class Config(linear.Config):
    """Settings of figure 9: those of figure 3."""

    methods: tuple[str, ...] = ("adagrad", "adam")
    bases: tuple[str, ...] = ("global", "matrices", "first", "data", "random", "random_global")
    usual: ClassVar[str] = ""


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
    later={"bases": ("global", "matrices", "first"), "first_trial": 0, "r_med_epochs": 0},
    chosen_here="as linear",
)
