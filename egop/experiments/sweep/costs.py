"""Operations and bytes of the trainings and estimates of networks."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

import torch

from egop.experiments.experiment import Cost, Done
from egop.experiments.sweep.basis_names import BASES
from egop.experiments.sweep.layer_r_med import work_of
from egop.methods import Method, method
from egop.methods.blocks import RuleBlock, rule_blocks
from egop.networks.block_basis import matrix_shape
from egop.networks.blocking import CACHE_FLOATS
from egop.networks.estimation import CHUNK_FLOATS, DEVICE_CHUNK_FLOATS, widened
from egop.networks.footprint import predicted_memory
from egop.networks.hessian_diagonals import PIECE_FLOATS
from egop.networks.linear import LinearNetwork
from egop.networks.memory import WORKING, predicted_bytes
from egop.networks.network import Block, Network
from egop.networks.plan import RunSpec
from egop.networks.structures.choice import ONE_OR_TWO_SIDES, WITHOUT_GRADIENTS, Structure
from egop.networks.structures.partial import DEFAULT_K, SketchSums

if TYPE_CHECKING:
    from egop.experiments.sweep.block_eigenbases import BlockEigenbases
    from egop.experiments.sweep.network_sweep import NetworkSweep

FORWARD = 0.4
"""Operations of a loss, as a share of those of its gradient."""
METRICS = 10
"""Numbers that are kept of a run and epoch, copies included."""
DRAWING = 0.5
"""Time of a random basis as a share of that of a decomposition of its size (measured)."""
DECOMPOSING = 4.5
"""Matrices of the size of a basis that its decomposition in float64 takes at the peak."""
SMALL = 180
"""A small matrix of n rows is decomposed in the time of n²(n + SMALL) numbers (measured)."""


def training_cost(sweep: "NetworkSweep", runs: Sequence[RunSpec], trials: int, done: Done) -> Cost:
    """The cost of training some runs of some trials together."""
    network, epochs, itemsize = sweep.network, sweep.epochs, sweep.dtype.itemsize
    train, validation, test = sweep.examples
    steps = epochs * ceil(train / sweep.batch_size)
    measured = network.flops(train) + FORWARD * network.flops(2 * validation + test)
    gradients = steps * network.flops(sweep.batch_size) + (epochs + 1) * measured
    multiplied = sweep.estimates.multiplications()
    rotations = sum(4 * multiplied.get(run.basis, 0) for run in runs)
    multiplied_by_methods = sum(_multiplied(each, network) for each in runs)
    times = trials * itemsize / 4
    trained = Cost(
        amounts={
            gradient_kind(network): times * len(runs) * gradients,
            "products": times * steps * (rotations + 2 * multiplied_by_methods),
            "updates": times * steps * len(runs) * network.n_parameters,
            "steps": steps,
            "doubles": times * steps * sum(_decomposing(each, network) for each in runs),
        },
        memory=predicted_bytes(network, runs, trials, device=done.device, **sweep.memory_options())
        + sweep.data_bytes[0]
        + trials * sweep.data_bytes[1],
        output=METRICS * itemsize * len(runs) * trials * (epochs + 1),
        runs=trials * len(runs),
        epochs=epochs,
    )
    if sweep.refreshed:
        trained = trained._replace(
            amounts=added(trained.amounts, _refreshing(sweep, runs, trials * itemsize / 4))
        )
    return _with_r_med(trained, sweep, runs, trials) if sweep.r_med_epochs else trained


def _refreshing(sweep: "NetworkSweep", runs: Sequence[RunSpec], times: float) -> dict[str, float]:
    """The work on bases that are estimated anew, once in an epoch, and of rotating by them."""
    network, steps = sweep.network, ceil(sweep.examples[0] / sweep.batch_size)
    own = [sweep.refreshed[run.basis] for run in runs if run.basis in sweep.refreshed]
    shapes = [matrix_shape(block) for block in network.matrices]
    turned = sum(rows * columns * (rows + columns) for rows, columns in shapes)
    decomposed = sum(n**2 * (n + SMALL) for shape in shapes for n in shape)
    samples = sum(each.n_samples for each in own)
    epochs = times * sweep.epochs
    return {
        gradient_kind(network): epochs * samples * network.flops(sweep.batch_size),
        "products": epochs * turned * (4 * steps * len(own) + 2 * samples),
        "doubles": epochs * decomposed * len(own),
    }


def _with_r_med(trained: Cost, sweep: "NetworkSweep", runs: Sequence[RunSpec], trials: int) -> Cost:
    """The cost of a training with that of measuring R_med of its layers."""
    work = work_of(sweep.network, sweep.examples[0])
    at = trials * len(sweep.measured_epochs)
    multiplied = sweep.estimates.multiplications()
    rotated = work.rotations * sum(multiplied.get(run.basis, 0) for run in runs)
    measured = {
        gradient_kind(sweep.network): at * len(runs) * work.gradients,
        "products": 2 * at * rotated,
        "updates": at * len(runs) * work.written,
    }
    return trained._replace(
        amounts=added(trained.amounts, measured),
        memory=trained.memory + 8 * (trials * len(runs) * work.numbers + 8 * PIECE_FLOATS),
    )


def _matrices(run: RunSpec, network: Network) -> list[RuleBlock]:
    """The matrices that a run's method steps as such."""
    known = run.method if isinstance(run.method, Method) else method(run.method)
    shapes = [block.shape for block in network.blocks]
    blocks = rule_blocks(known, shapes, network.n_parameters, "a network")
    return [block for block in blocks if block.is_matrix and len(block.shape) == 2]


