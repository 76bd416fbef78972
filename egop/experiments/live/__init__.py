"""What is known so far of a run that is being carried out, in the form of its result."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from egop.experiments.live.spectra import spectra_so_far
from egop.experiments.live.sweep import sweep_so_far
from egop.runs.manifest import read_manifest
from egop.runs.remembered import Remembered
from egop.runs.results import attributes, load
from egop.runs.showing import LIVE
from egop.runs.store import RESULT, Arrays, load_arrays

ROOM = 200_000_000
"""Bytes of pieces, and of results, that are kept in memory."""


def read(folder: str | Path) -> xr.Dataset | None:
    """The result of a run, or what is known of it so far; None while there is nothing.

    What was not measured yet is NaN, with the `status` "not run", and runs that are being trained
    are "running". `chosen_rate` and `best_rate` are the best so far. Attributes are those of the
    result; until it is there, also `share`, from 0 to 1, and `words`. Experiments that are neither
    sweeps of networks nor spectra give their result alone.

    Asked again, it reads what has changed. The arrays are shared: copy them to change them.

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
    newest = max(notes, key=lambda note: note.get("at", 0), default={})
    return {"share": float(newest.get("share", 0)), "words": str(newest.get("words", ""))}


def _note(path: Path) -> Mapping[str, Any] | None:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) else None


def _read_arrays(path: Path) -> Arrays | None:
    """The arrays of a file; None where it is damaged: the run itself says so, or writes it anew."""
    try:
        return load_arrays(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile):
        return None


_arrays = Remembered(_read_arrays, ROOM)
_results = Remembered(load, ROOM)
