"""Labelled results on disk, as netCDF, with what they came from."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from egop.runs.atomic import replacing
from egop.runs.bounded_json import parse_json
from egop.runs.checked_fields import text
from egop.runs.manifest import FORMAT, VERSION, check_format, checked, read_manifest
from egop.runs.netcdf import read_netcdf
from egop.runs.run import RESULT

LONGEST_NOTE = 1000
"""Characters of a text of the attributes; longer ones are cut."""


def attributes(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that say what a result comes from: text and numbers, as netCDF takes them."""
    data = {key: value for key, value in manifest.items() if key.startswith("data ")}
    grouping = {key: value for key, value in manifest.items() if key.startswith("grouping")}
    return {
        "format": FORMAT,
        "egop": VERSION,
        "experiment": manifest["experiment"],
        "config": json.dumps(manifest["config"]),
        "seed": manifest["config"].get("seed", 0),
        "device": manifest["device"],
        "threads": manifest.get("threads") or 0,
        "versions": json.dumps(manifest["versions"]),
        "grouping": json.dumps(grouping),
        "data_fingerprint": " ".join(each["fingerprint"] for each in data.values()),
        "data_note": " ".join(each["note"] for each in data.values() if each["note"]),
        "created": manifest["created"],
        **({"merged": json.dumps(manifest["merged"])} if "merged" in manifest else {}),
    }


def checked_attributes(found: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a result from elsewhere that `attributes` writes, within bounds.

    Raises:
        ValueError: one that is needed is missing, or one is of another type or out of bounds.
    """
    manifest = checked(
        {**found, **{name: parse_json(found.get(name)) for name in ("config", "versions")}}
    )
    return attributes(manifest) | {
        "egop": text(found.get("egop", ""), LONGEST_NOTE),
        "grouping": json.dumps(parse_json(found.get("grouping", "{}"))),
        "data_fingerprint": text(found.get("data_fingerprint", ""), LONGEST_NOTE),
        "data_note": text(found.get("data_note", ""), LONGEST_NOTE),
        **({"merged": json.dumps(parse_json(found["merged"]))} if "merged" in found else {}),
    }


def write(dataset: xr.Dataset, folder: Path) -> None:
    """Writes a result into the folder of its run, whole or not at all.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    packed = {
        str(name): {"zlib": True, "complevel": 4}
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind in "fi" and variable.ndim
    }
    with replacing(folder / RESULT) as path:
        dataset.to_netcdf(path, engine="h5netcdf", encoding=packed)


def load(folder: str | Path, read: Callable[[Path], xr.Dataset] = read_netcdf) -> xr.Dataset:
    """The result of a finished run, read in this process: files of strangers are not for it.

    Args:
        folder: of the run, or its result.nc.
        read: the dataset of a file; `egop.runs.limited_reading.load` reads within limits.

    Raises:
        FileNotFoundError: there is no run, or it is not finished.
        ValueError: the file is incomplete, of another format, or no result.
        ImportError: the packages that read netCDF are not installed.
        OSError: the file may not be read, or not now.
    """
    path = Path(folder)
    if path.is_dir():
        path = result_path(path)
    dataset = read(path)
    if "experiment" not in dataset.attrs:
        raise ValueError(
            f"{path} is no result of egop: it does not say which experiment it is; results of "
            "your own are shown by egop.lab.open"
        )
    check_format(dataset.attrs.get("format"), dataset.attrs.get("egop", "?"), path)
    return current_names(dataset)


def result_path(folder: Path) -> Path:
    """The result.nc of a finished run.

    Raises:
        FileNotFoundError: there is no run in the folder, or it is not finished.
        ValueError: its config.json is damaged or of another format.
    """
    read_manifest(folder)
    path = folder / RESULT
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is not finished; continue it by egop resume {folder}")
    return path


def current_names(dataset: xr.Dataset) -> xr.Dataset:
    """A result with its dimension `optimizer`, which older results call `method`.

    xarray's `sel` has an argument `method` of its own, so that it ignored a selection by that name.
    """
    if "method" not in dataset.dims or "optimizer" in dataset.dims:
        return dataset
    return dataset.rename(method="optimizer")
