"""Gradients of single examples, many at once by `torch.func.vmap`."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from egop.networks.module import ModuleNetwork, flat_parameters
from egop.networks.module_gradients import ModuleGradients, Sample
from egop.networks.passes import batched
from egop.networks.processes import Processes


def per_example_gradients(
    gradients: ModuleGradients,
    batches: Iterable[Any],
    n_samples: int,
    chunk: int,
    before: Callable[[], None],
    processes: Processes,
    *,
    tell: Callable[[int], object] | None = None,
) -> Iterator[Tensor]:
    """This process's share of the gradients of n_samples examples, rows (m, p) by the chunk.

    Each batch is taken at parameters of its own, drawn by its number; its examples follow each
    other along the first axis of its tensors.

    Args:
        gradients: of the module's loss.
        batches: as `estimate_block_bases` takes them.
        n_samples: how many examples.
        chunk: how many at once.
        before: puts the buffers back; called before each batch.
        processes: that share the examples.
        tell: called after each chunk with how many are done here.

    Raises:
        ValueError: a batch whose tensors have no common first axis, or a module or loss that is
            not the same function of each example.
    """
    network = ModuleNetwork(gradients.model, gradients.loss, "per_example")
    first = done = 0
    for sample in gradients.samples(batches, n_samples):
        before()
        gradients.draws.fill(sample.number, sample.seed)
        flat = flat_parameters(gradients.model)
        gradients.used |= {block.name for block in gradients.layout}
        count = min(n_samples - first, _examples(sample))
        mine = [k for k in range(count) if processes.is_mine(first + k)]
        for some in batched(mine, chunk):
            examples = pytree.tree_map(partial(_cut, list(some)), sample.batch)
            rows = network.gradients(flat.expand(len(some), 1, -1), examples)[1][:, 0]
            done += len(some)
            if tell is not None:
                tell(done)
            yield rows
        first += count
        if first == n_samples:
            return


def _examples(sample: Sample) -> int:
    """The number of examples in a batch."""
    lengths = {
        len(leaf) if isinstance(leaf, Tensor) and leaf.ndim else 0
        for leaf in pytree.tree_leaves(sample.batch)
    }
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "per_example takes batches of tensors with one entry for each example along their "
            f"first axis, got first axes of {sorted(lengths)}"
        )
    return lengths.pop()


def _cut(some: list[int], leaf: Tensor) -> Tensor:
    """Each example as a batch of one: (m, 1, …)."""
    return torch.as_tensor(leaf)[some][:, None]
