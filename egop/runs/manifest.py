"""What config.json says of a run, which egop can read it, and by which versions it is made."""

import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

from egop.runs.unreadable import unreadable

FORMAT = 2
"""Of the folder and the result; raised whenever an older egop could not read them."""

READABLE = (1, 2)
"""Formats that this egop reads; in format 1 the dimension `optimizer` was called `method`."""

CONFIG = "config.json"
VERSION: str = sys.modules["egop"].__version__  # an import of egop itself would be a circle
PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "torch", "xarray", "h5netcdf")

KINDS = {"experiment": str, "config": dict, "device": str, "versions": dict, "created": str}
"""What config.json of every run holds."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The contents of a run's config.json.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, not a run's, or of another format.
        OSError: it may not be read, or not now.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not the folder of a run: it has no {CONFIG}; runs are made by "
            "egop experiment NAME"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is damaged: it is no JSON; start a new run") from None
    if not isinstance(manifest, dict) or not {"format", "experiment"} <= manifest.keys():
        raise ValueError(f"{path} was not written by egop; give the folder of a run")
    software = manifest.get("versions")
    version = software.get("egop", "?") if isinstance(software, dict) else "?"
    check_format(manifest["format"], version, folder)
    if any(not isinstance(manifest.get(key), kind) for key, kind in KINDS.items()):
        raise ValueError(f"{path} is damaged: it lacks what describes a run; start a new run")
    return manifest


def check_format(number: Any, version: str, where: Path) -> None:
    """ValueError unless this egop reads the format of a run or result."""
    if number not in READABLE:
        raise ValueError(
            f"{where} was written by egop {version} in format {number}, and egop "
            f"{VERSION} reads formats {READABLE[0]} to {FORMAT}; use that version or run it again"
        )


def versions() -> dict[str, str]:
    """The versions of egop, Python and every package that numbers depend on."""
    found = {"egop": VERSION, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
