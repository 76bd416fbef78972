"""Datasets in files of netCDF: what `plain_netcdf.py` reads, with its numbers and texts decoded."""

from pathlib import Path
from typing import TYPE_CHECKING

from egop.extras import needed
from egop.runs.netcdf_sentences import incomplete, one_sentence

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.plain_netcdf import Plain


def read_netcdf(path: Path) -> "xr.Dataset":
    """The dataset in a file of one's own, read in this process, whatever its size.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is empty, no netCDF, incomplete or altered.
        OSError: it may not be read, or cannot be read now.
        ImportError: the packages that read netCDF are not installed.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs.plain_netcdf import read_plain
    return decoded(read_plain(path, str(path)), path, times=True)


def decoded(plain: "Plain", path: Path, times: bool = False) -> "xr.Dataset":
    """The dataset of what was read of a file, with texts as texts.

    Args:
        plain: what was read.
        path: of the file.
        times: whether numbers with a unit such as "days since 2000-01-01" become dates.

    Raises:
        ValueError: it is altered, or its dims have no names.
    """
    import xarray as xr

    from egop.runs.plain_netcdf import KINDS

    if any(each.dtype.kind not in KINDS for _, each, _ in plain.variables.values()):
        raise ValueError(incomplete(path))
    with one_sentence(path):
        stored = xr.Dataset(attrs=plain.attributes).assign(plain.variables)
        dataset = xr.decode_cf(stored, decode_times=times).load().drop_encoding()
    if any(str(dim).startswith("phony_dim") for dim in dataset.dims):
        raise ValueError(
            f"{path} is an HDF5 file, but no netCDF: its numbers have no named dimensions; give "
            "them as an xarray.Dataset to egop.lab.open"
        )
    text = [name for name, each in dataset.variables.items() if each.dtype.kind in "OST"]
    return dataset.assign({name: dataset[name].astype(str) for name in text})
