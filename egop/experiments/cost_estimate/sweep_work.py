"""How much a rate sweep of networks computes and holds."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import torch

from egop.experiments.sweep.block_eigenbases import Estimates, named
from egop.experiments.sweep.rates import first_rates
from egop.experiments.sweep.subspace_paths import POINTS
from egop.networks.bases import chosen_blocks
from egop.networks.blocking import CACHE_FLOATS
from egop.networks.estimation import CHUNK_FLOATS, DEVICE_CHUNK_FLOATS, widened
from egop.networks.footprint import predicted_memory
from egop.networks.memory import WORKING, Share, grouped, predicted_bytes
from egop.networks.network import Network
from egop.networks.plan import ORIGINAL, RunSpec

FINER = 8
"""Rates of a method in the second stage of the search (App. D.2): 6, or more where bases differ."""
FORWARD = 0.4
"""Operations of a loss, as a share of those of its gradient."""
METRICS = 10
"""Numbers that are kept of a run and epoch, copies included."""


class Where(NamedTuple):
    """Where an experiment runs: "cpu" or "cuda", and the threads of the CPU."""

    device: str
    threads: int


class Data(NamedTuple):
    """The shape of a data set.

    Attributes:
        features: numbers in an input.
        outputs: of the network.
        examples: to train with, to choose rates by, and to test with.
    """

    features: int
    outputs: int
    examples: tuple[int, int, int]

    @property
    def bytes(self) -> int:
        """In float32."""
        return 4 * self.features * sum(self.examples)


class Work(NamedTuple):
    """What is to be done.

    Attributes:
        amounts: by the name of a rate in `calibration.Rates`.
        memory: bytes at the peak, beside Python and its packages.
        runs: trainings, or estimates of spectra.
        epochs: of each training.
    """

    amounts: Mapping[str, float]
    memory: int
    runs: int
    epochs: int = 0


def added(*parts: Mapping[str, float], times: float = 1) -> dict[str, float]:
    """Amounts of several works together, so many times."""
    kinds = dict.fromkeys(kind for part in parts for kind in part)
    return {kind: times * sum(part.get(kind, 0) for part in parts) for kind in kinds}


def sweep_work(config: Any, network: Network, data: Data, where: Where) -> Work:
    """Of a sweep in all bases of its config, with both stages where rates are searched."""
    dtype = torch.float64 if config.dtype == "float64" else torch.float32
    kinds = named(config.bases)
    dims = {name: _dims(network, blocks) for name, blocks in kinds.items()}
    plans = _plans(config, kinds)
    runs = sum(map(len, plans))
    rotations = sum(4 * d * d for plan in plans for run in plan for d in dims.get(run.basis, ()))
    train, validation, test = data.examples
    steps = config.epochs * ceil(train / config.batch_size)
    measured = network.flops(train) + FORWARD * network.flops(2 * validation + test)
    gradients = steps * network.flops(config.batch_size) + (config.epochs + 1) * measured
    of_trial = {
        "gradients": runs * gradients,
        "products": steps * rotations,
        "updates": steps * runs * network.n_parameters,
    }
    estimates, estimating = estimates_work(
        network, kinds, config.n_samples, config.batch_size, where, (dtype, torch.float64)
    )
    whole = {
        "gradients": FORWARD * POINTS**2 * network.flops(train),
        "steps": 2 * len(plans) * steps,
    }
    amounts = added(
        added(of_trial, times=config.trials * dtype.itemsize / 4),
        added(estimates, times=config.trials),
        whole,
    )
    held = max(_held(config, network, dims, plan, estimating, where) for plan in plans)
    kept = METRICS * dtype.itemsize * runs * config.trials * (config.epochs + 1)
    return Work(amounts, held + kept + data.bytes, config.trials * runs, config.epochs)


def estimates_work(
    network: Network,
    kinds: Mapping[str, str],
    n_samples: int,
    examples: int,
    where: Where,
    dtypes: tuple[torch.dtype, torch.dtype],
) -> tuple[dict[str, float], int]:
    """Amounts of the estimates of one trial, and bytes at the peak of the largest.

    Args:
        network: the objective.
        kinds: by name what each basis rotates.
        n_samples: M.
        examples: in each gradient.
        where: it is estimated.
        dtypes: of gradients, and of sums and decompositions.
    """
    dtype, held = dtypes
    on_cpu = where.device == "cpu"
    chunk = CHUNK_FLOATS if on_cpu else DEVICE_CHUNK_FLOATS
    floats = min(chunk, n_samples * network.n_parameters)
    activations = max(1, floats // network.n_parameters) * network.activation_floats(examples)
    if on_cpu:
        activations = min(activations, where.threads * CACHE_FLOATS)
    estimates = Estimates(network, kinds, None, lambda trial: (), n_samples)
    parts, peaks = [], []
    for blocks in estimates.sources:
        dims = _dims(network, blocks)
        double = held == torch.float64
        parts.append({"gradients": n_samples * network.flops(examples)})
        parts.append({"products": 2 * n_samples * sum(d * d for d in dims) * (1 + double)})
        # where samples are fewer than entries, they are decomposed in float64
        parts += [{"doubles" if double or n_samples < d else "singles": d**3} for d in dims]
        chosen = estimates.chosen(blocks)
        peak = predicted_memory(chosen, n_samples, floats, dtype, widened(held))
        peaks.append(peak + activations * dtype.itemsize)
    return added(*parts), max(peaks)


def _dims(network: Network, blocks: str) -> list[int]:
    """Entries of each block that a basis rotates."""
    return [block.stop - block.start for block in chosen_blocks(network.blocks, blocks)]


def _plans(config: Any, names: Iterable[str]) -> list[list[RunSpec]]:
    """The runs of a trial in each stage, as far as they can be known."""
    stages = [first_rates(config.methods, config.rates)]
    if config.rates is None:
        stages.append({method: np.arange(1.0, FINER + 1) for method in config.methods})
    return [
        [
            RunSpec(method, basis, float(rate))
            for method, rates in stage.items()
            for basis in (ORIGINAL, *names)
            for rate in rates
        ]
        for stage in stages
    ]


def _held(
    config: Any,
    network: Network,
    dims: Mapping[str, list[int]],
    plan: list[RunSpec],
    estimating: int,
    where: Where,
) -> int:
    """Bytes at the peak of a stage: of the largest group, or of its last estimate."""
    itemsize = 8 if config.dtype == "float64" else 4
    floats = sum(d * d for each in dims.values() for d in each)
    options: dict[str, Any] = {
        "bases": tuple(dims),
        "rotated": floats // len(dims),
        "examples": config.batch_size,
        "device": where.device,
        "dtype": getattr(torch, config.dtype),
    }
    peaks = [0]
    for rotated in (False, True):
        some = [run for run in plan if (run.basis != ORIGINAL) == rotated]
        for trials, runs in _shares(network, some, config.trials, options):
            peaks.append(predicted_bytes(network, some[runs], len(trials), **options))
            before = (len(trials) - 1) * floats * itemsize if rotated else 0
            peaks.append(before + estimating + WORKING)
    return max(peaks)


def _shares(
    network: Network, plan: list[RunSpec], trials: int, options: dict[str, Any]
) -> list[Share]:
    """What is trained together; where nothing fits, the first run of a trial."""
    try:
        return grouped(network, plan, trials, **options)
    except MemoryError:
        return [Share(range(1), slice(0, 1))]
