"""Moments of gradients that known optimizers keep, and their turn from one basis to another."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from egop.methods.method import Method
from egop.methods.rule import MatrixRule
from egop.methods.state_kinds import FIRST, OF_ENTRIES, OTHER, POINT, SCALE, SECOND, state_kinds
from egop.methods.turned_states import Sides, turned_part
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
        return _kinds_of_method(optimizer.method)
    for each in type(optimizer).__mro__:
        known = MOMENTS.get(f"{each.__module__.partition('.')[0]}.{each.__name__}")
        if known is not None:
            return known
    return None


def _kinds_of_method(method: Method) -> dict[str, str]:
    """The kinds that turn of what a method keeps, of vectors that it steps otherwise as well."""
    found = {}
    if isinstance(method.rule, MatrixRule) and method.rule.vectors is not None:
        vectors = method.rule.vectors(method.hyperparameters)
        found = dict(zip(vectors.rule.state, state_kinds(vectors), strict=True))
    found = {name: kind for name, kind in found.items() if kind in OF_ENTRIES}
    own = zip(method.rule.state, state_kinds(method), strict=True)
    return found | {name: kind for name, kind in own if kind != OTHER}


def turned(
    entries: dict[str, Tensor], kinds: dict[str, str], old: JoinedBlocks, new: JoinedBlocks
) -> dict[str, Tensor]:
    """A block's state in the coordinates of another basis, as `turned_part` says.

    Of squares about a mean (centered RMSprop) the variance turns, so that none becomes negative.

    Args:
        entries: (n_coordinates,), or what a method keeps of the sides of a matrix.
        kinds: of these.
        old: the blocks before, between which and the new ones all of them can be turned.
        new: the blocks after.
    """
    turn, shape = JoinedTurn(old, new), old.matrix_shape
    found = {}
    for name, value in entries.items():
        mean = entries.get(ABOUT.get(name, ""))
        part = value if mean is None else (value - mean.square()).clamp_min(0)
        new_part = turned_part(part, kinds[name], turn, shape)
        assert new_part is not None
        found[name] = new_part if mean is None else new_part + turn(mean).square()
    return found


class JoinedTurn:
    """W = V_newᵀV_old of blocks without runs, as a `Turn`."""

    def __init__(self, old: JoinedBlocks, new: JoinedBlocks):
        self._old, self._new = old, new

    def __call__(self, x: Tensor) -> Tensor:
        """Wx of coordinates (..., n_coordinates)."""
        return self._new.to_basis(self._old.from_basis(x))

    def of_squares(self, v: Tensor) -> Tensor:
        """(n_coordinates,) Σ_j W_ij² v_j."""
        return diagonal(v, self._old, self._new)

    def sides(self, shape: tuple[int, ...]) -> Sides | None:
        """L and R of W = L ⊗ R between Kronecker bases of a matrix of this shape, else None."""
        sides = kronecker_sides(self._old, self._new)
        return sides if sides and getattr(self._old.basis, "shape", None) == shape else None


class GroupTurn:
    """W of all parameters that a method couples.

    Args:
        parameters: what is stepped of each, before the bases change.
        pairs: the blocks before and after of all that have others.
    """

    def __init__(
        self, parameters: Sequence[Tensor], pairs: Sequence[tuple[JoinedBlocks, JoinedBlocks]]
    ):
        self._parameters, self._pairs = parameters, pairs

    def __call__(self, x: Tensor) -> Tensor:
        """Wx of coordinates (..., d) of all parameters, one after the other."""
        sizes = [p.numel() for p in self._parameters]
        parts = dict(zip(self._parameters, x.split(sizes, -1), strict=True))
        for old, new in self._pairs:
            turned = JoinedTurn(old, new)(old.gathered([parts[s] for s in old.shadows]))
            parts |= zip(old.shadows, new.scattered(turned), strict=True)
        return torch.cat(list(parts.values()), -1)


def can_turn(old: JoinedBlocks, new: JoinedBlocks) -> bool:
    """True if second moments can be turned from one block's coordinates into another's."""
    return kronecker_sides(old, new) is not None or old.n_coordinates <= MOST_COORDINATES


def diagonal(second: Tensor, old: JoinedBlocks, new: JoinedBlocks) -> Tensor:
    """(n_coordinates,) Σ_j W_ij² v_j with W = V_newᵀ V_old.

    Between Kronecker bases W = L ⊗ R: (L∘L) v (R∘R)ᵀ of v as a matrix. Otherwise W is made a few
    columns at a time, by rotating unit vectors.
    """
    sides = kronecker_sides(old, new)
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


def kronecker_sides(old: JoinedBlocks, new: JoinedBlocks) -> Sides | None:
    """L and R of W = L ⊗ R, None for the identity; None unless both bases are Kronecker."""
    a, b = old.basis, new.basis
    if not isinstance(a, KroneckerBasis) or not isinstance(b, KroneckerBasis):
        return None
    return (_side(b.left, a.left), _side(b.right, a.right)) if a.shape == b.shape else None


def _side(new: Tensor | None, old: Tensor | None) -> Tensor | None:
    if new is None or old is None:
        return old if new is None else new.mT
    return new.mT @ old
