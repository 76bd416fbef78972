"""Figures 1 (right) and 10: the digits network of §6, in original and block EGOP coordinates.

64 → 32 ReLU → 10 on optdigits, block EGOP of the two weight matrices, batch 300; ρ and the starts
are Xavier normal weights and biases uniform on ±1/√fan_in. The rate is the one of the best median
of maximal validation accuracy. The result is that of `egop.experiments.sweep.network_sweep`, basis
in (original, egop, data, random), block in (W1, W2); the attribute `data_note` says when the data
are reduced. "data", which takes no gradient, and "random" are not the paper's: controls, in which
Adagrad and Adam alone are run, since a basis changes nothing for the others.
"""

from dataclasses import dataclass

from egop.experiments.classifier_training import ClassifierConfig, assemble, plan
from egop.experiments.experiment import TRAINING, Experiment


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Settings of figures 1 (right) and 10."""


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="a ReLU network on handwritten digits",
    label="Handwritten digits",
    group=TRAINING,
    figures=("1 right", "10"),
    quick=Config(trials=5, epochs=40),
    laptop=Config(trials=10, epochs=100),
    network=True,
    data=lambda config: (config.data,),
    later={"bases": ("matrices",), "first_trial": 0, "r_med_epochs": 0},
    chosen_here="the split of optdigits.tes by the seed 342, pixels divided by 16",
)
