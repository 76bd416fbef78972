"""Runs and results from elsewhere, checked and copied; nothing of them is trusted or changed.

A result is not copied as it is: another process reads it within limits
(`egop/runs/limited_reading.py`), and what came back, arrays and texts, is written anew. So whoever
opens, downloads or resumes the run later meets bytes that this egop wrote, and nothing that a file
may hide. Pieces are kept as they are: they are plain arrays, and were read to the end by then.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.extras import needed
from egop.runs.bounded_json import write_json
from egop.runs.locking import is_locked
from egop.runs.manifest import CONFIG, FORMAT, read_manifest
from egop.runs.netcdf_sentences import engine_of
from egop.runs.run import RESULT
from egop.runs.run_info import LABEL, check_label, read_label

if TYPE_CHECKING:
    import xarray as xr


def copy_run(source: Path, folder: Path, called: str = "") -> None:
    """Copies a run's folder, or a result.nc as a finished run, into a folder that is made.

    Only what egop writes is copied: links are left out, and who asked for the run.

    Args:
        source: the folder or the file.
        folder: to be made.
        called: what sentences call a file; "": by its path.

    Raises:
        FileNotFoundError: there is neither.
        ValueError: it is damaged, beyond the limits, of another version, or none of egop.
        OSError: somebody is writing to it, or the copy cannot be written.
    """
    called = called or str(source)
    copy = _copy_folder if source.is_dir() else _copy_result
    try:
        (folder / "pieces" / "bulky").mkdir(parents=True)
        copy(source, folder, called)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno is None:  # a sentence
            raise
        raise OSError(f"{called} cannot be copied to {folder.parent} ({error.strerror})") from None


def _copy_folder(source: Path, folder: Path, called: str) -> None:
    with needed("egop.experiments", extra="networks"):
        from egop.runs.limited_reading import check_arrays
    manifest = read_manifest(source)
    if is_locked(source):
        raise OSError(f"{source} is being written to; wait until that run is finished, or end it")
    write_json(folder / CONFIG, manifest)
    for path in _pieces(source):
        copied = folder / path.relative_to(source)
        shutil.copyfile(path, copied)
        try:
            check_arrays(copied)
        except ValueError:
            raise ValueError(
                f"{path} is incomplete or altered; copy the run again, or move this one file away: "
                "it is computed again"
            ) from None
    result = source / RESULT
    if result.is_file() and not result.is_symlink():
        _write_result(_load(result, str(result)), folder, str(result))
    if not (source / LABEL).is_symlink():
        _write_label(folder, read_label(source))


def _copy_result(source: Path, folder: Path, called: str) -> None:
    """A result, and a config.json from what it says of itself."""
    with needed("egop.experiments", extra="networks"):
        from egop.runs.plain_netcdf import TITLE
    result = _load(source, called)
    title = result.attrs.get(TITLE, "")
    attributes = _write_result(result, folder, called)
    manifest = {name: attributes[name] for name in ("experiment", "device", "threads", "created")}
    parts = {name: json.loads(attributes[name]) for name in ("config", "versions")}
    manifest["created"] = min(manifest["created"], datetime.now(UTC).isoformat(timespec="seconds"))
    write_json(folder / CONFIG, {"format": FORMAT, **manifest, **parts})
    _write_label(folder, title)


def _write_result(result: "xr.Dataset", folder: Path, called: str) -> dict[str, Any]:
    """Writes a result with those of its attributes that egop writes, and returns these."""
    import xarray as xr

    from egop.runs.results import checked_attributes, write

    try:
        attributes = checked_attributes(result.attrs)
    except ValueError as error:
        raise ValueError(
            f"{called} does not say how it was made, so egop cannot keep it: {error}"
        ) from None
    plain = {name: (each.dims, each.to_numpy()) for name, each in result.variables.items()}
    write(xr.Dataset(attrs=attributes).assign(plain), folder)
    return attributes


def _write_label(folder: Path, label: Any) -> None:
    """Writes what people call a run; nothing where that is nothing, or no label."""
    try:
        label = check_label(label)
    except ValueError:
        return
    if label:
        write_json(folder / LABEL, label, ensure_ascii=False)


def _pieces(source: Path) -> Iterator[Path]:
    """The pieces of a run that are neither links nor in a folder that is one."""
    pieces = source / "pieces"
    for folder in [pieces, pieces / "bulky"] if not pieces.is_symlink() else []:
        if folder.is_dir() and not folder.is_symlink():
            for path in sorted(folder.glob("*.npz")):
                if path.is_file() and not path.is_symlink():
                    yield path


def _load(path: Path, called: str) -> "xr.Dataset":
    """A result, read within limits.

    Raises:
        ValueError: it is damaged, beyond the limits, no result, or netCDF-3.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs.limited_reading import load
    try:
        if engine_of(path) != "h5netcdf":
            raise ValueError(
                f"{called} is a netCDF-3 file, and a run is kept as netCDF-4; write it again by "
                'xarray: xr.load_dataset(file).to_netcdf(new, engine="h5netcdf")'
            )
        return load(path, added=True)
    except (ValueError, OSError) as error:
        raise type(error)(str(error).replace(str(path), called)) from None
