"""Gradients of a module's loss that are kept, block by block, for the diagnostics of bases."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks.bases import Blocks, chosen_blocks
from egop.networks.criterion import Loss, as_loss
from egop.networks.distinct_gradients import are_new, marks, warn_of_repeats
from egop.networks.estimation import widened
from egop.networks.layout import trainable
from egop.networks.module_estimate import CHUNK_FLOATS
from egop.networks.module_gradients import ModuleGradients, batch_gradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import Block, blocks_of
from egop.networks.passes import read_count
from egop.networks.per_example import per_example_gradients
from egop.networks.scaling import is_vanishing
from egop.networks.spectral import highest_precision
from egop.networks.structures.sums import ALONE, largest_entry


@dataclass(frozen=True, eq=False)
class BlockGradients(Mapping[str, Tensor]):
    """Gradients of several blocks: a mapping from the name of a block to rows (M, p_b).

    Attributes:
        blocks: whose gradients they are.
        rows: by name, for each the same M samples.
        n_excluded: samples left out, since they were not finite.
        n_repeated: samples left out, since they were the same gradient as one before.
        marks: (M, 4), by which gradients are known again; None: not known.
    """

    blocks: tuple[Block, ...]
    rows: dict[str, Tensor]
    n_excluded: int = 0
    n_repeated: int = 0
    marks: Tensor | None = None

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
    another than that of `estimate_block_bases`, so that, where parameters are drawn or batches
    shuffled, these are gradients that the bases have not seen. With `initialize=None` and a list
    of batches they are the same ones: then give each of both some of the batches. A gradient that
    comes again is kept once. M·p numbers are kept: a few hundred samples tell enough. They have the
    dtype of the model, and are float64 where they would vanish in it.

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
        ValueError: as `estimate_block_bases`, or not two different finite gradients.
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
    marked: list[Tensor] = []
    with highest_precision(), left_as_it_was(model) as restore_buffers, torch.enable_grad():
        for some in take(gradients, batches, n_samples, chunk, restore_buffers, ALONE):
            usable = some[some.to(dtype).isfinite().all(1)]
            marked.append(marks(usable))
            for block in chosen:
                part = usable[:, block.start : block.stop]
                largest = float(largest_entry(part))
                vanishing = largest > 0 and is_vanishing(largest, dtype)
                pieces[block.name].append(part.clone() if vanishing else part.to(dtype))
    found = torch.cat(marked)
    new = are_new(found)
    different = int(new.sum())
    if different < 2:
        raise ValueError(
            f"sample_gradients takes at least two different finite gradients, got {different} of "
            f"{n_samples}; sample more, or smaller parameters"
        )
    warn_of_repeats(found, per_example, stacklevel=2)
    rows = {name: torch.cat(each)[new] for name, each in pieces.items()}
    return BlockGradients(
        chosen, rows, n_samples - len(found), len(found) - different, found[new].cpu()
    )
