"""Operations and bytes of the trainings and estimates of networks."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

import torch

from egop.experiments.experiment import Cost, Done
from egop.networks.bases import chosen_blocks
from egop.networks.blocking import CACHE_FLOATS
from egop.networks.estimation import CHUNK_FLOATS, DEVICE_CHUNK_FLOATS, widened
from egop.networks.footprint import predicted_memory
from egop.networks.linear import LinearNetwork
from egop.networks.memory import WORKING, predicted_bytes
from egop.networks.network import Network
from egop.networks.plan import RunSpec
from egop.networks.structures.choice import Structure

if TYPE_CHECKING:
    from egop.experiments.sweep.block_eigenbases import BlockEigenbases
    from egop.experiments.sweep.network_sweep import NetworkSweep

FORWARD = 0.4
"""Operations of a loss, as a share of those of its gradient."""
METRICS = 10
"""Numbers that are kept of a run and epoch, copies included."""


def training_cost(sweep: "NetworkSweep", runs: Sequence[RunSpec], trials: int, done: Done) -> Cost:
    """The cost of training some runs of some trials together."""
    network, epochs, itemsize = sweep.network, sweep.epochs, sweep.dtype.itemsize
    train, validation, test = sweep.examples
    steps = epochs * ceil(train / sweep.batch_size)
    measured = network.flops(train) + FORWARD * network.flops(2 * validation + test)
    gradients = steps * network.flops(sweep.batch_size) + (epochs + 1) * measured
    squares = {name: sweep.estimates.squares(name) for name in sweep.estimates.names}
    rotations = sum(4 * squares.get(run.basis, 0) for run in runs)
    times = trials * itemsize / 4
    return Cost(
        amounts={
            gradient_kind(network): times * len(runs) * gradients,
            "products": times * steps * rotations,
            "updates": times * steps * len(runs) * network.n_parameters,
            "steps": steps,
        },
        memory=predicted_bytes(network, runs, trials, device=done.device, **sweep.memory_options())
        + sweep.data_bytes[0]
        + trials * sweep.data_bytes[1],
        output=METRICS * itemsize * len(runs) * trials * (epochs + 1),
        runs=trials * len(runs),
        epochs=epochs,
    )


def estimates_cost(estimates: "BlockEigenbases", examples: int, done: Done) -> Cost:
    """The cost of the bases of one trial.

    Args:
        estimates: how they are estimated.
        examples: in each gradient.
        done: where they are estimated.
    """
    network, n_samples, dtype = estimates.network, estimates.n_samples, estimates.dtype
    on_cpu = done.device == "cpu"
    chunk = CHUNK_FLOATS if on_cpu else DEVICE_CHUNK_FLOATS
    floats = min(chunk, n_samples * network.n_parameters)
    activations = max(1, floats // network.n_parameters) * network.activation_floats(examples)
    if on_cpu:
        activations = min(activations, done.threads * CACHE_FLOATS)
    parts, peaks = [], []
    for blocks in estimates.sources:
        chosen = chosen_blocks(network.blocks, blocks)
        dims = [block.stop - block.start for block in chosen]
        parts.append({gradient_kind(network): n_samples * network.flops(examples)})
        parts.append({"products": 4 * n_samples * sum(d * d for d in dims)})
        parts += [{"doubles": d**3} for d in dims]
        peak = predicted_memory(
            dict.fromkeys(chosen, Structure()), n_samples, floats, dtype, widened(torch.float64)
        )
        peaks.append(peak + activations * dtype.itemsize)
    return Cost(added(*parts), max(peaks) + WORKING)


def gradient_kind(network: Network) -> str:
    """The kind of operation that the gradients of a network consist of."""
    return "moments" if isinstance(network, LinearNetwork) else "gradients"


def added(*parts: Mapping[str, float]) -> dict[str, float]:
    """Amounts of several works together."""
    kinds = dict.fromkeys(kind for part in parts for kind in part)
    return {kind: sum(part.get(kind, 0) for part in parts) for kind in kinds}
