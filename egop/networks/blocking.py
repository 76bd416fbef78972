"""Pieces of (trials, runs) small enough for the caches, worked through by single-threaded workers.

On two cores a worker for each, with its own pieces, is faster than two threads inside every small
operation, and what a piece computes does not depend on how many workers there are.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from math import ceil
from typing import TypeVar

import torch
from torch import Tensor

from egop.networks.threads import set_own_threads

Piece = TypeVar("Piece")
Made = TypeVar("Made")
Tile = tuple[slice, slice]
"""Some trials and some runs of each."""

CACHE_FLOATS = 1_200_000
"""Numbers in the activations of one piece on the CPU: long products that the caches hold."""

DEVICE_FLOATS = 2_000_000_000
"""The same on a GPU, where long products pay and memory is the bound."""


class _Local(threading.local):
    """Buffers of one thread by name, and what was made of them."""

    def __init__(self):
        self.buffers: dict[tuple, Tensor] = {}
        self.kept: dict[tuple, object] = {}


_local = _Local()


KEPT = 32
"""Number of sets of views that a thread keeps."""


def scratch(name: str, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """An uninitialized tensor, on the CPU in memory that the thread's next call of the name reuses.

    On a GPU it is a new one: its allocator keeps memory anyway, and captured graphs own theirs.
    """
    if like.device.type != "cpu":
        return like.new_empty(shape)
    size = 1
    for length in shape:
        size *= length
    key = (name, like.dtype)
    buffer = _local.buffers.get(key)
    if buffer is None or buffer.numel() < size:
        buffer = _local.buffers[key] = torch.empty(size, dtype=like.dtype)
    return buffer[:size].view(shape)


def kept(key: tuple, make: Callable[[], Made], like: Tensor) -> Made:
    """Returns the result of `make`, on the CPU kept for each key and thread."""
    if like.device.type != "cpu":
        return make()
    key = (*key, like.dtype)
    if key not in _local.kept:
        if len(_local.kept) >= KEPT:
            _local.kept.clear()
        _local.kept[key] = make()
    return _local.kept[key]  # type: ignore[return-value]


def tiles(trials: int, runs: int, floats: int, device: torch.device) -> list[Tile]:
    """Slices of trials and runs such that each tile has about as many numbers as caches hold.

    Args:
        trials: how many trials there are.
        runs: how many runs each has.
        floats: numbers that one run needs.
        device: on the CPU a tile belongs to one trial; on a GPU it takes what fits.
    """
    on_cpu = device.type == "cpu"
    fits = max(1, (CACHE_FLOATS if on_cpu else DEVICE_FLOATS) // max(1, floats))
    if not on_cpu and fits >= runs:
        return [(part, slice(0, runs)) for part in parts(trials, max(1, fits // max(1, runs)))]
    return [
        (slice(trial, trial + 1), part) for trial in range(trials) for part in parts(runs, fits)
    ]


def parts(length: int, at_most: int) -> list[slice]:
    """Slices of nearly equal length, none longer than allowed, that cover 0 … length."""
    if length == 0:
        return []
    count = ceil(length / at_most)
    bounds = [length * k // count for k in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(bounds)]


def for_each(
    work: Callable[[Piece], object], pieces: Iterable[Piece], device: torch.device
) -> None:
    """Calls `work` on every piece: on the CPU by as many workers as torch has threads."""
    left = list(pieces)
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    if threads == 1 or len(left) == 1:
        for piece in left:
            work(piece)
        return
    left.reverse()

    def work_off() -> None:
        while left:
            try:
                piece = left.pop()
            except IndexError:  # another worker took the last one
                return
            work(piece)

    workers = _workers(threads)
    for done in [workers.submit(work_off) for _ in range(min(threads, len(left)))]:
        done.result()


@cache
def _workers(threads: int) -> ThreadPoolExecutor:
    """Threads that live as long as the process, each of them single-threaded inside torch."""
    return ThreadPoolExecutor(threads, "egop-networks", set_own_threads, (1,))