def _multiplied(run: RunSpec, network: Network) -> float:
    """Multiplications of a step's products of matrices, in a method of matrices."""
    found = 0.0
    for block in _matrices(run, network):
        rows, columns = block.shape
        h = block.method.hyperparameters
        if hasattr(h, "orthogonalization"):
            side = min(rows, columns)
            found += getattr(h, "iterations", 1) * side**2 * (2 * max(rows, columns) + side)
        found += sum(3 * rows * columns * side for side in _sides(block))
    return found


def _decomposing(run: RunSpec, network: Network) -> float:
    """The decompositions of a step of a method of matrices, as those of p³ in float64."""
    found = 0.0
    for block in _matrices(run, network):
        h, sides = block.method.hyperparameters, _sides(block)
        if getattr(h, "orthogonalization", "") == "exact":
            sides = {*sides, min(block.shape)}
        found += sum(n**2 * (n + SMALL) for n in sides) / max(1, getattr(h, "refresh", 1))
    return found


def _sides(block: RuleBlock) -> set[int]:
    """The sides of a matrix of which a method keeps products."""
    kept = [shape for shape in block.state_shapes() if shape != block.shape and len(shape) == 2]
    return {rows for rows, columns in kept if rows == columns > 1}


def estimates_cost(estimates: "BlockEigenbases", examples: int, done: Done) -> Cost:
    """The cost of the bases of one trial.

    Args:
        estimates: how they are estimated.
        examples: in each gradient.
        done: where they are estimated.
    """
    parts, peaks = [], []
    for key in estimates.sources:
        chosen = estimates.chosen(key)
        if BASES[key].structure in WITHOUT_GRADIENTS:
            sizes = [size for block in chosen for size in _structure(key).sides(block)]
            peaks.append(int(8 * DECOMPOSING * max(sizes) ** 2))
        else:
            peaks.append(_peak(estimates, key, examples, done))
            parts.append(_sampling(estimates, key, examples))
            sizes = [size for block in chosen for size in _decomposed(estimates, key, block)]
        share = DRAWING if BASES[key].structure == "random" else 1.0
        parts += [{"doubles": share * size**3} for size in sizes]
    return Cost(added(*parts), max(peaks) + WORKING)


def _sampling(estimates: "BlockEigenbases", key: str, examples: int) -> dict[str, float]:
    """Operations of a basis's gradients and of their sums."""
    network, n_samples = estimates.network, estimates.samples(key)
    structure = _structure(key)
    summed = 0
    for block in estimates.chosen(key):
        dim, rows = block.stop - block.start, _sketched(structure, block, n_samples)
        if structure.name in ONE_OR_TWO_SIDES:
            summed += structure.multiplications(block, n_samples)
        elif rows:  # all with each other and with the half that is kept, once in rows/2 samples
            summed += 3 * rows * dim
        else:
            summed += dim**2
    return {
        gradient_kind(network): n_samples * network.flops(examples),
        "products": 4 * n_samples * summed,
    }


def _decomposed(estimates: "BlockEigenbases", key: str, block: Block) -> list[int]:
    """The sizes of the matrices that are decomposed for a block's basis."""
    structure, n_samples = _structure(key), estimates.samples(key)
    if rows := _sketched(structure, block, n_samples):
        return [rows] * ceil(2 * n_samples / rows)
    few = structure.name == "partial" and n_samples < block.stop - block.start
    return [n_samples] if few else structure.sides(block)


def _sketched(structure: Structure, block: Block, n_samples: int) -> int:
    """Rows that a sketch of a block keeps; 0 where it has its EGOP, as of other structures."""
    rows = SketchSums.most_rows(n_samples, DEFAULT_K) if structure.name == "sketch" else 0
    return rows if rows < block.stop - block.start else 0


def _structure(key: str) -> Structure:
    return Structure(BASES[key].structure)


def _peak(estimates: "BlockEigenbases", key: str, examples: int, done: Done) -> int:
    """Bytes at the peak of an estimate from gradients."""
    network, n_samples, dtype = estimates.network, estimates.samples(key), estimates.dtype
    on_cpu = done.device == "cpu"
    chunk = CHUNK_FLOATS if on_cpu else DEVICE_CHUNK_FLOATS
    floats = min(chunk, n_samples * network.n_parameters)
    activations = max(1, floats // network.n_parameters) * network.activation_floats(examples)
    if on_cpu:
        activations = min(activations, done.threads * CACHE_FLOATS)
    structures = dict.fromkeys(estimates.chosen(key), _structure(key))
    peak = predicted_memory(structures, n_samples, floats, dtype, widened(torch.float64))
    return peak + activations * dtype.itemsize


def gradient_kind(network: Network) -> str:
    """The kind of operation that the gradients of a network consist of."""
    return "moments" if isinstance(network, LinearNetwork) else "gradients"


def added(*parts: Mapping[str, float]) -> dict[str, float]:
    """Amounts of several works together."""
    kinds = dict.fromkeys(kind for part in parts for kind in part)
    return {kind: sum(part.get(kind, 0) for part in parts) for kind in kinds}
