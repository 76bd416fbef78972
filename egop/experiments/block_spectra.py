"""Figure 7: EGOP spectra of each layer, digits and Fashion-MNIST.

ρ = the law of the starts, minibatches of 300, M = 10 p [M chosen here]. The result is that of
`egop.experiments.spectra` with the dim `data` (digits, fashion) in place of `distribution`, block
(W1, W2); eigenvalues and density are NaN beyond a block's size.
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments import digits, fashion
from egop.experiments.spectra import SpectraConfig, spectra
from egop.runs.run import Run


@dataclass(frozen=True)
class Config:
    """Settings of figure 7.

    Attributes:
        batch_size: of each gradient.
        samples_per_parameter: M/p.
        trials: estimates from fresh samples.
    """

    batch_size: int = 300
    samples_per_parameter: int = 10
    trials: int = 1
    seed: int = 0


QUICK = Config(samples_per_parameter=2)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    found: list[xr.Dataset] = []
    parts = settings(config)
    for place, part in enumerate(parts):
        found.append(spectra(part, run, (place, len(parts))).isel(distribution=0, drop=True))
    return xr.concat(found, xr.IndexVariable("data", [part.data for part in parts]), join="outer")


def settings(config: Config) -> list[SpectraConfig]:
    """Of the spectra of each network."""
    return [
        SpectraConfig(
            net.data,
            net.hidden,
            scales=(),
            initialization=net.initialization,
            blocks="matrices",
            batch_size=config.batch_size,
            samples_per_parameter=config.samples_per_parameter,
            trials=config.trials,
            seed=config.seed,
        )
        for net in (digits.Config(), fashion.Config())
    ]
