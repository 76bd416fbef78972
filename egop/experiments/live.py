"""What is known so far of a run that another process is carrying out, in the form of its result."""

from pathlib import Path
from typing import TYPE_CHECKING

from egop.experiments.store import RESULT

if TYPE_CHECKING:
    import xarray as xr


def read(folder: str | Path) -> "xr.Dataset | None":
    """The result of a run, or what is known of it so far; None: nothing yet.

    What was not measured yet is NaN, and `status` says "running" of runs that are being trained.
    Attributes are those of the result and, until it is there, `share`, from 0 to 1, and `words`.
    Files that are half-written or vanish are left out.
    """
    from egop.experiments import results

    if (Path(folder) / RESULT).exists():
        return results.load(folder)
    return None
