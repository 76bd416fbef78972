"""Moments of gradients that known optimizers keep, and their turn from one basis to another."""

from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from egop.methods.state_kinds import FIRST, POINT, SCALE, SECOND, STATE_KINDS
from egop.networks.block_basis import KroneckerBasis
from egop.optimizer.joined_blocks import JoinedBlocks
from egop.optimizer.method_optimizer import MethodOptimizer

_ADAM = {"exp_avg": FIRST, "exp_avg_sq": SECOND, "max_exp_avg_sq": SECOND}

MOMENTS: dict[str, dict[str, str]] = {
    "torch.ASGD": {"ax": POINT},
    "torch.Adadelta": {"square_avg": SECOND, "acc_delta": SECOND},
    "torch.Adafactor": {},  # keeps sums over rows and columns of matrices
    "torch.Adagrad": {"sum": SECOND},
    "torch.Adam": _ADAM,
    "torch.AdamW": _ADAM,
    "torch.Adamax": {"exp_avg": FIRST, "exp_inf": SCALE},
    "torch.Muon": {"momentum_buffer": FIRST},
    "torch.NAdam": _ADAM,
    "torch.RAdam": _ADAM,
    "torch.RMSprop": {"square_avg": SECOND, "momentum_buffer": FIRST, "grad_avg": FIRST},
    "torch.Rprop": {},  # steps by the signs of gradients and by which of them are exactly 0
    "torch.SGD": {"momentum_buffer": FIRST},
    "pytorch_optimizer.AdEMAMix": {"exp_avg": FIRST, "exp_avg_slow": FIRST, "exp_avg_sq": SECOND},
    "pytorch_optimizer.AdaBelief": {
        "exp_avg": FIRST,
        "exp_avg_var": SECOND,
        "max_exp_avg_var": SECOND,
    },
    "pytorch_optimizer.Adan": {
        "exp_avg": FIRST,
        "exp_avg_diff": FIRST,
        "exp_avg_sq": SECOND,
        "previous_grad": FIRST,
    },
    "pytorch_optimizer.Lamb": {"exp_avg": FIRST, "exp_avg_sq": SECOND},
    "pytorch_optimizer.Lion": {"exp_avg": FIRST},
    "pytorch_optimizer.ScheduleFreeAdamW": {
        "z": POINT,
        "exp_avg_sq": SECOND,
        "max_exp_avg_sq": SECOND,
    },
    "pytorch_optimizer.ScheduleFreeSGD": {"z": POINT},
}
"""Entries of a parameter's state that have its shape, with their kind, by package and class."""

ABOUT = {"square_avg": "grad_avg"}
"""Averages of squares from which the square of another entry is subtracted, if that is there."""

MOST_COORDINATES = 8192
"""Coordinates of a block up to which second moments are turned through W = V_newᵀ V_old itself."""

CHUNK_FLOATS = 2_000_000
"""Numbers in the rows of W that are gathered at once."""


def kinds_of(optimizer: Optimizer) -> dict[str, str] | None:
    """The kind of each entry of an optimizer's state, or None if it is not known."""
    if isinstance(optimizer, MethodOptimizer):
        return {n: kind for n, kind in STATE_KINDS.items() if kind in {FIRST, POINT, SCALE, SECOND}}
    for each in type(optimizer).__mro__:
        known = MOMENTS.get(f"{each.__module__.partition('.')[0]}.{each.__name__}")
        if known is not None:
            return known
    return None


def turned(
    entries: dict[str, Tensor], kinds: dict[str, str], old: JoinedBlocks, new: JoinedBlocks
) -> dict[str, Tensor]:
    """Entries (n_coordinates,) of a block's state in the coordinates of another basis.

    With W = V_newᵀ V_old, first moments become W m and second ones Σ_j W_ij² v_j, the diagonal of
    W diag(v) Wᵀ. Of squares about a mean (centered RMSprop) the variance turns so, that none
    becomes negative.
    """
    first = {
        name: new.to_basis(old.from_basis(value))
        for name, value in entries.items()
        if kinds[name] in {FIRST, POINT}
    }
    turned = dict(first)
    for name, value in entries.items():
        mean = ABOUT.get(name)
        if kinds[name] == SCALE:
            turned[name] = diagonal(value.square(), old, new).sqrt()
        elif kinds[name] == SECOND and mean in entries:
            variance = (value - entries[mean].square()).clamp_min(0)
            turned[name] = diagonal(variance, old, new) + first[mean].square()
        elif kinds[name] == SECOND:
            turned[name] = diagonal(value, old, new)
    return turned


def can_turn(old: JoinedBlocks, new: JoinedBlocks) -> bool:
    """True if second moments can be turned from one block's coordinates into another's."""
    return _sides(old, new) is not None or old.n_coordinates <= MOST_COORDINATES


def diagonal(second: Tensor, old: JoinedBlocks, new: JoinedBlocks) -> Tensor:
    """(n_coordinates,) Σ_j W_ij² v_j with W = V_newᵀ V_old.

    Between Kronecker bases W = L ⊗ R: (L∘L) v (R∘R)ᵀ of v as a matrix. Otherwise W is made a few
    columns at a time, by rotating unit vectors.
    """
    sides = _sides(old, new)
    if sides is not None:
        left, right = sides
        matrix = second.view(new.basis.shape)  # type: ignore[attr-defined]
        matrix = matrix if right is None else matrix @ right.square().mT
        return (matrix if left is None else left.square() @ matrix).reshape(-1)
    result = second.new_zeros(new.n_coordinates)
    chunk = max(1, CHUNK_FLOATS // len(second))
    for start in range(0, len(second), chunk):
        stop = min(start + chunk, len(second))
        units = second.new_zeros(stop - start, len(second))
        units[:, start:stop].fill_diagonal_(1)
        columns = new.to_basis(old.from_basis(units))
        result += second[start:stop] @ columns.square()
    return result


def _sides(old: JoinedBlocks, new: JoinedBlocks) -> Any:
    """L and R of W = L ⊗ R, None for the identity; None unless both bases are Kronecker."""
    a, b = old.basis, new.basis
    if not isinstance(a, KroneckerBasis) or not isinstance(b, KroneckerBasis):
        return None
    return (_side(b.left, a.left), _side(b.right, a.right)) if a.shape == b.shape else None


def _side(new: Tensor | None, old: Tensor | None) -> Tensor | None:
    if new is None or old is None:
        return old if new is None else new.mT
    return new.mT @ old
