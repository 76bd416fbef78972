"""The planted linear problems Y = M*A of figures 3 and 9 (Eq. 6), one for each trial."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import torch

from egop.experiments.classifiers import BEFORE_TRAINING
from egop.experiments.sweep.basis_names import estimated_once, named
from egop.experiments.sweep.block_eigenbases import BlockEigenbases
from egop.experiments.sweep.network_sweep import NetworkSweep
from egop.experiments.sweep.refreshed_runs import refreshed_bases
from egop.experiments.trial_numbers import trial_numbers
from egop.networks.arrays import as_tensor
from egop.networks.batches import MomentMinibatches
from egop.networks.initialization import xavier_normal
from egop.networks.linear import LinearNetwork
from egop.networks.rng import stream
from egop.objectives.convex import planted_matrix, power_law

if TYPE_CHECKING:
    from egop.experiments.linear import Config


def problem(config: "Config", trial: int) -> tuple[np.ndarray, np.ndarray]:
    """Aᵀ (n, inputs) of all examples of a trial, and M* (outputs, inputs), iid N(0, 1)."""
    random = stream((config.seed, trial), "linear problem")
    n, inputs = sum(config.n_examples), config.sizes[0]
    matrix = planted_matrix(n, power_law(inputs, config.decay), random) * np.sqrt(n)
    return matrix, random.standard_normal((config.sizes[-1], inputs))


def problem_batches(config: "Config", trials: Sequence[int]) -> MomentMinibatches:
    """The problems of some trials, each minibatch as its exact second moments."""
    drawn = [problem(config, trial) for trial in trials]
    inputs = as_tensor(np.stack([matrix for matrix, _ in drawn]))
    solution = as_tensor(np.stack([truth for _, truth in drawn]))
    bounds = pairwise(np.cumsum([0, *config.n_examples]).tolist())
    train, validation, test = (inputs[:, a:b] for a, b in bounds)
    return MomentMinibatches(
        train, validation, test, solution=solution, size=config.batch_size, seed=config.seed
    )


def by_validation_loss(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The minimal validation loss, and its first epoch (App. D.5)."""
    losses = np.nan_to_num(arrays["validation_loss"], nan=np.inf)
    return losses.min(axis=-1), losses.argmin(axis=-1)


def linear_sweep(config: "Config") -> NetworkSweep:
    """The sweep of a config of figure 3 or 9."""
    law, network, seed = xavier_normal(), LinearNetwork(config.sizes), config.seed
    data_bytes = 4 * config.sizes[0] * sum(config.n_examples)
    return NetworkSweep(
        network,
        config.methods,
        trial_numbers(config),
        config.epochs,
        config.rates,
        batches=lambda context, trials: problem_batches(config, trials),
        batch_size=config.batch_size,
        examples=config.n_examples,
        data_bytes=(data_bytes, 2 * data_bytes),  # drawn in float64, a problem for each trial
        starts=lambda trials: law.sample(network.blocks, trials, seed, "start"),
        estimates=BlockEigenbases(
            network,
            estimated_once(named(config.bases, config.usual)),
            law,
            lambda context, trial: list(
                problem_batches(config, [trial]).epoch(BEFORE_TRAINING, [trial])
            ),
            config.n_samples,
            seed,
            getattr(torch, config.dtype),
            training_set=lambda context, trial: problem_batches(config, [trial]).whole["train"],
        ),
        score=by_validation_loss,
        schedule="cosine",
        dtype=getattr(torch, config.dtype),
        r_med_epochs=config.r_med_epochs,
        refreshed=refreshed_bases(
            config.bases, ceil(config.n_examples[0] / config.batch_size), seed
        ),
    )
