"""The bases of a comparison, trial by trial."""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

from torch import nn

from egop.bounds import shown
from egop.experiments.comparison.entries import Entry
from egop.experiments.comparison.loaders import Loaders
from egop.methods import nearest
from egop.networks.bases import BlockBases, chosen_blocks
from egop.networks.criterion import Loss
from egop.networks.input_moments import InputMoments
from egop.networks.layout import check_layout
from egop.networks.module_bases import estimate_block_bases
from egop.networks.network import Block
from egop.networks.passes import read_count
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import check_random

OPTIONS = ("k", "energy", "complement", "factors")
"""Arguments of an estimate that belong to its structure."""
NONE_TAKEN = 1
"""Stands for n_samples of the structure "random", which takes none."""
ESTIMATES = 1
"""Keeps the random numbers of estimates apart from those of starts (0)."""


class TrialBases:
    """Bases by entry and trial; each is estimated once.

    Args:
        model: at the start of a trial whenever bases are asked for.
        loss: `loss(model, batch)`.
        loaders: with the batches for estimates.
        layout: of the model's flat vector.
        initialize: the law of the starts.
        seed: of the comparison.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        loaders: Loaders,
        *,
        layout: tuple[Block, ...],
        initialize: Any,
        seed: int,
    ):
        self.model, self.loss, self.loaders = model, loss, loaders
        self.layout, self.initialize, self.seed = layout, initialize, seed
        self._known: list[tuple[Any, dict[int, BlockBases]]] = []

    def check(self, entry: Entry) -> None:
        """ValueError unless an entry's bases are of this model, or can be estimated."""
        if isinstance(entry.bases, BlockBases):
            check_layout(entry.bases.layout, self.layout, f"the basis of {entry.label!r}")
        elif isinstance(entry.bases, Mapping):
            _check_arguments(entry, self.layout)

    def of(self, entry: Entry, trial: int) -> BlockBases | None:
        """The bases of an entry in a trial; None in original coordinates.

        Entries with the same bases share them.
        """
        if entry.bases is None:
            return None
        given = entry.bases
        by_trial = next((found for each, found in self._known if _are_same(each, given)), None)
        if by_trial is None:
            by_trial = {}
            self._known.append((given, by_trial))
        if trial not in by_trial:
            by_trial[trial] = self._made(entry, trial)
        return by_trial[trial]

    def forget(self, trial: int) -> None:
        """Lets go of the bases of a trial that is finished."""
        for _, by_trial in self._known:
            by_trial.pop(trial, None)

    def _made(self, entry: Entry, trial: int) -> BlockBases:
        given = entry.bases
        if isinstance(given, BlockBases):
            return given
        if isinstance(given, Mapping):
            return self._estimated(given, trial)
        bases = given(self.model, trial)
        if not isinstance(bases, BlockBases):
            raise ValueError(
                f"optimizers[{entry.label!r}] takes a function of a model and a trial that returns "
                f"BlockBases, got {shown(bases)}"
            )
        check_layout(bases.layout, self.layout, f"the basis of {entry.label!r}")
        return bases

    def _estimated(self, arguments: Mapping[str, Any], trial: int) -> BlockBases:
        given = {
            "batches": self.loaders.for_estimates(trial),
            "initialize": self.initialize,
            "seed": (self.seed, ESTIMATES, trial),
            "n_samples": NONE_TAKEN,
            **arguments,
        }
        return estimate_block_bases(self.model, self.loss, **given)


def blocks_of_control(
    model: nn.Module, layout: tuple[Block, ...], control: Mapping[str, Any]
) -> tuple[str, ...]:
    """The names of the blocks of a control; none where it cannot be estimated for them.

    Args:
        model: whose blocks.
        layout: of its flat vector.
        control: arguments of its estimate.
    """
    try:
        blocks = chosen_blocks(layout, control.get("blocks", "matrices"))
    except ValueError:  # which the EGOP basis is told
        return ()
    try:
        if control["structure"] == "random":
            for block in blocks:
                check_random(block)
        else:
            with warnings.catch_warnings(action="ignore"):  # of blocks without, when estimated
                InputMoments(model, blocks)
    except ValueError:
        return ()
    return tuple(block.name for block in blocks)


def _check_arguments(entry: Entry, layout: tuple[Block, ...]) -> None:
    """ValueError unless an entry's bases hold arguments of an estimate."""
    known = [*inspect.signature(estimate_block_bases).parameters][2:]
    for name in entry.bases:
        if name not in known:
            raise ValueError(
                f"optimizers[{entry.label!r}] takes arguments of estimate_block_bases, got "
                f"{shown(name)}; {nearest(name, known)}"
            )
    structure = entry.bases.get("structure", "dense")
    if "n_samples" not in entry.bases and structure != "random":
        counted = "forward passes" if structure == "data" else "gradients"
        raise ValueError(
            f"optimizers[{entry.label!r}] takes n_samples, the number of {counted}, among the "
            "arguments of its estimate, got none"
        )
    n_samples = read_count(entry.bases.get("n_samples", NONE_TAKEN))
    options = {name: entry.bases[name] for name in OPTIONS if name in entry.bases}
    asked = Structure(structure, **options)
    asked.check_samples(chosen_blocks(layout, entry.bases.get("blocks", "matrices")), n_samples)


def _are_same(one: Any, other: Any) -> bool:
    """True if two bases are the same object, or the same arguments."""
    both = isinstance(one, Mapping) and isinstance(other, Mapping)
    return one is other or (both and dict(one) == dict(other))
