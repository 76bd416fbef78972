"""EGOP spectra of a classifier under several ρ: what figures 2, 6, 7 and 8 have in common.

Gradients are float32, their sums and the decomposition float64. The result has the dims
(distribution, trial, block, k), k from 1:
    eigenvalues         λ_k, descending; NaN beyond a block's size
    density             β_k = ‖v_k‖₁²/d of the eigenvectors, likewise
    stable_rank, gap    (distribution, trial, block) Eq. (3), and λ_1/λ_2
    n_samples, n_excluded   (distribution, trial) gradients in the estimate, and left out
"""

from dataclasses import dataclass

import xarray as xr

from egop.experiments.checks import check_name
from egop.experiments.classifiers import INITIALIZATIONS, classifier, data_of, egop_batches
from egop.experiments.sweep.block_eigenbases import Estimates
from egop.networks.batches import Minibatches
from egop.networks.initialization import Initialization, gaussian
from egop.runs.run import Run


@dataclass(frozen=True)
class SpectraConfig:
    """Settings of a spectrum's experiment.

    Attributes:
        data: a name that `egop.networks.data.load` knows.
        hidden: ReLU units.
        scales: s of each ρ = N(0, s²I) on all weights and biases.
        initialization: the law of the starts as one more ρ, a name in `INITIALIZATIONS`; "": not.
        blocks: "global" or "matrices".
        batch_size: of each gradient; 0: the whole training set.
        samples_per_parameter: M/p.
        trials: estimates from fresh samples.
    """

    data: str = "digits"
    hidden: tuple[int, ...] = (32,)
    scales: tuple[float, ...] = (1.0,)
    initialization: str = ""
    blocks: str = "global"
    batch_size: int = 0
    samples_per_parameter: int = 10
    trials: int = 1
    seed: int = 0

    def __post_init__(self):
        if self.initialization:
            check_name("initialization", self.initialization, INITIALIZATIONS)


def spectra(config: SpectraConfig, run: Run, part: tuple[int, int] = (0, 1)) -> xr.Dataset:
    """The result described at the top of this file.

    Args:
        config: of the experiment.
        run: keeps each spectrum as a piece.
        part: which of how many calls this is, for progress.
    """
    data = data_of(config.data, run)
    network = classifier(data, config.hidden)
    whole = [Minibatches.of(data).whole["train"]]
    laws: list[Initialization] = [gaussian(scale) for scale in config.scales]
    if config.initialization:
        laws.append(INITIALIZATIONS[config.initialization]())

    def batches(trial: int) -> list:
        size = config.batch_size
        return egop_batches(data, size, config.seed, trial) if size else whole

    found: list[xr.Dataset] = []
    for place, law in enumerate(laws):
        estimates = Estimates(
            network,
            {"egop": config.blocks},
            law,
            batches,
            config.samples_per_parameter * network.n_parameters,
            config.seed,
            label=f"{config.data}-{law.name}-",
        )
        for trial in range(config.trials):
            done = (place + trial / config.trials) / len(laws)
            run.tell((part[0] + done) / part[1], f"{config.data}, {law.name}")
            estimates.summary(run, trial)
            run.discard_bulky()
        found.append(estimates.described(run, config.trials))
    names = xr.IndexVariable("distribution", [law.name for law in laws])
    joined: xr.Dataset = xr.concat(found, names, join="exact")
    return joined
