"""Minibatches in an order that depends on seed, trial and epoch alone, and the whole sets."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from egop.arrays import is_integer
from egop.networks.linear import Moments, second_moments
from egop.networks.network import Batch
from egop.networks.rng import stream

PURPOSES = {"train": "train with", "validation": "choose rates by", "test": "test with"}
"""The purpose of each set of examples."""


class Batches(Protocol):
    """Data for training, in minibatches; the first axis of every tensor is 1 or the trials.

    Attributes:
        whole: "train", and where there are such sets "validation" and "test", each at once.
    """

    whole: dict[str, Any]

    @property
    def n_steps(self) -> int:
        """Minibatches in an epoch."""
        ...

    def epoch(self, epoch: int, trials: Sequence[int]) -> Iterator[Any]:
        """The minibatches of an epoch, for trials of these numbers."""
        ...

    def to(self, device=None, dtype=None) -> "Batches":
        """The same minibatches on a device."""
        ...


def order(seed: int, trial: int, epoch: int, n: int) -> np.ndarray:
    """(n,) the order in which a trial sees its examples in an epoch, whoever else is trained."""
    return stream((seed, trial), "minibatches", epoch).permutation(n)


class Minibatches:
    """Minibatches of examples; the last of an epoch holds what is left.

    Args:
        train: examples to train on, shared by all trials or one set for each.
        validation: examples to choose rates by; None: there are none.
        test: examples seen by neither; None: there are none.
        size: examples in a minibatch, b.
        seed: of the orders.
    """

    def __init__(
        self,
        train: Batch,
        validation: Batch | None = None,
        test: Batch | None = None,
        *,
        size: int = 300,
        seed: int = 0,
    ):
        sets = {"train": train, "validation": validation, "test": test}
        self.whole = {name: part for name, part in sets.items() if part is not None}
        for name, part in self.whole.items():
            _check_targets(name, part)
        self.size = _check_size(size, train.inputs)
        self.seed = seed

    @classmethod
    def of(cls, dataset: Any, *, size: int = 300, seed: int = 0) -> "Minibatches":
        """Minibatches of a data set whose parts have inputs (n, features) and targets (n,)."""
        parts = (dataset.train, dataset.validation, dataset.test)
        return cls(*(Batch(p.inputs[None], p.targets[None]) for p in parts), size=size, seed=seed)

    @property
    def n_steps(self) -> int:
        """Minibatches in an epoch."""
        return -(-self.whole["train"].inputs.shape[1] // self.size)

    def epoch(self, epoch: int, trials: Sequence[int]) -> Iterator[Batch]:
        """The minibatches of an epoch, each (trials, b, …)."""
        train = self.whole["train"]
        orders = _orders(self.seed, epoch, trials, train.inputs)
        for some in orders.split(self.size, dim=1):
            yield Batch(*(_rows(part, some) for part in train))

    def to(self, device=None, dtype=None) -> "Minibatches":
        """The same minibatches, their sets on a device and in a dtype."""
        moved = {name: part.to(device, dtype) for name, part in self.whole.items()}
        return Minibatches(**moved, size=self.size, seed=self.seed)


class MomentMinibatches:
    """Minibatches of a linear problem Y = M*A, each as its exact second moments.

    Args:
        train: (trials or 1, n, inputs) Aᵀ, one example a row.
        validation: the same with other examples; None: there are none.
        test: the same; None: there are none.
        solution: (trials or 1, outputs, inputs) M*.
        size: examples in a minibatch, b.
        seed: of the orders.
    """

    def __init__(
        self,
        train: Tensor,
        validation: Tensor | None = None,
        test: Tensor | None = None,
        *,
        solution: Tensor,
        size: int = 500,
        seed: int = 0,
    ):
        self._inputs = train
        sets = {"train": train, "validation": validation, "test": test}
        self.whole = {
            name: second_moments(part, solution) for name, part in sets.items() if part is not None
        }
        self.size = _check_size(size, train)
        self.seed = seed

    @property
    def n_steps(self) -> int:
        """Minibatches in an epoch."""
        return -(-self._inputs.shape[1] // self.size)

    def epoch(self, epoch: int, trials: Sequence[int]) -> Iterator[Moments]:
        """The moments of an epoch's minibatches, each (trials, inputs, inputs)."""
        solution = self.whole["train"].solution
        for some in _orders(self.seed, epoch, trials, self._inputs).split(self.size, dim=1):
            yield second_moments(_rows(self._inputs, some), solution)

    def to(self, device=None, dtype=None) -> "MomentMinibatches":
        """The same minibatches on a device and in a dtype."""
        copy = object.__new__(MomentMinibatches)
        copy.__dict__ |= self.__dict__
        copy._inputs = self._inputs.to(device, dtype)
        copy.whole = {name: part.to(device, dtype) for name, part in self.whole.items()}
        return copy


def _check_targets(name: str, examples: Batch) -> None:
    inputs, targets = (tuple(part.shape) for part in examples)
    if inputs[1:2] != targets[1:2]:
        raise ValueError(
            f"minibatches take inputs (trials or 1, n, features) and n targets, got shapes "
            f"{inputs} and {targets} to {PURPOSES[name]}"
        )


def _check_size(size: int, train: Tensor) -> int:
    if train.ndim != 3 or train.shape[1] == 0:
        raise ValueError(
            "minibatches take inputs (trials or 1, examples, features), got shape "
            f"{tuple(train.shape)}"
        )
    if not is_integer(size, 1):
        raise ValueError(f"minibatches take a size of at least 1, got {size!r}")
    return min(int(size), train.shape[1])


def _orders(seed: int, epoch: int, trials: Sequence[int], inputs: Tensor) -> Tensor:
    """(trials, n) the order of each trial's examples."""
    count = inputs.shape[1]
    rows = np.stack([order(seed, trial, epoch, count) for trial in trials])
    return torch.from_numpy(rows).to(inputs.device)


def _rows(examples: Tensor, index: Tensor) -> Tensor:
    """(trials, b, …) the examples (trials or 1, n, …) of an index (trials, b)."""
    if len(examples) == 1:
        return examples[0].index_select(0, index.flatten()).unflatten(0, index.shape)
    trial = torch.arange(len(index), device=index.device)[:, None]
    return examples[trial, index]
