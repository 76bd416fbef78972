"""Files of runs, read in other processes with limits on time and memory; only arrays come back.

Whatever a server reads of a file that others wrote, or that a disk may have damaged, it reads here.
There is one process for what everybody looks at, and one for what is being added, so that a file
that takes long keeps nobody from looking. A script reads its own files in its own process
(`egop.experiments.load`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.extras import needed
from egop.limited_process import BusyError, LimitedProcesses
from egop.runs import npz_bounds, results
from egop.runs.netcdf import with_names_and_texts
from egop.runs.netcdf_sentences import incomplete, one_sentence

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.store import Arrays

MEGABYTES = 1024
SECONDS = 10.0
"""For a file that is read; one of 70 MB takes one."""
CHECKING = 60.0
"""Seconds for arrays that are read to the end to be checked, which may have gigabytes."""

VIEWED = LimitedProcesses(preload=("egop.runs.plain_netcdf",), megabytes=MEGABYTES)
ADDED = LimitedProcesses(preload=("egop.runs.plain_netcdf",), megabytes=MEGABYTES)


def read_dataset(path: Path, processes: LimitedProcesses = VIEWED) -> "xr.Dataset":
    """The dataset in a file of netCDF; as `read_netcdf`, within limits.

    Args:
        path: of the file.
        processes: that read it.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is empty, no netCDF, incomplete, altered, or beyond the limits.
        OSError: it may not be read, or not now.
    """
    with needed("egop.experiments", extra="networks"):
        import xarray as xr

        from egop.runs.plain_netcdf import KINDS, read_plain
    plain = _call(processes, SECONDS, read_plain, path, str(path))
    if any(each.dtype.kind not in KINDS for _, each, _ in plain.variables.values()):
        raise ValueError(incomplete(path))
    with one_sentence(path):
        stored = xr.Dataset(attrs=plain.attributes).assign(plain.variables)
        dataset = xr.decode_cf(stored, decode_times=False).load().drop_encoding()
    return with_names_and_texts(dataset, path)


def load(folder: str | Path) -> "xr.Dataset":
    """The result of a finished run; as `egop.experiments.load`, within limits."""
    return results.load(folder, read_dataset)


def read_arrays(path: Path) -> "Arrays":
    """The arrays in a file of a run.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is damaged, or beyond the limits.
    """
    found = _call(VIEWED, SECONDS, npz_bounds.read_small_arrays, path)
    return {str(name): np.asarray(each) for name, each in found.items()}


def check_arrays(path: Path) -> None:
    """Raises ValueError unless a file holds arrays as egop writes them."""
    _call(ADDED, CHECKING, npz_bounds.check_arrays, path)


def with_title(path: Path, title: str) -> bytes:
    """A result's file with what people call its run, which `copy_run` gives the run again.

    It becomes the file's attribute "title", as the CF conventions have it.

    Raises:
        ValueError: the file is damaged.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs import plain_netcdf
    return _call(VIEWED, SECONDS, plain_netcdf.with_title, path, title)


def long_table(path: Path) -> bytes:
    """A result as a long table (`egop.runs.tables`).

    Raises:
        ValueError: it is damaged, or too large for a table.
    """
    return _call(VIEWED, SECONDS, _table, path)


def _table(path: Path) -> bytes:
    from egop.runs.tables import long_table as table

    return table(results.load(path))


def _call(
    processes: LimitedProcesses,
    seconds: float,
    function: Callable[..., Any],
    path: Path,
    *args: Any,
) -> Any:
    """What a function gives of a file; whatever goes wrong is a sentence about the file.

    The process may be in another folder, so it is told the whole path.
    """
    whole = path.absolute()
    try:
        return processes.call(function, whole, *args, seconds=seconds)
    except BusyError:
        raise
    except TimeoutError:
        raise ValueError(
            f"{path} takes more than {seconds:g} s to be read, as some damaged files do; copy it "
            "again from where it came, or move it away"
        ) from None
    except MemoryError:
        raise ValueError(
            f"{path} takes more than {MEGABYTES} MB of memory to be read, as some damaged files "
            "do; copy it again from where it came, or move it away"
        ) from None
    except ChildProcessError:
        raise ValueError(incomplete(path)) from None
    except ValueError as error:
        raise ValueError(str(error).replace(str(whole), str(path))) from None
    except OSError as error:
        raise type(error)(str(error).replace(str(whole), str(path))) from None
    except Exception:
        raise ValueError(incomplete(path)) from None
