"""The memory that an estimate of EGOP bases needs, checked before it runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from egop.machine_memory import available_memory
from egop.networks.blocking import CACHE_FLOATS
from egop.networks.network import Block, Network
from egop.networks.processes import Processes
from egop.networks.structures.choice import Structure
from egop.networks.structures.sums import ALONE
from egop.theme import size_words


def predicted_memory(
    structures: Mapping[Block, Structure],
    n_samples: int,
    chunk_floats: int,
    dtype: torch.dtype,
    held: torch.dtype,
) -> int:
    """Bytes at the peak of an estimate: all sums and a chunk of gradients, or a decomposition.

    Decompositions follow one another, while the sums of later blocks and the eigenvectors of
    earlier ones are kept.

    Args:
        structures: of each block that gets a basis.
        n_samples: M.
        chunk_floats: numbers in the gradients that are computed at once.
        dtype: of the gradients and of the eigenvectors that stay.
        held: dtype of the sums.
    """
    sizes = [each.memory(block, n_samples, held, dtype) for block, each in structures.items()]
    kept = [
        each.kept_numbers(block, n_samples) * dtype.itemsize for block, each in structures.items()
    ]
    peaks = [
        sum(kept[:k]) + sizes[k][1] + sum(later for later, _ in sizes[k + 1 :])
        for k in range(len(sizes))
    ]
    summing = sum(while_summed for while_summed, _ in sizes)
    return max(summing + chunk_floats * (3 * dtype.itemsize + held.itemsize), *peaks)


def check_memory(needed: int, allowed: int | None, structures: Mapping[Block, Structure]) -> None:
    """MemoryError when an estimate would not fit."""
    if allowed is not None and needed > allowed:
        largest = max(structures, key=lambda block: block.stop - block.start)
        name = structures[largest].name
        advice = "take structure='kronecker' or 'auto', " if name == "dense" else ""
        raise MemoryError(
            f"a {name} basis of {largest.name} with {largest.stop - largest.start} entries needs "
            f"{size_words(needed)} in all, {size_words(allowed)} are allowed: {advice}leave the "
            "block out by naming others in `blocks`, or allow more by memory_budget"
        )


def read_budget(budget: Any) -> int | None:
    """Bytes of a budget, which may be a float such as 1e9; None: none is given.

    Raises:
        ValueError: it is no number above 0.
    """
    if budget is None:
        return None
    known = isinstance(budget, int | float | np.number) and not isinstance(budget, bool)
    if not (known and 0 < budget < float("inf")):
        raise ValueError(
            f"memory_budget takes a number of bytes above 0, such as 2e9, got {budget!r}"
        )
    return int(budget)


def allowed_memory(
    budget: int | None, device: torch.device, processes: Processes = ALONE
) -> int | None:
    """Bytes that an estimate may take in each process; None: nobody says.

    It is the budget, or what is free, on the CPU in equal shares for the processes on one machine;
    of all processes the least.
    """
    budget = allowed = read_budget(budget)
    sharing = processes.on_this_machine()
    if budget is None and (free := free_memory(device)) is not None:
        allowed = free if device.type == "cuda" else free // sharing
    return processes.least(allowed)


def free_memory(device: torch.device) -> int | None:
    """Bytes that can be had on a device; None where the system does not say."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept  # PyTorch keeps what was freed
    return available_memory()


def working_memory(
    network: Network, batch: Any, chunk: int, dtype: torch.dtype, device: torch.device
) -> int:
    """Bytes that the gradients of a chunk need beside themselves."""
    examples = batch[0].shape[1] if isinstance(batch, tuple) else 0
    activations = chunk * network.activation_floats(examples)
    if device.type == "cpu":
        activations = min(activations, torch.get_num_threads() * CACHE_FLOATS)
    return activations * dtype.itemsize
