"""Files of arrays (npz) as egop writes them: checked before, and instead of, being trusted."""

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from egop.runs.done import Arrays
from egop.runs.run import load_arrays

LARGEST = 250_000_000
"""Bytes of the arrays that are read at once, to be shown."""
MOST_ARRAYS = 1000
PART = 1 << 20
KINDS = "biufUS"
DAMAGED = (
    OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""Errors that readers of damaged files raise."""


def check_arrays(path: Path) -> None:
    """Raises unless a file holds arrays of numbers and texts, unpacked, whole and unchanged.

    It is read in small parts, whatever it declares.

    Raises:
        ValueError: it does not.
    """
    try:
        with zipfile.ZipFile(path) as file:
            for info in _members(file):
                with file.open(info) as member:
                    _check_array(member, info.file_size)
    except DAMAGED as error:
        raise ValueError(f"{path} is incomplete or altered ({type(error).__name__})") from None


def read_small_arrays(path: Path) -> Arrays:
    """The arrays in a file that are small enough to be shown.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is damaged, or holds more.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if sum(info.file_size for info in _members(file)) > LARGEST:
                raise ValueError("it is too large")
        return load_arrays(path)
    except FileNotFoundError:
        raise
    except DAMAGED as error:
        raise ValueError(f"{path} is incomplete or altered ({type(error).__name__})") from None


def _members(file: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The arrays of a file; ValueError where there are too many, or packed ones."""
    found = file.infolist()
    if len(found) > MOST_ARRAYS:
        raise ValueError("it holds too many arrays")
    for info in found:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ValueError("it is packed, and egop writes arrays as they are")
        yield info


def _check_array(member: IO[bytes], size: int) -> None:
    """ValueError unless a member is one array of the size that it declares; reads it to the end."""
    version = np.lib.format.read_magic(member)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, _, dtype = readers[version](member)
    if dtype.kind not in KINDS or member.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError("an array has another size than it declares")
    while member.read(PART):
        pass
