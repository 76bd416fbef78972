"""Reads netCDF files into numpy arrays, texts and numbers alone; others' files in another process.

HDF5 was never made safe against broken files: some bytes of zeros can make it loop for ever or end
the process (HDFGroup/hdf5 issues 1707 and 4111). This module loads no xarray unless it is needed,
so that a process that waits for files is small.
"""

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import h5netcdf
import h5py
import numpy as np

from egop.runs.netcdf_bounds import LARGEST_ATTRIBUTE, check_bounds, too_large
from egop.runs.netcdf_sentences import RefusedFileError, engine_of, one_sentence

KINDS = "biufUS"
"""Kinds of numpy's numbers and texts."""
TITLE = "title"
"""The attribute of a file with what people call its run, as the CF conventions have it."""
LONGEST = 1000
"""Characters of a text of a variable."""


class Plain(NamedTuple):
    """The contents of a netCDF file, as they are stored.

    Attributes:
        variables: by name, its dims, its values and its attributes.
        attributes: of the file.
    """

    variables: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]
    attributes: dict[str, Any]


def read_plain(path: Path, called: str, largest: float = math.inf) -> Plain:
    """The contents of a netCDF file within the bounds.

    Args:
        path: of the file.
        called: what sentences call it.
        largest: bytes of all numbers and texts; unless it is infinite, what the file declares is
            checked before anything is read.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is beyond the bounds, holds something else than numbers and texts, is empty,
            no netCDF, incomplete or altered.
        OSError: it may not be read, or not now.
    """
    engine = engine_of(path)
    with one_sentence(path):
        if engine == "scipy":
            return _read_netcdf_3(path, called, largest)
        if largest < math.inf:
            check_bounds(path, called, largest)
        return _read_netcdf_4(path, called, largest)


def _read_netcdf_4(path: Path, called: str, largest: float) -> Plain:
    """HDF5 without named dimensions is read as well, with dims of the name phony_dim."""
    with h5py.File(path) as opened:  # a broken file ends here: h5netcdf leaves it half open
        list(opened.values())
    with h5netcdf.File(path, "r", phony_dims="access") as file:
        variables, room = {}, largest
        for name, each in file.variables.items():
            values = plain_values(each[...], f"{called}: {name!r:.60}", room)
            room -= taken_by(values)
            attributes = _attributes(each.attrs, f"{called}: {name!r:.60}")
            variables[name] = tuple(each.dimensions), values, attributes
        return Plain(variables, _attributes(file.attrs, called))


def _read_netcdf_3(path: Path, called: str, largest: float) -> Plain:
    """Reads the file from memory: scipy leaves a broken file open."""
    import xarray as xr

    if (size := path.stat().st_size) > largest:
        raise RefusedFileError(f"{called} {too_large(size, largest)}")
    dataset = xr.load_dataset(BytesIO(path.read_bytes()), engine="scipy", decode_times=False)
    variables = {}
    for name, each in dataset.variables.items():
        values = plain_values(each.to_numpy(), f"{called}: {name!r:.60}", largest)
        variables[str(name)] = tuple(map(str, each.dims)), values, dict(each.attrs)
    return Plain(variables, _attributes(dataset.attrs, called))


def plain_values(values: Any, called: str, room: float) -> np.ndarray:
    """Values as an array of numbers or texts.

    Args:
        values: as h5py reads them.
        called: what sentences call them.
        room: bytes that they may take.

    Raises:
        RefusedFileError: they are neither, or take more.
    """
    found = np.asarray(values)
    if found.dtype.kind == "O":
        found = _texts(found, called, room)
    if found.dtype.kind not in KINDS:
        raise RefusedFileError(
            f"{called} holds {found.dtype!s:.60}, and a result numbers and texts"
        )
    if taken_by(found) > room:
        raise RefusedFileError(f"{called} takes the file beyond what is read")
    return found


def taken_by(values: np.ndarray) -> int:
    """Bytes that values may take in memory: xarray makes floats of integers, and texts of bytes."""
    return values.size * max(8, values.itemsize * (4 if values.dtype.kind == "S" else 1))


def _attributes(stored: Mapping[Any, Any], called: str) -> dict[str, Any]:
    return {str(key): plain_attribute(value, called) for key, value in stored.items()}


def plain_attribute(value: Any, called: str) -> Any:
    """An attribute as a text, a number, or an array of numbers or texts.

    Args:
        value: as h5py reads it.
        called: what sentences call the file or the variable that has it.

    Raises:
        RefusedFileError: it is neither, or too large.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    if isinstance(value, str):
        if len(value) > LARGEST_ATTRIBUTE:
            raise RefusedFileError(
                f"{called} has an attribute of more than {LARGEST_ATTRIBUTE:,} characters"
            )
        return str(value)
    found = plain_values(value, f"{called}: an attribute", LARGEST_ATTRIBUTE)
    return found.item() if found.size == 1 else found


def _texts(values: np.ndarray, called: str, room: float) -> np.ndarray:
    """Texts of any lengths as an array of texts, whose items all take as much as the longest."""
    words = values.ravel().tolist()
    if not all(isinstance(each, str | bytes) for each in words):
        raise RefusedFileError(f"{called} holds references, and a result numbers and texts")
    longest = max(map(len, words), default=0)
    if room < math.inf and (longest > LONGEST or 4 * longest * len(words) > room):
        raise RefusedFileError(
            f"{called} has a text of {longest:,} characters, and a result short names"
        )
    texts = [each.decode("utf-8") if isinstance(each, bytes) else each for each in words]
    return np.array(texts, dtype=str).reshape(values.shape)


def with_title(path: Path, title: str) -> bytes:
    """A result's file with what people call its run as its attribute "title"."""
    content = BytesIO(path.read_bytes())
    with h5py.File(content, "r+") as file:
        file.attrs[TITLE] = title
    return content.getvalue()
