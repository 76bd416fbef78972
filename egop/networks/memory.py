"""Memory of a training, and the split of its trials and runs into groups that fit a budget."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

import torch

from egop.methods.blocks import rule_blocks
from egop.networks.blocking import CACHE_FLOATS, DEVICE_FLOATS, parts
from egop.networks.footprint import free_memory
from egop.networks.network import Network
from egop.networks.plan import RunGroup, RunSpec, arrange
from egop.networks.refreshed_bases import CHUNK_FLOATS as GRADIENT_FLOATS
from egop.networks.update import STATE_FLOATS

SHARE = {"cpu": 0.5, "cuda": 0.8}
"""The share of free memory that a training may take when no budget is given."""

WORKING = 20_000_000
"""Bytes that workers and the libraries under them take on the CPU, as measured, whatever is run."""

TEMPORARIES = 6
"""Tensors of the size of a piece that an update rule makes on its way."""


class Share(NamedTuple):
    """Trials and runs that are trained together.

    Attributes:
        trials: where they are among all.
        runs: where they are in the plan.
    """

    trials: range
    runs: slice


def predicted_bytes(
    network: Network,
    plan: Sequence[RunSpec],
    trials: int,
    *,
    bases: Collection[str] = (),
    rotated: int | Mapping[str, int] | None = None,
    of_each_run: Mapping[str, int] | None = None,
    examples: int = 300,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> int:
    """Bytes at the peak of a training, without its data.

    Args:
        network: what is trained.
        plan: the runs of each trial.
        trials: how many.
        bases: names of the bases that training keeps a copy of, of those in the plan.
        rotated: numbers in the eigenvectors of one trial in one basis, of all bases or of each by
            its name; None: dense bases of all weight matrices.
        of_each_run: numbers in the bases that each run has for itself, by name.
        examples: in a minibatch.
        device: where.
        dtype: of all numbers.
    """
    arrangement = arrange(plan)
    p, runs = network.n_parameters, len(plan)
    if rotated is None:
        rotated = sum((b.stop - b.start) ** 2 for b in network.matrices)
    held = 2 * runs + (runs - arrangement.n_original)
    own = of_each_run or {}
    shapes = [block.shape for block in network.blocks]
    states = sum(
        (_state_numbers(g, shapes, p) + own.get(g.basis, 0)) * (g.runs.stop - g.runs.start)
        for g in arrangement.groups
    )
    named = [name for name in arrangement.bases if name in bases]
    if own.keys() & arrangement.bases.keys():
        states += 2 * GRADIENT_FLOATS // trials
    each = rotated if isinstance(rotated, Mapping) else dict.fromkeys(named, rotated)
    numbers = trials * (held * p + states + sum(each[name] for name in named))
    on_cpu = torch.device(device).type == "cpu"
    tile = trials * runs * network.activation_floats(examples)
    workers = torch.get_num_threads() if on_cpu else 1
    numbers += min(tile, workers * CACHE_FLOATS if on_cpu else DEVICE_FLOATS)
    updated = trials * runs * p
    numbers += TEMPORARIES * min(updated, workers * STATE_FLOATS if on_cpu else updated)
    numbers += workers * _matrix_temporaries(arrangement.groups, shapes, p, trials, on_cpu)
    return numbers * dtype.itemsize + (WORKING if on_cpu else 0)


def grouped(
    network: Network,
    plan: Sequence[RunSpec],
    trials: int,
    *,
    budget: int | None = None,
    device: torch.device | str = "cpu",
    **prediction,
) -> list[Share]:
    """Groups of trials, or of the runs of one trial, that each fit the budget; as few as can be.

    A share of a plan is trained as a plan of its own.

    Args:
        network: what is trained.
        plan: the runs of each trial.
        trials: how many there are.
        budget: bytes; None: a share of what is free on the device.
        device: where.
        **prediction: what else `predicted_bytes` takes.

    Raises:
        MemoryError: the budget is too small for one run.
    """
    device = torch.device(device)
    if budget is None:
        budget = usual_budget(device)
    everything = slice(0, len(plan))
    if budget is None:
        return [Share(range(trials), everything)]

    def fits(some: slice, count: int) -> bool:
        needed = predicted_bytes(network, plan[some], count, device=device, **prediction)
        return needed <= budget

    together = _largest(trials, lambda count: fits(everything, count))
    if together:
        return [Share(range(s.start, s.stop), everything) for s in parts(trials, together)]
    many = _largest(len(plan), lambda r: all(fits(s, 1) for s in parts(len(plan), r)))
    if not many:
        one = max(
            predicted_bytes(network, plan[k : k + 1], 1, device=device, **prediction)
            for k in range(len(plan))
        )
        raise MemoryError(
            f"one run of {network!r} needs {one:,} bytes, the budget is {budget:,}: allow more, "
            "or leave out the bases"
        )
    return [Share(range(t, t + 1), s) for t in range(trials) for s in parts(len(plan), many)]


def _state_numbers(group: RunGroup, shapes: Sequence[tuple[int, ...]], p: int) -> int:
    """Numbers in the state of one run of a group."""
    blocks = rule_blocks(group.method, shapes, p, "a network")
    return sum(prod(shape) for block in blocks for shape in block.state_shapes())


def _matrix_temporaries(
    groups: Iterable[RunGroup], shapes: Sequence[tuple[int, ...]], p: int, trials: int, on_cpu: bool
) -> int:
    """Numbers that the largest piece of a matrix method makes on its way, beside those of entries.

    They are of the shapes of its state: products of gradients, their eigenvectors and roots.
    """
    most = 0
    for group in groups:
        for block in rule_blocks(group.method, shapes, p, "a network"):
            if block.is_matrix:
                held = sum(map(prod, block.state_shapes()))
                runs = trials * (group.runs.stop - group.runs.start)
                fits = max(1, STATE_FLOATS // prod(block.shape)) if on_cpu else runs
                most = max(most, TEMPORARIES * held * min(runs, fits))
    return most


def usual_budget(device: torch.device | str) -> int | None:
    """Bytes that a training may take when no budget is given; None: the system does not say."""
    device = torch.device(device)
    free = free_memory(device)
    return None if free is None else int(SHARE.get(device.type, 0.5) * free)


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number from 1 to `most` that fits, by halving; 0 when none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
