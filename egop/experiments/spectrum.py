"""Figure 2: the EGOP spectrum of the digits network, λ_k/λ_1 over all k; inset: the first 100.

Full-batch gradients, ρ = N(0, I) on all weights and biases, M = 10 p [M chosen here]. The result is
that of `egop.experiments.spectra`: distribution (gaussian(1)), block (global).
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments.spectra import SpectraConfig, spectra
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(SpectraConfig):
    """Settings of figure 2."""


QUICK = Config(samples_per_parameter=3)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    return spectra(config, run)
