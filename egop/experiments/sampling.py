"""Figure 6: the spectrum of figure 2 under other sampling distributions ρ.

N(0, s²I) for s = 0.1, 1, 10 [chosen here] and the law of the starts. The result is that of
`egop.experiments.spectra`: distribution (gaussian(0.1), gaussian(1), gaussian(10), xavier_normal),
block (global).
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments.spectra import SpectraConfig, spectra
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(SpectraConfig):
    """Settings of figure 6."""

    scales: tuple[float, ...] = (0.1, 1.0, 10.0)
    initialization: str = "xavier_normal"


QUICK = Config(samples_per_parameter=2)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    return spectra(config, run)
