"""Gradients that are the same as earlier ones, known by four numbers of each."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

ALIKE = 1e-5
"""The part of Σ|g_i| by which marks of one gradient differ, as it is computed again on a GPU."""
FEW = 0.9
"""The share of different ones among gradients, up to which there is a warning."""


def marks(rows: Tensor) -> Tensor:
    """(m, 4) the sums and the sums of magnitudes of both halves of each gradient (m, p)."""
    halves = rows.tensor_split(2, dim=1)
    sums = [half.sum(1, dtype=torch.float64) for half in halves]
    sizes = [torch.linalg.vector_norm(half, 1, dim=1, dtype=torch.float64) for half in halves]
    return torch.stack([*sums, *sizes], 1)


def are_new(found: Tensor) -> Tensor:
    """(M,) True for each gradient that is not one before it, by their marks (M, 4).

    Gradients that are 0 are all new: a loss may well have none in many places.
    """
    sizes, order = found[:, 2:].sum(1).sort(stable=True)
    apart = found[order].diff(dim=0).abs().amax(1)
    again = (apart <= ALIKE * sizes[1:]) & (sizes[1:] > 0)
    new = torch.ones(len(found), dtype=torch.bool, device=found.device)
    new[order[1:]] = ~again
    return new


def count_shared(found: Tensor, earlier: Sequence[Sequence[float]]) -> int:
    """Returns the number of different gradients that are among earlier ones, by their marks."""
    if not len(earlier) or not len(found):
        return 0
    before = torch.tensor(earlier, dtype=torch.float64)
    counts = [int(are_new(each).sum()) for each in (found, before, torch.cat([before, found]))]
    return counts[0] + counts[1] - counts[2]


def warn_of_repeats(found: Tensor, per_example: bool, stacklevel: int) -> None:
    """Warns where many of the gradients with such marks are the same as others."""
    different = int(are_new(found).sum())
    if different <= FEW * len(found):
        examples = "" if per_example else "per_example=True, "
        warnings.warn(
            f"{len(found)} samples are only {different} different gradients, since the same "
            f"batches come again at the same parameters; take n_samples={different}, {examples}"
            "initialize=egop.networks.around(model, noise), or a loader that shuffles",
            stacklevel=stacklevel + 1,
        )
