"""Runs and results from elsewhere, checked and copied; nothing of them is trusted or changed."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.extras import needed
from egop.runs.entries import LABEL, check_label, read_label
from egop.runs.locking import is_locked
from egop.runs.manifest import CONFIG, FORMAT, read_manifest
from egop.runs.store import RESULT

if TYPE_CHECKING:
    import xarray as xr

TITLE = "title"
"""The attribute of a file with what people call its run."""
LARGEST = 2_000_000_000
"""Bytes of a result's numbers; a small file can be packed to hold any number of them."""


def copy_run(source: Path, folder: Path, called: str = "") -> None:
    """Copies a run's folder, or a result.nc as a finished run, into a folder that is made.

    Only what egop writes is copied: links are left out, and who asked for the run.

    Args:
        source: the folder or the file.
        folder: to be made.
        called: what sentences call a file; "": by its path.

    Raises:
        FileNotFoundError: there is neither.
        ValueError: it is damaged, of another version, or none of egop.
        OSError: somebody is writing to it, or the copy cannot be written.
    """
    called = called or str(source)
    copied = _checked_folder(source) if source.is_dir() else _checked_result(source, called)
    try:
        (folder / "pieces" / "bulky").mkdir(parents=True)
        for path, content in copied.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, folder / path)
            else:
                (folder / path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise OSError(f"{called} cannot be copied to {folder.parent} ({error.strerror})") from None


def _checked_folder(source: Path) -> dict[str, Path | str]:
    """What to copy of a run's folder, by its place in it."""
    manifest = read_manifest(source)
    _check_experiment(manifest["experiment"], source)
    if is_locked(source):
        raise OSError(f"{source} is being written to; wait until that run is finished, or end it")
    found = {str(path.relative_to(source)): path for path in _files(source)}
    label = "" if (source / LABEL).is_symlink() else read_label(source)
    if RESULT in found:
        _load(found[RESULT], str(found[RESULT]))
    for name, path in found.items():
        if name.endswith(".npz") and not zipfile.is_zipfile(path):
            raise ValueError(
                f"{path} is incomplete or altered; copy the run again, or move this one file away: "
                "it is computed again"
            )
    return {**found, **_label_file(label)}


def _checked_result(source: Path, called: str) -> dict[str, Path | str]:
    """What to copy of a result: itself, and a config.json from what it says of itself."""
    result = _load(source, called)
    try:
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "experiment": str(result.attrs["experiment"]),
            "config": dict(json.loads(result.attrs["config"])),
            "device": str(result.attrs["device"]),
            "threads": int(result.attrs["threads"]),
            "versions": dict(json.loads(result.attrs["versions"])),
            "created": datetime.fromisoformat(str(result.attrs["created"])).isoformat(),
        }
    except (KeyError, ValueError, TypeError, RecursionError):
        raise ValueError(f"{called} does not say how it was made, so egop cannot keep it") from None
    _check_experiment(manifest["experiment"], called)
    files = {CONFIG: json.dumps(manifest, indent=2) + "\n", RESULT: source}
    return files | _label_file(result.attrs.get(TITLE, ""))


def with_title(path: Path, title: str) -> bytes:
    """A result's file with what people call its run, which `copy_run` gives the run again.

    It becomes the file's attribute "title", as the CF conventions have it.
    """
    with needed("egop.experiments", extra="networks"):
        import h5py
    content = BytesIO(path.read_bytes())
    with h5py.File(content, "r+") as file:
        file.attrs[TITLE] = title
    return content.getvalue()


def _label_file(label: Any) -> dict[str, str]:
    """The file that holds what people call a run; none where that is nothing, or no label."""
    try:
        label = check_label(label)
    except ValueError:
        return {}
    return {LABEL: json.dumps(label, ensure_ascii=False) + "\n"} if label else {}


def _files(source: Path) -> Iterator[Path]:
    """The files of a run that are neither links nor in a folder that is one."""
    pieces = source / "pieces"
    folders = [pieces, pieces / "bulky"] if not pieces.is_symlink() else []
    for path in (source / CONFIG, source / RESULT):
        if path.is_file() and not path.is_symlink():
            yield path
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink():
            for path in sorted(folder.glob("*.npz")):
                if path.is_file() and not path.is_symlink():
                    yield path


def _load(path: Path, called: str) -> "xr.Dataset":
    with needed("egop.experiments", extra="networks"):
        from egop.runs.results import load
    try:
        if path.is_file():
            _check_file(path, called)
        return load(path)
    except (ValueError, PermissionError) as error:
        raise type(error)(str(error).replace(str(path), called)) from None


def _check_file(path: Path, called: str) -> None:
    """ValueError unless a file is netCDF that holds all its numbers itself, and not too many.

    Parts of an HDF5 file may be links that read other files of this machine.
    """
    with needed("egop.experiments", extra="networks"):
        import h5py

        from egop.runs.netcdf import engine_of, incomplete
    if engine_of(path) != "h5netcdf":
        raise ValueError(
            f"{called} is a netCDF-3 file, and a run is kept as netCDF-4; write it again by "
            'xarray: xr.load_dataset(file).to_netcdf(new, engine="h5netcdf")'
        )
    try:
        with h5py.File(path) as file:
            links = [file.get(name, getlink=True) for name in file]
            own = all(isinstance(link, h5py.HardLink) for link in links)
            found = [file[name] for name in file] if own else []
            tables = [each for each in found if isinstance(each, h5py.Dataset)]
            own = own and not any(each.is_virtual or each.external for each in tables)
            n_bytes = sum((each.size or 0) * each.dtype.itemsize for each in tables)
    except (OSError, RuntimeError, KeyError, ValueError):  # h5py's for broken files
        raise ValueError(incomplete(called)) from None
    if not own:
        raise ValueError(f"{called} leads to other files, and a result holds its numbers itself")
    if n_bytes > LARGEST:
        raise ValueError(
            f"{called} holds {n_bytes / 1e9:,.1f} GB of numbers, and a result from elsewhere at "
            f"most {LARGEST / 1e9:,.0f} GB"
        )


def _check_experiment(name: Any, source: object) -> None:
    if not re.fullmatch(r"\w{1,60}", str(name)):
        raise ValueError(f"{source} is a run of {name!r:.90}, which is no name of an experiment")
