"""Bounds of what a netCDF-4 file declares, checked before anything of it is read.

A small file can be packed to hold any amount of numbers, and parts of an HDF5 file can be links
that read other files of the machine.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from egop.runs.netcdf_sentences import RefusedFileError

LARGEST_CHUNK = 64_000_000
"""Bytes of a part that is unpacked at once."""
LARGEST_ATTRIBUTE = 4_000_000
MOST_VARIABLES = 200
MOST_ATTRIBUTES = 100
"""The most attributes of each variable, and of the file."""
MOST_TEXTS = 200_000
"""The most texts in a variable."""
LONGEST_NAME = 200
"""Characters."""
FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
"""Filters that may pack parts; others would be looked for among this machine's plugins."""


def check_bounds(path: Path, called: str, largest: float) -> None:
    """Raises where a file leads to other files, or declares more than is read.

    Args:
        path: of the file.
        called: what sentences call it.
        largest: bytes of all numbers and texts.

    Raises:
        RefusedFileError: it does.
        OSError, RuntimeError, KeyError, ValueError: of h5py, for broken files.
    """
    with h5py.File(path) as file:
        for words in _excesses(file, largest):
            raise RefusedFileError(f"{called} {words}")


def _excesses(file: Any, largest: float) -> Iterator[str]:
    """Returns what a file has beyond the bounds, in the order in which it is safe to look."""
    yield from _too_many(len(file), MOST_VARIABLES, "variables")
    if any(len(name) > LONGEST_NAME for name in file):
        yield f"has a variable whose name is longer than {LONGEST_NAME} characters"
    if not all(isinstance(file.get(name, getlink=True), h5py.HardLink) for name in file):
        yield "leads to other files, and a result holds its numbers itself"
    found = [file[name] for name in file]
    tables = [each for each in found if isinstance(each, h5py.Dataset)]
    if len(tables) < len(found):
        yield (
            "has groups of variables, and a result has all in one; in Python, "
            "egop.lab.open(xarray.load_dataset(file, group=name)) shows one"
        )
    if any(each.is_virtual or each.external for each in tables):
        yield "leads to other files, and a result holds its numbers itself"
    for each in (file, *tables):
        yield from _of_attributes(each)
    for each in tables:
        yield from _of_variable(each)
    n_bytes = sum((each.size or 0) * max(8, each.dtype.itemsize) for each in tables)
    if n_bytes > largest:
        yield too_large(n_bytes, largest)


def too_large(n_bytes: int, largest: float) -> str:
    """The sentence about a file that holds too much."""
    return (
        f"holds {n_bytes / 1e6:,.0f} MB of numbers, and a result that is read here at most "
        f"{largest / 1e6:,.0f} MB; in Python, egop.lab.open(xarray.load_dataset(file)) shows "
        "larger ones"
    )


def _of_attributes(holder: Any) -> Iterator[str]:
    """Yields what is out of bounds in the attributes of a file or a variable."""
    yield from _too_many(len(holder.attrs), MOST_ATTRIBUTES, "attributes")
    for name in holder.attrs:
        stored = holder.attrs.get_id(name)
        size = math.prod(stored.shape or ()) * stored.dtype.itemsize
        if len(name) > LONGEST_NAME or size > LARGEST_ATTRIBUTE:
            yield f"has an attribute {name!r:.60} of more than {LARGEST_ATTRIBUTE // 10**6} MB"


def _of_variable(table: h5py.Dataset) -> Iterator[str]:
    if table.dtype.kind == "O":
        yield from _too_many(table.size or 0, MOST_TEXTS, f"texts in {table.name!r:.60}")
    if table.chunks and math.prod(table.chunks) * table.dtype.itemsize > LARGEST_CHUNK:
        yield (
            f"has parts of more than {LARGEST_CHUNK // 10**6} MB in {table.name!r:.60}; write it "
            "again with smaller chunks"
        )
    packing = table.id.get_create_plist()
    if any(packing.get_filter(k)[0] not in FILTERS for k in range(packing.get_nfilters())):
        yield f"is packed in another way than by gzip ({table.name!r:.60}); write it again by gzip"


def _too_many(n: int, most: int, what: str) -> Iterator[str]:
    if n > most:
        yield f"has {n:,} {what}, and a result at most {most:,}"
