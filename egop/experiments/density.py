"""Figure 8: density β_k of the EGOP's leading eigenvectors, digits network.

The estimates of figure 6, read for their eigenvectors: β_1 ≫ 1/d ≈ 4e-4. The result is that of
`egop.experiments.spectra`: distribution (gaussian(0.1), gaussian(1), gaussian(10), xavier_normal),
block (global).
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments import sampling
from egop.experiments.spectra import spectra
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(sampling.Config):
    """Settings of figure 8: those of figure 6."""


QUICK = Config(samples_per_parameter=2)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    return spectra(config, run)
