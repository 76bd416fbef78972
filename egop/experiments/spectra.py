"""EGOP spectra of a classifier under several ρ: what figures 2, 6, 7 and 8 have in common.

Gradients are float32, their sums and the decomposition float64. The result has the dims
(distribution, trial, block, k), k from 1:
    eigenvalues         λ_k, descending; NaN beyond a block's size
    density             β_k = ‖v_k‖₁²/d of the eigenvectors, likewise
    stable_rank, gap    (distribution, trial, block) Eq. (3), and λ_1/λ_2
    off_diagonal_share  (distribution, trial, block) of the EGOP's squares, in original coordinates
    n_parameters        (distribution, block) the size of a block
    n_samples, n_excluded   (distribution, trial) gradients in the estimate, and left out
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from egop.experiments.checks import check_name
from egop.experiments.classifier_training import LAWS
from egop.experiments.experiment import Cost, Done, Task
from egop.experiments.trial_numbers import trial_numbers

if TYPE_CHECKING:
    import xarray as xr

    from egop.experiments.sweep.block_eigenbases import BlockEigenbases
    from egop.runs.task_context import TaskContext


@dataclass(frozen=True)
class SpectraConfig:
    """Settings of a spectrum's experiment.

    Attributes:
        data: a name that `egop.networks.data.load` knows.
        hidden: ReLU units.
        scales: s of each ρ = N(0, s²I) on all weights and biases.
        initialization: the law of the starts as one more ρ, a name in `LAWS`; "": not.
        blocks: "global" or "matrices".
        batch_size: of each gradient; 0: the whole training set.
        samples_per_parameter: M/p.
        trials: estimates from fresh samples.
        first_trial: the number of the first; those of a part of a sweep begin later.
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
    first_trial: int = 0

    def __post_init__(self):
        check_name("blocks", self.blocks, ("global", "matrices", "first"))
        if self.initialization:
            check_name("initialization", self.initialization, LAWS)


def plan(config: SpectraConfig, done: Done) -> Sequence[Task]:
    """An estimate for each distribution and trial."""
    from egop.experiments.classifiers import shape_of

    shape = shape_of(config.data)
    examples = config.batch_size or shape.examples[0]
    return [
        Task(
            estimates.key(trial),
            partial(estimates.summarize_only, trial),
            f"{config.data}, {name}",
            partial(_cost, estimates, examples, shape.bytes, done),
        )
        for name, estimates in _estimates(config)
        for trial in trial_numbers(config)
    ]


def assemble(config: SpectraConfig, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file, in the order of the distributions."""
    import xarray as xr

    found = {
        name: table
        for name, estimates in _estimates(config)
        for table in estimates.assembled(done, trial_numbers(config))
    }
    if not found:
        return None
    names = xr.IndexVariable("distribution", list(found))
    joined: xr.Dataset = xr.concat([*found.values()], names, join="exact")
    return joined


def _estimates(config: SpectraConfig) -> "Iterator[tuple[str, BlockEigenbases]]":
    """Yields the name of each distribution and how its EGOP is estimated."""
    from egop.experiments.classifiers import (
        INITIALIZATIONS,
        classifier,
        egop_batches,
        shape_of,
        training_set,
    )
    from egop.experiments.sweep.block_eigenbases import BlockEigenbases
    from egop.networks.initialization import gaussian

    def batches(context: "TaskContext", trial: int) -> list:
        data, size = context.run.data(config.data), config.batch_size
        if not size:
            return [training_set(data)]
        return egop_batches(data, size, config.seed, trial)

    network = classifier(shape_of(config.data), config.hidden)
    laws = [gaussian(scale) for scale in config.scales]
    if config.initialization:
        laws.append(INITIALIZATIONS[config.initialization]())
    for law in laws:
        n_samples = config.samples_per_parameter * network.n_parameters
        yield (
            law.name,
            BlockEigenbases(
                network,
                {"egop": config.blocks},
                law,
                batches,
                n_samples,
                config.seed,
                label=f"{config.data}-{law.name}-",
            ),
        )


def _cost(estimates: "BlockEigenbases", examples: int, data_bytes: int, done: Done) -> Cost:
    from egop.experiments.sweep.costs import estimates_cost

    cost = estimates_cost(estimates, examples, done)
    return cost._replace(memory=cost.memory + data_bytes, runs=1)
