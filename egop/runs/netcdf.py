"""Reads netCDF files in this process: those of one's own, in a script or on the command line."""

from io import BytesIO
from pathlib import Path

import xarray as xr

from egop.extras import needed
from egop.runs.netcdf_sentences import engine_of, one_sentence


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
    with one_sentence(path):
        dataset = _READERS[engine](path)
    return with_names_and_texts(dataset, path)


def with_names_and_texts(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    """A dataset as it was read, with texts as texts.

    Raises:
        ValueError: its dims have no names.
    """
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
