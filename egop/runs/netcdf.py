"""Reads netCDF files, with one sentence for each reason why a file cannot be read."""

from io import BytesIO
from pathlib import Path

import xarray as xr

from egop.extras import needed
from egop.runs.unreadable import unreadable

ENGINES = {b"\x89HDF": "h5netcdf", b"CDF\x01": "scipy", b"CDF\x02": "scipy", b"CDF\x05": "scipy"}
"""Readers by the first four bytes of a file: netCDF-4 is HDF5; the others are netCDF-3."""


def read_netcdf(path: Path) -> xr.Dataset:
    """The dataset in a file of netCDF-4 or netCDF-3, with text as text.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is empty, no netCDF, incomplete or altered.
        OSError: it may not be read, or cannot be read now.
        ImportError: the packages that read netCDF are not installed.
    """
    engine = engine_of(path)
    with needed("egop.experiments", extra="networks"):
        import h5netcdf  # noqa: F401
    try:
        dataset = _READERS[engine](path)
    except MemoryError:
        raise
    except OSError as error:
        if type(error) is OSError and error.errno is None:  # h5py's for broken files
            raise ValueError(incomplete(path)) from None
        raise unreadable(path, error) from None
    except (ValueError, KeyError, IndexError, RuntimeError, TypeError):  # likewise
        raise ValueError(incomplete(path)) from None
    if any(str(dim).startswith("phony_dim") for dim in dataset.dims):
        raise ValueError(
            f"{path} is an HDF5 file, but no netCDF: its numbers have no named dimensions; give "
            "them as an xarray.Dataset to egop.lab.open"
        )
    text = [name for name, each in dataset.variables.items() if each.dtype.kind in "OST"]
    return dataset.assign({name: dataset[name].astype(str) for name in text})


def _read_netcdf_4(path: Path) -> xr.Dataset:
    """HDF5 without named dimensions is read as well, with dims of the name phony_dim."""
    import h5py

    with h5py.File(path) as file:  # a broken file ends here: h5netcdf leaves it half open
        list(file.values())
    return xr.load_dataset(path, engine="h5netcdf", phony_dims="access")


def _read_netcdf_3(path: Path) -> xr.Dataset:
    """From memory: scipy leaves a broken file open."""
    return xr.load_dataset(BytesIO(path.read_bytes()), engine="scipy")


_READERS = {"h5netcdf": _read_netcdf_4, "scipy": _read_netcdf_3}


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


def incomplete(path: Path | str) -> str:
    """The sentence about a file that begins as netCDF and cannot be read to its end."""
    return (
        f"{path} cannot be read as netCDF: it is incomplete or altered; copy it again from where "
        "it came, or move it out of its run's folder and egop resume makes it again"
    )
