"""Random numbers by counter: what run i draws depends on nothing but the seed, purpose and i."""

from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np


def stream(seed: int | Sequence[int], purpose: str, index: int = 0) -> np.random.Generator:
    """The random stream number `index` of a seed and a purpose (Philox).

    Streams of other numbers, purposes or seeds are independent of it, so that a trial gets the
    same randomness whatever it is batched with, and wherever it is computed.

    Args:
        seed: an integer, or several such as (base seed, trial).
        purpose: what is drawn, such as "start" or "minibatches".
        index: at least 0.
    """
    key = _key(tuple(np.atleast_1d(np.asarray(seed)).tolist()), purpose)
    counter = np.array([0, 0, 0, index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


@lru_cache(maxsize=1024)
def _key(seed: tuple[int, ...], purpose: str) -> np.ndarray:
    """The two words that Philox encrypts its counter with."""
    return np.random.SeedSequence((*seed, crc32(purpose.encode()))).generate_state(2, np.uint64)
