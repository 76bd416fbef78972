"""The planted linear problems Y = M*A of figures 3 and 9 (Eq. 6), one for each trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from egop.experiments.classifiers import BEFORE_TRAINING
from egop.experiments.sweep.block_eigenbases import BlockEigenbases
from egop.experiments.sweep.network_sweep import NetworkSweep
from egop.experiments.sweep.scores import by_validation_loss
from egop.networks.arrays import as_tensor
from egop.networks.batches import MomentMinibatches
from egop.networks.initialization import xavier_normal
from egop.networks.linear import LinearNetwork
from egop.networks.rng import stream
from egop.objectives.convex import planted_matrix, power_law

if TYPE_CHECKING:
    from egop.experiments.linear import Config


@dataclass(frozen=True)
class LinearProblems:
    """A linear network and the problem of each trial.

    Attributes:
        sizes: units of each layer.
        n_examples: to train with, to choose rates by, and to test with.
        decay: A has the singular values σ_k = k^−decay, times √n.
        batch_size: examples in a minibatch.
        seed: of everything random.
    """

    sizes: tuple[int, ...]
    n_examples: tuple[int, int, int]
    decay: float
    batch_size: int
    seed: int

    @cached_property
    def network(self) -> LinearNetwork:
        """The network, without biases."""
        return LinearNetwork(self.sizes)

    def draw(self, trial: int) -> tuple[np.ndarray, np.ndarray]:
        """Aᵀ (n, inputs) of all examples, and M* (outputs, inputs), iid N(0, 1)."""
        random = stream((self.seed, trial), "linear problem")
        n, inputs = sum(self.n_examples), self.sizes[0]
        matrix = planted_matrix(n, power_law(inputs, self.decay), random) * np.sqrt(n)
        return matrix, random.standard_normal((self.sizes[-1], inputs))

    def batches(self, trials: Sequence[int]) -> MomentMinibatches:
        """The problems of some trials, each minibatch as its exact second moments."""
        drawn = [self.draw(trial) for trial in trials]
        inputs = as_tensor(np.stack([matrix for matrix, _ in drawn]))
        solution = as_tensor(np.stack([truth for _, truth in drawn]))
        bounds = pairwise(np.cumsum([0, *self.n_examples]).tolist())
        train, validation, test = (inputs[:, a:b] for a, b in bounds)
        return MomentMinibatches(
            train, validation, test, solution=solution, size=self.batch_size, seed=self.seed
        )


def linear_sweep(config: "Config", bases: Mapping[str, str]) -> NetworkSweep:
    """The sweep of a config of figure 3 or 9 in some bases."""
    problems = LinearProblems(
        config.sizes, config.n_examples, config.decay, config.batch_size, config.seed
    )
    law, network, seed = xavier_normal(), problems.network, config.seed
    data_bytes = 4 * config.sizes[0] * sum(config.n_examples)
    return NetworkSweep(
        network,
        config.methods,
        config.trials,
        config.epochs,
        config.rates,
        batches=lambda context, trials: problems.batches(trials),
        batch_size=config.batch_size,
        examples=config.n_examples,
        data_bytes=(data_bytes, 2 * data_bytes),  # drawn in float64, a problem for each trial
        starts=lambda trials: law.sample(network.blocks, trials, seed, "start"),
        estimates=BlockEigenbases(
            network,
            bases,
            law,
            lambda context, trial: list(problems.batches([trial]).epoch(BEFORE_TRAINING, [trial])),
            config.n_samples,
            seed,
            getattr(torch, config.dtype),
        ),
        score=by_validation_loss,
        schedule="cosine",
        dtype=getattr(torch, config.dtype),
    )
