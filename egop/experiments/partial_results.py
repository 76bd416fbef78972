"""A run that is being carried out, as far as it is known, in the form of its result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import xarray as xr

from egop.experiments import EXPERIMENTS
from egop.experiments.execution import WHOLE, stored_config
from egop.runs.done import Arrays, Done
from egop.runs.file_cache import FileCache
from egop.runs.limited_reading import load, read_arrays
from egop.runs.live_output import LIVE, LiveOutput
from egop.runs.manifest import read_manifest
from egop.runs.results import attributes
from egop.runs.run import RESULT
from egop.runs.run_table import MOST_NUMBERS

ROOM = 200_000_000
"""Bytes of artifacts, and of results, that are kept in memory."""


def read(folder: str | Path) -> xr.Dataset | None:
    """The result of a run, or what is known of it so far; None while there is nothing.

    What was not measured yet is NaN, with the `status` "not run", and runs that are being trained
    are "running". `chosen_rate` and `best_rate` are the best so far. Attributes are those of the
    result; until it is there, also `progress`, from 0 to 1, and `message`.

    Files are read within limits (`egop/runs/limited_reading.py`). Asked again, it reads what has
    changed. The arrays are shared: copy them to change them.

    Raises:
        ValueError: config.json or the result is damaged, or of another version of egop.
    """
    folder = Path(folder)
    result = _results(folder / RESULT)
    if result is not None:
        return result.copy(deep=False)
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        return None
    experiment = EXPERIMENTS.get(manifest["experiment"])
    if experiment is None or not manifest["config"]:
        return None
    config = stored_config(experiment, manifest, folder)
    known = experiment.assemble(config, WatchedRun(folder, manifest))
    if known is None:
        return None
    note = LiveOutput(folder).read_progress(WHOLE) or {"share": 0.0, "words": ""}
    return known.assign_attrs(attributes(manifest), share=note["share"], words=note["words"])


class WatchedRun(Done):
    """The artifacts of a run by now, read within limits; what is damaged counts as not there.

    Args:
        folder: of the run.
        manifest: the contents of its config.json.
    """

    most_numbers = MOST_NUMBERS

    def __init__(self, folder: Path, manifest: dict[str, Any]):
        super().__init__(manifest)
        self._folder = folder

    def get(self, key: str) -> Arrays | None:
        """A finished artifact."""
        return _arrays(self._folder / "pieces" / f"{key}.npz")

    def partial(self, key: str) -> Arrays | None:
        """The measurements that a task shows that is not finished."""
        return _arrays(self._folder / LIVE / f"{key}.npz")

    def record_once(self, key: str, decide: Callable[[], Any]) -> Any:
        """The decision under this key; who watches decides nothing."""
        return self.manifest[key]


def _read_arrays(path: Path) -> Arrays | None:
    """The arrays of a file; None where it is damaged: the run itself says so, or writes it anew."""
    try:
        return read_arrays(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError):
        return None


def _arrays_size(arrays: Arrays | None) -> int:
    return sum(each.nbytes for each in (arrays or {}).values())


_arrays = FileCache(_read_arrays, _arrays_size, ROOM)
_results = FileCache(load, lambda result: result.nbytes, ROOM)
