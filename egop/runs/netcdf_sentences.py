"""One sentence for each reason why a netCDF file cannot be read, and which reader takes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from egop.runs.error_sentence import unreadable

ENGINES = {b"\x89HDF": "h5netcdf", b"CDF\x01": "scipy", b"CDF\x02": "scipy", b"CDF\x05": "scipy"}
"""Readers by the first four bytes of a file: netCDF-4 is HDF5; the others are netCDF-3."""


class RefusedFileError(ValueError):
    """A file that could be read, and holds what is not taken."""


def engine_of(path: Path) -> str:
    """The name of what reads a file in xarray.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is empty or no netCDF.
        OSError: it may not be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no run in {path}")
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from None
    if not first:
        raise ValueError(f"{path} is empty; take a file as xarray's to_netcdf writes it")
    if first not in ENGINES:
        raise ValueError(
            f"{path} is no netCDF file; read it by its own program and give its numbers as an "
            "xarray.Dataset to egop.lab.open"
        )
    return ENGINES[first]


@contextmanager
def one_sentence(path: Path) -> Iterator[None]:
    """A context in which a file is read; what the readers raise becomes a sentence.

    Raises:
        ValueError: the file is incomplete or altered.
        RefusedFileError: as it was raised.
        OSError: it cannot be read now.
    """
    try:
        yield
    except (MemoryError, RefusedFileError):
        raise
    except OSError as error:
        if type(error) is OSError and error.errno is None:  # h5py's for broken files
            raise ValueError(incomplete(path)) from None
        raise unreadable(path, error) from None
    except (ValueError, KeyError, IndexError, RuntimeError, TypeError):  # likewise
        raise ValueError(incomplete(path)) from None


def incomplete(path: Path | str) -> str:
    """The sentence about a file that begins as netCDF and cannot be read to its end."""
    return (
        f"{path} cannot be read as netCDF: it is incomplete or altered; copy it again from where "
        "it came, or move it out of its run's folder and egop resume makes it again"
    )
