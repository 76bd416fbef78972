"""Figure 6: the spectrum of figure 2 under other sampling distributions ρ.

N(0, s²I) for s = 0.1, 1, 10 [chosen here] and the law of the starts. The result is that of
`egop.experiments.spectra`: distribution (gaussian(0.1), gaussian(1), gaussian(10), xavier_normal),
block (global).
"""

from dataclasses import dataclass

from egop.experiments.experiment import SPECTRA, Experiment
from egop.experiments.spectra import SpectraConfig, assemble, plan


@dataclass(frozen=True)
class Config(SpectraConfig):
    """Settings of figure 6."""

    scales: tuple[float, ...] = (0.1, 1.0, 10.0)
    initialization: str = "xavier_normal"


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="the spectrum under other sampling distributions",
    label="Spectrum under other distributions",
    group=SPECTRA,
    figures=("6",),
    quick=Config(samples_per_parameter=2),
    network=True,
    data=lambda config: (config.data,),
    later={"first_trial": 0},
    chosen_here="M = 10 p, s = 0.1, 1 and 10",
)
