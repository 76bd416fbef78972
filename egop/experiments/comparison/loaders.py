"""The batches of a comparison: in an order that follows from the seed, trial and epoch alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from egop.bounds import shown
from egop.methods import nearest
from egop.networks.module_state import reseed
from egop.networks.passes import checked_batches
from egop.networks.rng import stream

NAMES = ("train", "validation", "test")
"""Keys of the loaders."""


class Moved:
    """Batches on a device, gone through anew each time.

    Args:
        batches: a loader.
        device: that their tensors are brought to.
    """

    def __init__(self, batches: Iterable[Any], device: torch.device):
        self._batches, self._device = batches, device

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            yield pytree.tree_map(self._move, batch)

    def _move(self, leaf: Any) -> Any:
        return leaf.to(self._device) if isinstance(leaf, Tensor) else leaf


class Loaders:
    """The loaders that a model is trained with and measured on.

    Args:
        given: as `egop.compare` takes them.
        device: that batches are brought to.
        seed: of the order of minibatches.

    Attributes:
        names: of those that are given, "train" first.

    Raises:
        ValueError: unknown names, no "train", or what can be gone through once only.
        TypeError: something else than batches.
    """

    def __init__(self, given: Any, device: torch.device, seed: int):
        self.device, self.seed = device, seed
        self._loaders = _read(given)
        self.names = tuple(self._loaders)

    def first(self, name: str) -> Any:
        """The first batch of a loader.

        Raises:
            ValueError: there is none.
        """
        for batch in Moved(self._loaders[name], self.device):
            return batch
        raise ValueError(f"the loader {name!r} takes at least one batch, got none")

    @property
    def n_batches(self) -> int:
        """The number of minibatches of an epoch."""
        loader = self._loaders["train"]
        try:
            return len(loader)
        except TypeError:
            return sum(1 for _ in loader)

    def epoch(self, trial: int, epoch: int) -> Moved:
        """The minibatches of an epoch; also seeds what layers and the loss draw in it."""
        loader = self._loaders["train"]
        own = stream((self.seed, trial), "minibatches", epoch)
        if isinstance(loader, Sequence):
            loader = [loader[place] for place in own.permutation(len(loader))]
        self._reseed(loader, int(own.integers(2**63)))
        return Moved(loader, self.device)

    def whole(self, name: str, trial: int) -> Moved:
        """All batches of a loader, in the same order whenever they are asked for."""
        own = stream((self.seed, trial), "measuring", NAMES.index(name))
        self._reseed(self._loaders[name], int(own.integers(2**63)))
        return Moved(self._loaders[name], self.device)

    def for_estimates(self, trial: int) -> Moved:
        """The training batches of a trial's estimates."""
        own = stream((self.seed, trial), "estimates")
        self._reseed(self._loaders["train"], int(own.integers(2**63)))
        return Moved(self._loaders["train"], self.device)

    @contextmanager
    def left_as_they_were(self) -> Iterator[None]:
        """A context after which the generators that loaders draw from are what they were."""
        before = [(g, g.get_state()) for x in self._loaders.values() for g in _generators(x)]
        try:
            yield
        finally:
            for generator, state in before:
                generator.set_state(state)

    def _reseed(self, loader: Any, seed: int) -> None:
        for device in {self.device, torch.device("cpu")}:
            reseed(device, seed)
        for generator in _generators(loader):
            generator.manual_seed(seed)


def _read(given: Any) -> dict[str, Any]:
    """The loaders by name."""
    loaders = dict(given) if isinstance(given, Mapping) else {"train": given}
    for name in loaders:
        if name not in NAMES:
            raise ValueError(f"loaders: unknown name {shown(name)}; {nearest(name, NAMES)}")
    if "train" not in loaders:
        raise ValueError(f"loaders takes one that is named 'train', got {', '.join(loaders)}")
    for name, loader in loaders.items():
        checked_batches(loader, f"the loader {name!r}")
        if isinstance(loader, Iterator):
            raise ValueError(
                f"the loader {name!r} takes what can be gone through in every epoch, such as a "
                f"list or a DataLoader, got a {type(loader).__name__}; write list(…)"
            )
    return {name: loaders[name] for name in NAMES if name in loaders}


def _generators(loader: Any) -> list[torch.Generator]:
    """The generators that a DataLoader and its samplers draw from."""
    samplers = [getattr(loader, name, None) for name in ("sampler", "batch_sampler")]
    holders = [loader, *samplers, getattr(samplers[1], "sampler", None)]
    found = [getattr(holder, "generator", None) for holder in holders]
    return list({id(g): g for g in found if isinstance(g, torch.Generator)}.values())
