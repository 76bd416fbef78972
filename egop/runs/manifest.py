"""The contents of a run's config.json: which egop can read it, and by which versions it is made."""

import importlib.metadata
import platform
import sys
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from egop.bounds import Bounds
from egop.runs.bounded_json import read_json
from egop.runs.checked_fields import experiment_name, moment, text, texts
from egop.runs.error_sentence import unreadable

FORMAT = 2
"""The format of folder and result; raised whenever an older egop could not read them."""

READABLE = (1, 2)
"""Formats that this egop reads; in format 1 the dimension `optimizer` was called `method`."""

CONFIG = "config.json"
VERSION: str = sys.modules["egop"].__version__  # an import of egop itself would be a circle
PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "torch", "xarray", "h5netcdf")


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"it takes values by name, got {value!r:.60}")
    return value


FIELDS: dict[str, Callable[[Any], Any]] = {
    "experiment": experiment_name,
    "config": _mapping,
    "device": lambda value: text(value, 20),
    "versions": lambda value: texts(value, 100),
    "created": moment,
}
"""The fields of every run's config.json, each with its check."""
THREADS = Bounds(0, 100_000, whole=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The contents of a run's config.json.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged, not a run's, of another format, or a field is out of bounds.
        OSError: it may not be read, or not now.
    """
    path = folder / CONFIG
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} is not the folder of a run: it has no {CONFIG}; runs are made by "
            "egop experiment NAME"
        )
    try:
        manifest = read_json(path)
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise ValueError(f"{path} is damaged: it is no JSON of egop; start a new run") from None
    if not isinstance(manifest, dict) or not {"format", "experiment"} <= manifest.keys():
        raise ValueError(f"{path} was not written by egop; give the folder of a run")
    software = manifest.get("versions")
    version = software.get("egop", "?") if isinstance(software, dict) else "?"
    check_format(manifest["format"], version, folder)
    try:
        return manifest | checked(manifest)
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}; start a new run") from None


def checked(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that every run has, as they are used.

    Raises:
        ValueError: one is missing, of another type, or out of bounds.
    """
    found = {}
    for name, check in FIELDS.items():
        try:
            found[name] = check(manifest.get(name))
        except ValueError as error:
            raise ValueError(f"it lacks what describes a run ({name}: {error})") from None
    if manifest.get("threads") is not None:
        found["threads"] = THREADS.read("threads", manifest["threads"])
    return found


def check_format(number: Any, version: str, where: Path) -> None:
    """ValueError unless this egop reads the format of a run or result."""
    if not isinstance(number, Real) or number not in READABLE:
        raise ValueError(
            f"{where} was written by egop {version!s:.40} in format {number!s:.40}, and egop "
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
