"""Read-only arrays and the checks of vectors and matrices at the public border."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np

SYMMETRY_TOLERANCE = 1e-10
"""Largest |A − Aᵀ| a symmetric matrix may show, relative to its largest entry."""


def frozen(array) -> np.ndarray:
    """A read-only float64 copy, C-contiguous."""
    copy = np.array(array, dtype=float, order="C")
    copy.flags.writeable = False
    return copy


def restore_read_only(self: Any, state: Mapping[str, Any]) -> None:
    """Sets the fields of an unpickled object, its arrays read-only again: for `__setstate__`."""

    def read_only(value: Any) -> Any:
        if isinstance(value, tuple) and type(value) is tuple:
            return tuple(map(read_only, value))
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        return value

    self.__dict__.update({name: read_only(value) for name, value in state.items()})


def shown(given: Any, length: int = 60) -> str:
    """The beginning of how a value prints, in one line, for messages."""
    text = " ".join(repr(given).split())
    return text if len(text) <= length else f"{text[:length]}…"


def is_integer(value: Any, least: int) -> bool:
    """True if a value is an integer, also of numpy, of at least some; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def read_vector(value, dim: int, what: str) -> np.ndarray:
    """A number or `dim` numbers as a read-only vector (dim,).

    Raises:
        ValueError: another shape, or numbers that are not finite; `what` begins the sentence.
    """
    count = "one number" if dim == 1 else f"one number or {dim}"
    try:
        vector = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{what} takes {count}, got {shown(value)}") from None
    if vector.ndim > 1 or vector.size not in {1, dim}:
        raise ValueError(f"{what} takes {count}, got shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{what} takes finite numbers, got {vector.tolist()}")
    return frozen(np.broadcast_to(vector, (dim,)))


def read_positive(value, dim: int, what: str) -> np.ndarray:
    """Reads like `read_vector` a vector whose numbers are all above zero."""
    vector = read_vector(value, dim, what)
    if vector.min() <= 0:
        raise ValueError(f"{what} takes numbers above zero, got {vector.min():g}")
    return vector


def read_symmetric(matrix, what: str) -> np.ndarray:
    """A symmetric matrix (d, d), its round-off asymmetry averaged away.

    Raises:
        ValueError: not square, not finite or not symmetric; `what` begins the sentence.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise ValueError(f"{what} takes a square matrix (d, d), got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{what} takes finite numbers, got NaN or infinity among them")
    asymmetry = np.abs(matrix - matrix.T).max()
    if asymmetry > SYMMETRY_TOLERANCE * np.abs(matrix).max():
        raise ValueError(
            f"{what} takes a symmetric matrix, got entries that differ by {asymmetry:.3g} from "
            "their mirror image; average it with its transpose"
        )
    return (matrix + matrix.T) / 2
