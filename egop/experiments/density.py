"""Figure 8: density β_k of the EGOP's leading eigenvectors, digits network.

The estimates of figure 6, read for their eigenvectors: β_1 ≫ 1/d ≈ 4e-4. The result is that of
`egop.experiments.spectra`: distribution (gaussian(0.1), gaussian(1), gaussian(10), xavier_normal),
block (global).
"""

from dataclasses import dataclass

from egop.experiments import sampling
from egop.experiments.experiment import SPECTRA, Experiment
from egop.experiments.spectra import assemble, plan


@dataclass(frozen=True)
class Config(sampling.Config):
    """Settings of figure 8: those of figure 6."""


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="density of the leading eigenvectors",
    label="Density of the eigenvectors",
    group=SPECTRA,
    figures=("8",),
    quick=Config(samples_per_parameter=2),
    network=True,
    data=lambda config: (config.data,),
    later={"first_trial": 0},
    chosen_here="M = 10 p, s = 0.1, 1 and 10",
)
