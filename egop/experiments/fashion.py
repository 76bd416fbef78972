"""Figures 4 and 11: a network on four classes of Fashion-MNIST, block EGOP.

2×2 max-pooled to 14×14, 196 → 20 ReLU → 4, batch 300; ρ and the starts are uniform on ±1/√fan_in.
The rate is the one of the best median of maximal validation accuracy. The result is that of
`egop.experiments.sweep.network_sweep`, basis in (original, egop), block in (W1, W2).
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments.classifiers import ClassifierConfig, trained
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Settings of figures 4 and 11."""

    data: str = "fashion"
    trials: int = 10
    epochs: int = 40
    hidden: tuple[int, ...] = (20,)
    initialization: str = "pytorch_default"
    n_samples: int = 4000


QUICK = Config(trials=3, epochs=4)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    return trained(config, run)
