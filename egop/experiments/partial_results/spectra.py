"""The spectra of an experiment as far as they are estimated, in the form of its result."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from egop.experiments.sweep.spectra_table import spectra_table
from egop.runs.run import Arrays

PIECE = re.compile(r"(?P<data>[^-]+)-(?P<distribution>.+)-spectrum-(?P<trial>\d+)\.npz")


def spectra_so_far(
    folder: Path, manifest: Mapping[str, Any], read: Callable[[Path], Arrays | None]
) -> xr.Dataset | None:
    """The table of `spectra.py` with what is there, in the order in which it was estimated.

    None while there is nothing.
    """
    found = {path: PIECE.fullmatch(path.name) for path in _by_age(folder / "pieces")}
    kind = "data" if manifest["experiment"] == "block_spectra" else "distribution"
    rows: dict[str, dict[int, Arrays]] = {}
    for path, match in found.items():
        if match and (arrays := read(path)) is not None:
            rows.setdefault(match[kind], {})[int(match["trial"])] = arrays
    if not rows:
        return None
    trials = manifest["config"]["trials"]
    tables = [spectra_table(each, trials) for each in rows.values()]
    return xr.concat(tables, xr.IndexVariable(kind, list(rows)), join="outer")


def _by_age(folder: Path) -> list[Path]:
    """The finished pieces, the oldest first."""
    ages = {}
    for path in folder.glob("*-spectrum-*.npz"):
        try:
            ages[path] = path.stat().st_mtime_ns
        except FileNotFoundError:  # deleted since it was listed
            continue
    return sorted(ages, key=lambda path: (ages[path], path.name))
