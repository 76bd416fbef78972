"""Figure 7: EGOP spectra of each layer, digits and Fashion-MNIST.

ρ = the law of the starts, minibatches of 300, M = 10 p [M chosen here]. The result is that of
`egop.experiments.spectra` with the dim `data` (digits, fashion) in place of `distribution`, block
(W1, W2); eigenvalues and density are NaN beyond a block's size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egop.experiments import digits, fashion, spectra
from egop.experiments.experiment import SPECTRA, Done, Experiment, Task

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Config:
    """Settings of figure 7.

    Attributes:
        batch_size: of each gradient.
        samples_per_parameter: M/p.
        trials: estimates from fresh samples.
        first_trial: the number of the first; those of a part of a sweep begin later.
    """

    batch_size: int = 300
    samples_per_parameter: int = 10
    trials: int = 1
    seed: int = 0
    first_trial: int = 0


def plan(config: Config, done: Done) -> Sequence[Task]:
    """The estimates of each network."""
    return [task for part in settings(config) for task in spectra.plan(part, done)]


def assemble(config: Config, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file."""
    import xarray as xr

    found = {
        part.data: assembled.isel(distribution=0, drop=True)
        for part in settings(config)
        if (assembled := spectra.assemble(part, done)) is not None
    }
    if not found:
        return None
    return xr.concat([*found.values()], xr.IndexVariable("data", list(found)), join="outer")


def settings(config: Config) -> list[spectra.SpectraConfig]:
    """The settings of the spectra of each network."""
    return [
        spectra.SpectraConfig(
            net.data,
            net.hidden,
            scales=(),
            initialization=net.initialization,
            blocks="matrices",
            batch_size=config.batch_size,
            samples_per_parameter=config.samples_per_parameter,
            trials=config.trials,
            seed=config.seed,
            first_trial=config.first_trial,
        )
        for net in (digits.Config(), fashion.Config())
    ]


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="spectra of each layer, digits and Fashion-MNIST",
    label="Spectrum of each layer",
    group=SPECTRA,
    figures=("7",),
    quick=Config(samples_per_parameter=2),
    network=True,
    data=lambda config: ("digits", "fashion"),
    later={"first_trial": 0},
    chosen_here="M = 10 p",
)
