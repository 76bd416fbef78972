"""The entries of a comparison: which optimizer in which basis each of them is, and the controls.

Entries of the same class with the same hyperparameters are one optimizer in several bases.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import signature
from typing import Any

from torch import nn

from egop.bounds import shown
from egop.methods import Method
from egop.networks.bases import BlockBases
from egop.networks.plan import ORIGINAL

CONTROLS = ("data", "random")
"""Structures of bases that are shown beside an EGOP basis."""
BASIS_NAMES = {"dense": "egop", "data": "inputs"}
"""Names in results of bases by structure, where they are not the structure's."""
SHARED = ("blocks", "n_samples", "initialize", "batches")
"""Arguments of an estimate that a control shares with it."""
ControlBlocks = Callable[[Mapping[str, Any]], Hashable]
USUAL_SAMPLES = 200
"""Samples of a control where the EGOP basis does not say how many it has."""
TAKES = "takes a class such as torch.optim.Adam, (class, bases) or (class, bases, hyperparameters)"


@dataclass(frozen=True, eq=False)
class Entry:
    """One optimizer in one basis.

    Attributes:
        label: what it is called by whoever compares.
        kind: a class such as `torch.optim.Adam`.
        bases: None in original coordinates; `BlockBases`, arguments of an estimate, or a function.
        hyperparameters: of the class, without the learning rate.
        optimizer: the coordinate in the result.
        basis: likewise.
        beside: the label of the EGOP entry that it is a control of; "" for those that were given.
    """

    label: str
    kind: Any
    bases: Any = None
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    optimizer: str = ""
    basis: str = ""
    beside: str = ""

    @property
    def structure(self) -> str:
        """The structure of the basis; "original" without one, and "egop" of several or unknown."""
        if self.bases is None:
            return ORIGINAL
        if isinstance(self.bases, Mapping):
            return str(self.bases.get("structure", "dense"))
        found = (
            {each.structure for each in self.bases} if isinstance(self.bases, BlockBases) else ()
        )
        return found.pop() if len(found) == 1 else "egop"

    @property
    def name(self) -> str:
        """The optimizer in our spelling, such as "adam"."""
        if self.kind.__name__ == "SGD":
            return "momentum" if self.hyperparameters.get("momentum") else "gradient_descent"
        return self.kind.__name__.lower()

    def is_like(self, other: "Entry") -> bool:
        """True if it is the same optimizer, in any basis."""
        return self.kind is other.kind and self.hyperparameters == other.hyperparameters


def read_entries(
    optimizers: Any, control_blocks: ControlBlocks | None, made: Callable[[Entry], Any]
) -> list[Entry]:
    """The entries of a comparison with their coordinates: original ones first, controls last.

    Args:
        optimizers: as `egop.compare` takes them.
        control_blocks: the blocks of a control, by arguments of its estimate; none where it cannot
            be. None: no controls are wanted.
        made: the bases of the first trial that the function of an entry makes.

    Raises:
        ValueError: no entries, two that are the same, or one of another form.
    """
    if not isinstance(optimizers, Mapping) or not optimizers:
        raise ValueError(
            'optimizers takes a dict such as {"adam": torch.optim.Adam, "egop adam": '
            f"(torch.optim.Adam, bases)}}, got {shown(optimizers)}"
        )
    entries = [_read(label, value) for label, value in optimizers.items()]
    groups: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda each: each.bases is not None):
        like = next((group for group in groups if group[0].is_like(entry)), None)
        if like is None:
            groups.append([entry])
        else:
            like.append(entry)
    groups.sort(key=lambda group: min(entries.index(each) for each in group))
    if control_blocks is not None:
        groups = [[*group, *_controls(group, control_blocks, made)] for group in groups]
    names = [group[0].name for group in groups]
    named = [
        replace(entry, optimizer=name if names.count(name) == 1 else group[0].label, basis=basis)
        for name, group in zip(names, groups, strict=True)
        for entry, basis in zip(group, _basis_names(group), strict=True)
    ]
    return sorted(named, key=lambda entry: (entry.basis != ORIGINAL, entry.beside != ""))


