"""Random numbers by counter: what run i draws depends on nothing but the seed, purpose and i."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from egop.arrays import is_integer


def check_seed(seed: Any) -> None:
    """ValueError unless it is an integer of at least 0, or several."""
    words = np.atleast_1d(np.asarray(seed, dtype=object))
    known = [is_integer(each, 0) for each in words.flat]
    if not known or not all(known):
        raise ValueError(f"seed takes an integer of at least 0, or several, got {seed!r}")


def stream(seed: int | Sequence[int], purpose: str, index: int = 0) -> np.random.Generator:
    """The random stream number `index` of a seed and a purpose (Philox).

    Streams of other numbers, purposes or seeds are independent of it, so that a trial gets the
    same randomness whatever it is batched with, and wherever it is computed.

    Args:
        seed: an integer, or several such as (base seed, trial).
        purpose: what is drawn, such as "start" or "minibatches".
        index: at least 0.
    """
    return next(streams(seed, purpose, [index]))


def streams(
    seed: int | Sequence[int], purpose: str, indices: Iterable[int]
) -> Iterator[np.random.Generator]:
    """The streams of several numbers, one after the other.

    They are one generator, set anew for each number: a new one for each takes ten times as long.
    """
    words = tuple(np.atleast_1d(np.asarray(seed)).tolist())
    key = np.random.SeedSequence((*words, crc32(purpose.encode()))).generate_state(2, np.uint64)
    generator = np.random.Generator(np.random.Philox(key=key))
    fresh = generator.bit_generator.state
    for index in indices:
        fresh["state"]["counter"][3] = index
        generator.bit_generator.state = fresh
        yield generator
