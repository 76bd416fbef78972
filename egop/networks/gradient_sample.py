"""Gradients of a module's loss that are kept, block by block, for the diagnostics of bases."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks.bases import Blocks, chosen_blocks
from egop.networks.criterion import Loss, as_loss
from egop.networks.estimation import widened
from egop.networks.layout import trainable
from egop.networks.module_estimate import CHUNK_FLOATS
from egop.networks.module_gradients import ModuleGradients, batch_gradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import Block, blocks_of
from egop.networks.passes import read_count
from egop.networks.per_example import per_example_gradients
from egop.networks.spectral import highest_precision
from egop.networks.structures.sums import ALONE


@dataclass(frozen=True, eq=False)
class BlockGradients(Mapping[str, Tensor]):
    """Gradients of several blocks: a mapping from the name of a block to rows (M, p_b).

    Attributes:
        blocks: whose gradients they are.
        rows: by name, for each the same M samples.
        n_excluded: samples left out, since they were not finite.
    """

    blocks: tuple[Block, ...]
    rows: dict[str, Tensor]
    n_excluded: int = 0

    def __getitem__(self, name: str) -> Tensor:
        return self.rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"BlockGradients of {', '.join(self.rows)}, {self.n_samples} samples"

    @property
    def n_samples(self) -> int:
        """M, samples that are kept."""
        return len(next(iter(self.rows.values())))


def sample_gradients(
    model: nn.Module,
    loss: Loss,
    batches: Iterable[Any],
    initialize: Any,
    n_samples: int,
    blocks: Blocks = "matrices",
    *,
    per_example: bool = False,
    seed: Any = 1,
) -> BlockGradients:
    """Gradients of a model's blocks, sampled as `estimate_block_bases` does, and kept.

    They are what `report`, `off_diagonal_share` and `relative_error` judge bases by. The seed is
    another than that of `estimate_block_bases`, so that these are gradients that the bases have
    not seen. M·p numbers are kept: a few hundred samples tell enough.

    Args:
        model: any module; it is left as it was.
        loss: as `estimate_block_bases` takes it, as all that follows.
        batches: gone through as often as is needed.
        initialize: draws parameters; None: the current ones.
        n_samples: M.
        blocks: those whose gradients are kept.
        per_example: whether a sample is the gradient of one example of a batch.
        seed: an integer, or several.

    Raises:
        ValueError: as `estimate_block_bases`, or not two finite gradients.
        TypeError: no module, loss, batches or initialize of these kinds.
    """
    named = trainable(model, "sample_gradients")
    layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
    chosen, n_samples = chosen_blocks(layout, blocks), read_count(n_samples)
    gradients = ModuleGradients(
        model, as_loss(loss), named, layout, initialize=initialize, seed=seed
    )
    dtype, chunk = widened(named[0][1].dtype), max(1, CHUNK_FLOATS // layout[-1].stop)
    take = per_example_gradients if per_example else batch_gradients
    pieces: dict[str, list[Tensor]] = {block.name: [] for block in chosen}
    with highest_precision(), left_as_it_was(model) as restore_buffers, torch.enable_grad():
        for some in take(gradients, batches, n_samples, chunk, restore_buffers, ALONE):
            narrowed = some.to(dtype)
            usable = narrowed.isfinite().all(1)
            for block in chosen:
                pieces[block.name].append(narrowed[usable, block.start : block.stop])
    rows = {name: torch.cat(each) for name, each in pieces.items()}
    found = BlockGradients(chosen, rows)
    if found.n_samples < 2:
        raise ValueError(
            f"sample_gradients takes at least two finite gradients, got {found.n_samples} of "
            f"{n_samples}; sample more, or smaller parameters"
        )
    return BlockGradients(chosen, rows, n_samples - found.n_samples)
