"""What is known so far of a run that is being carried out, in the form of its result."""

from pathlib import Path
from typing import Any

import xarray as xr

from egop.experiments.partial_results.spectra import spectra_so_far
from egop.experiments.partial_results.sweep import sweep_so_far
from egop.runs.bounded_json import read_json
from egop.runs.checked_fields import number, text
from egop.runs.file_cache import FileCache
from egop.runs.jobs import HIGHEST
from egop.runs.limited_reading import load, read_arrays
from egop.runs.live_output import LIVE
from egop.runs.manifest import read_manifest
from egop.runs.results import attributes
from egop.runs.run import RESULT, Arrays

ROOM = 200_000_000
"""Bytes of pieces, and of results, that are kept in memory."""
LARGEST_NOTE = 1 << 14
"""Bytes of a note of progress."""
LONGEST_WORDS = 300


def read(folder: str | Path) -> xr.Dataset | None:
    """The result of a run, or what is known of it so far; None while there is nothing.

    What was not measured yet is NaN, with the `status` "not run", and runs that are being trained
    are "running". `chosen_rate` and `best_rate` are the best so far. Attributes are those of the
    result; until it is there, also `share`, from 0 to 1, and `words`. Experiments that are neither
    sweeps of networks nor spectra give their result alone.

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
    so_far = sweep_so_far if "plan 0" in manifest else spectra_so_far
    known = so_far(folder, manifest, _arrays)
    return None if known is None else known.assign_attrs(attributes(manifest), **_progress(folder))


def _progress(folder: Path) -> dict[str, Any]:
    """How far the run is and what it does, by the newest note."""
    notes = [note for path in sorted((folder / LIVE).glob("*.json")) if (note := _note(path))]
    newest = max(notes, key=lambda note: note["at"], default={"share": 0.0, "words": ""})
    return {"share": newest["share"], "words": newest["words"]}


def _note(path: Path) -> dict[str, Any] | None:
    try:
        note = read_json(path, LARGEST_NOTE)
        return {
            "share": number(note["share"], 0, 1),
            "words": text(note["words"], LONGEST_WORDS),
            "at": number(note["at"], 0, HIGHEST),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