def _read(label: Any, value: Any) -> Entry:
    """One entry, without its coordinates."""
    if not isinstance(label, str) or not label:
        raise ValueError(f"optimizers takes labels that are names, got {shown(label)}")
    kind, *more = value if isinstance(value, tuple) and value else (value,)
    bases, given = (*more, None, None)[:2]
    hyperparameters = {} if given is None else given
    if isinstance(kind, partial) and not kind.args:
        kind, hyperparameters = kind.func, {**kind.keywords, **hyperparameters}
    if len(more) > 2 or not isinstance(hyperparameters, Mapping):
        raise ValueError(f"optimizers[{label!r}] {TAKES}, got {shown(value)}")
    if not isinstance(kind, type) or not callable(getattr(kind, "step", None)):
        made = "; give the class, each run makes one of its own" if hasattr(kind, "step") else ""
        if isinstance(kind, str | Method):
            made = "; egop.optimizer.from_method makes one of a method of egop.methods"
        got = f"an object of {type(kind).__name__}" if hasattr(kind, "step") else shown(kind)
        raise ValueError(f"optimizers[{label!r}] {TAKES}, got {got}{made}")
    try:
        signature(kind.step).bind("self")
    except TypeError:
        raise ValueError(
            f"optimizers[{label!r}] takes a class whose step needs no closure, got {kind.__name__}"
        ) from None
    if "lr" in hyperparameters:
        raise ValueError(
            f"optimizers[{label!r}] takes hyperparameters without lr, which rates says, got "
            f"lr={shown(hyperparameters['lr'])}"
        )
    _check_bases(label, bases)
    return Entry(label, kind, bases, dict(hyperparameters))


def _check_bases(label: str, bases: Any) -> None:
    """ValueError unless an entry's bases are of a form that can be."""
    is_class = isinstance(bases, type | nn.Module)
    known = bases is None or isinstance(bases, BlockBases | Mapping) or callable(bases)
    if is_class or not known:
        raise ValueError(
            f"optimizers[{label!r}] takes bases that are BlockBases, arguments of an estimate such "
            'as {"structure": "kronecker", "n_samples": 200}, or a function bases(model, trial), '
            f"got {shown(bases)}"
        )


def _controls(
    group: Sequence[Entry], control_blocks: ControlBlocks, made: Callable[[Entry], Any]
) -> list[Entry]:
    """The entries of one optimizer in the bases that EGOP bases are to be compared with.

    Each EGOP basis has controls of its own blocks; those of the same blocks share theirs.
    """
    known = {entry.structure for entry in group}
    wanted = [each for each in CONTROLS if each not in known]
    found: dict[Hashable, Entry] = {}
    for entry in group:
        if not wanted or entry.structure in {ORIGINAL, *CONTROLS}:
            continue
        given = made(entry) if callable(entry.bases) else entry.bases
        for structure in wanted:
            bases = _arguments(given, structure)
            if blocks := control_blocks(bases):
                label = f"{entry.label} ({BASIS_NAMES.get(structure, structure)})"
                control = replace(entry, label=label, bases=bases, beside=entry.label)
                found.setdefault((structure, blocks), control)
    return [*found.values()]


def _arguments(bases: Any, structure: str) -> dict[str, Any]:
    """Arguments by which a control is estimated for the blocks of an EGOP basis."""
    shared: dict[str, Any] = {}
    if isinstance(bases, Mapping):
        shared = {name: bases[name] for name in SHARED if name in bases}
    elif isinstance(bases, BlockBases):
        names = [each.block.name for each in bases]
        together = not {block.name for block in bases.layout}.issuperset(names)
        shared = {"blocks": "global" if together else names}
        shared |= {"n_samples": bases.n_samples} if bases.n_samples else {}
    return {"n_samples": USUAL_SAMPLES, **shared, "structure": structure}


def _basis_names(group: Sequence[Entry]) -> list[str]:
    """The names of the bases of one optimizer: by structure, or by label where that names two.

    Raises:
        ValueError: two of them are the same.
    """
    names = [BASIS_NAMES.get(each.structure, each.structure) for each in group]
    originals = [each.label for each in group if each.structure == ORIGINAL]
    found = [
        name if names.count(name) == 1 or name == ORIGINAL else each.label
        for name, each in zip(names, group, strict=True)
    ]
    if len(originals) > 1:
        raise ValueError(
            f"optimizers takes entries that differ, got {originals[0]!r} and {originals[1]!r} with "
            "the same class, hyperparameters and coordinates; leave out one of them"
        )
    twice = [name for name in found if found.count(name) > 1]
    if twice:
        raise ValueError(
            f"optimizers: the label {twice[0]!r} is also the name of a basis; use another label"
        )
    return found
