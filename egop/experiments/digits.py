"""Figures 1 (right) and 10: the digits network of §6, in original and block EGOP coordinates.

64 → 32 ReLU → 10 on optdigits, block EGOP of the two weight matrices, batch 300; ρ and the starts
are Xavier normal weights and biases uniform on ±1/√fan_in. The rate is the one of the best median
of maximal validation accuracy. The result is that of `egop.experiments.sweep.network_sweep`, basis
in (original, egop), block in (W1, W2); the attribute `data_note` says when the data are reduced.
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments.classifiers import ClassifierConfig, trained
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Settings of figures 1 (right) and 10."""


QUICK = Config(trials=5, epochs=40)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    return trained(config, run)
