"""Files of runs, read in other processes with limits on time and memory; only arrays come back.

Whatever a server reads of a file that others wrote, or that a disk may have damaged, it reads here.
There is one process for what everybody looks at, and one for what is being added, so that a file
that takes long keeps nobody from looking. A script reads its own files in its own process
(`egop.experiments.load`).
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.extras import needed
from egop.limited_process import BusyError, LimitedProcesses
from egop.limits import limits
from egop.runs import npz_bounds, results
from egop.runs.netcdf import decoded
from egop.runs.netcdf_sentences import incomplete
from egop.runs.run_table import TABLE_DIMS

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.done import Arrays

RESULT = limits().result_megabytes
"""MB of the numbers of a result; those of the paper have up to 70."""
ADDED_RESULT = min(RESULT, 250)
"""MB of the numbers of a result that is added."""
PACKED, SMALL = 50, 20_000_000
"""The factor by which an added file may unpack, beyond so many bytes: genuine results are
packed to a half, those with much that was not run to a fiftieth; zeros to a thousandth."""
MEGABYTES = 512 + 4 * RESULT
"""Memory for it: numbers lie there twice or three times while they are read and sent."""
SECONDS = 10.0
"""Seconds for a file that is read; one of 70 MB takes one."""
MOST_NAMES = 1000
LONGEST_NAME = 200
"""Characters of the name of a method, a basis or a block of parameters."""
CHECKING = 60.0
"""Seconds for arrays that are read to the end to be checked, which may have gigabytes."""
WRITING = 120.0
"""Seconds for a table; that of the convex problems, quick, has 215 MB and takes 15."""

VIEWED = LimitedProcesses(preload=("egop.runs.plain_netcdf",), megabytes=MEGABYTES)
ADDED = LimitedProcesses(preload=("egop.runs.plain_netcdf",), megabytes=MEGABYTES)
TABLES = LimitedProcesses(megabytes=MEGABYTES)
"""Apart from each other, so that a run is shown while a file is checked or a table is written."""


def read_dataset(path: Path, *, added: bool = False) -> "xr.Dataset":
    """The dataset in a file of netCDF; as `read_netcdf`, within limits.

    Args:
        path: of the file.
        added: whether it comes from elsewhere to be kept.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is empty, no netCDF, incomplete, altered, or beyond the limits.
        OSError: it may not be read, or not now.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs.plain_netcdf import read_plain
    processes, largest = VIEWED, RESULT * 10**6
    if added:
        processes = ADDED
        largest = min(ADDED_RESULT * 10**6, SMALL + PACKED * path.stat().st_size)
    return decoded(_call(processes, SECONDS, read_plain, path, str(path), largest), path)


def load(folder: str | Path, *, added: bool = False) -> "xr.Dataset":
    """The result of a finished run; as `egop.experiments.load`, within limits.

    Args:
        folder: of the run, or its result.nc.
        added: whether it comes from elsewhere to be kept.
    """
    found = results.load(folder, lambda path: read_dataset(path, added=added))
    try:
        _check_sizes(found)
    except ValueError as error:
        raise ValueError(f"{folder} {error}") from None
    return found


def _check_sizes(result: "xr.Dataset") -> None:
    """ValueError where a result has more runs or longer names than can be shown."""
    n_runs = math.prod(result.sizes.get(dim, 1) for dim in TABLE_DIMS[:4])
    if n_runs > (most := limits().runs_of_a_result):
        raise ValueError(f"holds {n_runs:,} runs, and at most {most:,} can be shown")
    for dim in ("optimizer", "basis", "block"):
        names = result[dim].to_numpy().astype(str) if dim in result.coords else np.array([""])
        if names.size > MOST_NAMES or names.ndim > 1:
            raise ValueError(f"holds more than {MOST_NAMES} names of {dim}")
        if not all(len(each) <= LONGEST_NAME and each.isprintable() for each in names.tolist()):
            raise ValueError(f"has a name of {dim} that is too long or cannot be shown")


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
    return _call(TABLES, WRITING, _table, path)


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
    """Returns what a function gives of a file; whatever goes wrong is a sentence about the file.

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
