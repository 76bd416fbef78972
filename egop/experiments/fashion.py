"""Figures 4 and 11: a network on four classes of Fashion-MNIST, block EGOP.

2×2 max-pooled to 14×14, 196 → 20 ReLU → 4, batch 300; ρ and the starts are uniform on ±1/√fan_in.
The rate is the one of the best median of maximal validation accuracy. The result is that of
`egop.experiments.sweep.network_sweep`, basis in (original, egop, data, random), block in (W1, W2);
the last two are controls, as in `digits.py`.
"""

from dataclasses import dataclass

from egop.experiments.classifier_training import ClassifierConfig, assemble, plan
from egop.experiments.experiment import TRAINING, Experiment


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Settings of figures 4 and 11."""

    data: str = "fashion"
    trials: int = 10
    epochs: int = 40
    hidden: tuple[int, ...] = (20,)
    initialization: str = "pytorch_default"
    n_samples: int = 4000


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="a ReLU network on four classes of Fashion-MNIST",
    label="Fashion-MNIST",
    group=TRAINING,
    figures=("4", "11"),
    quick=Config(trials=3, epochs=4),
    laptop=Config(trials=5, epochs=10),
    network=True,
    data=lambda config: (config.data,),
    later={"bases": ("matrices",), "first_trial": 0, "r_med_epochs": 0},
    chosen_here="the split of the test images, pixels scaled to [−1, 1]",
)
