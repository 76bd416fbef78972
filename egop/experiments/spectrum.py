"""Figure 2: the EGOP spectrum of the digits network, λ_k/λ_1 over all k; inset: the first 100.

Full-batch gradients, ρ = N(0, I) on all weights and biases, M = 10 p [M chosen here]. The result is
that of `egop.experiments.spectra`: distribution (gaussian(1)), block (global).
"""

from dataclasses import dataclass

from egop.experiments.experiment import SPECTRA, Experiment
from egop.experiments.spectra import SpectraConfig, assemble, plan


@dataclass(frozen=True)
class Config(SpectraConfig):
    """Settings of figure 2."""


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="EGOP spectrum of the digits net",
    label="Spectrum of the digits network",
    group=SPECTRA,
    figures=("2",),
    quick=Config(samples_per_parameter=3),
    network=True,
    data=lambda config: (config.data,),
    later={"first_trial": 0},
    chosen_here="M = 10 p",
)
