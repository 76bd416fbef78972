"""Batches one after the other, from lists, data loaders and generators."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import index
from typing import Any, TypeVar

from torch import Tensor

Item = TypeVar("Item")


def repeated(batches: Iterable[Any]) -> Iterator[Any]:
    """Batches without end, pass after pass.

    A list or a `torch.utils.data.DataLoader` is gone through anew in each pass, the loader in a
    new order if it shuffles. What can be gone through only once, such as a generator, is kept and
    repeated.

    Raises:
        ValueError: there is no batch, because it is empty or was gone through before.
        TypeError: no iterable, or one batch in place of several.
    """
    again, kept = checked_batches(batches), []
    once = iter(again) is again
    while True:
        empty = True
        for batch in again:
            empty = False
            if once:
                kept.append(batch)
            yield batch
        if empty:
            gone = ": a generator can be gone through once only" if once else ""
            raise ValueError(f"an EGOP takes a list of at least one batch, got none{gone}")
        if once:
            again, once = kept, False


def one_pass(batches: Iterable[Any], at_most: int) -> list[Any]:
    """The batches of one pass.

    Args:
        batches: as `repeated` takes them.
        at_most: how many of them are wanted.

    Raises:
        ValueError, TypeError: as `repeated`.
    """
    again = checked_batches(batches)
    return list(islice(again, at_most)) or [next(repeated(again))]


def batched(items: Iterable[Item], at_most: int) -> Iterator[list[Item]]:
    """Lists of so many items each, the last one shorter (itertools has it from Python 3.12 on)."""
    left = iter(items)
    while some := list(islice(left, at_most)):
        yield some


def read_count(given: Any, taken: str = "an EGOP takes n_samples") -> int:
    """A number of at least 1, such as M, the number of samples.

    Args:
        given: an integer of Python or numpy.
        taken: what takes what, for the sentence.

    Raises:
        ValueError: it is no integer of at least 1.
    """
    try:
        count = index(given)
    except TypeError:
        count = 0
    if count < 1 or isinstance(given, bool):
        raise ValueError(f"{taken} of at least 1, got {given!r}")
    return count


def checked_batches(batches: Any, name: str = "batches") -> Iterable[Any]:
    """Batches as they are, if they are several.

    Args:
        batches: as `repeated` takes them.
        name: of the argument, for sentences.

    Raises:
        TypeError: no iterable, or one batch in place of several.
    """
    if isinstance(batches, Tensor | Mapping | str) or hasattr(batches, "_fields"):
        raise TypeError(
            f"{name} takes a list of batches, got a single {type(batches).__name__}; write [batch]"
        )
    if not hasattr(batches, "__iter__") and not hasattr(batches, "__getitem__"):
        raise TypeError(
            f"{name} takes an iterable of batches, such as a list or a DataLoader, got {batches!r}"
        )
    if isinstance(batches, tuple) and _is_pair(batches):
        raise TypeError(
            f"{name} takes a list of batches, got one pair of inputs and targets; write [batch]"
        )
    return batches


def _is_pair(batches: tuple[Any, ...]) -> bool:
    """True if two tensors are inputs and their targets, not two batches of a kind."""
    if len(batches) != 2 or not all(isinstance(each, Tensor) for each in batches):
        return False
    first, second = batches
    return first.dtype != second.dtype or first.ndim != second.ndim
