"""A run is a folder: config, finished pieces, result. Killing the process loses one chunk at most.

    runs/digits-2025-03-01-1f9c2e/
        config.json     what is run, by which versions, on which device, in which grouping
        pieces/*.npz    what is finished; *.part.npz is where an unfinished piece got to
        pieces/bulky/   eigenbases, until the result is written
        live/           what unfinished pieces show (egop/runs/live_output.py)
        result.nc       the labelled result (netCDF), once everything is finished

An experiment is a function that asks for its pieces by name, `run.piece(name, compute)`, or for
several that do not need each other, `run.pieces({name: compute, …})`. When it is resumed, the
finished ones are read instead of computed, so it goes the same way to the same numbers. Who makes
the missing ones is up to `run.make`: this process, or the workers of a cluster.
"""

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from egop.runs.atomic import delete_leftovers, new_folder, replacing
from egop.runs.cancelled import Cancelled
from egop.runs.live_output import LiveOutput
from egop.runs.locking import lock, unlock
from egop.runs.manifest import CONFIG, FORMAT, read_manifest, versions
from egop.runs.unreadable import unreadable

RESULT = "result.nc"
BULKY = "bulky/"
"""Begins the names of large pieces that nobody needs once the result is written."""

Arrays = Mapping[str, np.ndarray]
Compute = Callable[[], Arrays]
"""Makes a piece."""


class Run:
    """What an experiment knows about its run, and where it keeps what it has finished.

    Attributes:
        folder: None keeps nothing.
        manifest: the contents of config.json.
        tell: called with the share that is done, from 0 to 1, and what is done now.
        make: called with the missing ones of some pieces; makes, keeps and returns them.
        side_by_side: how many pieces `make` computes at the same time.
        stopping: whether the run was asked to stop.
        showing: what others see of it while it is carried out.

    Args:
        folder: of the run.
        manifest: the contents of config.json.
        locked: whether nobody else may write to the folder until `close`.
    """

    def __init__(self, folder: Path | None, manifest: dict[str, Any], *, locked: bool = True):
        self.folder = folder
        self.manifest = manifest
        self.tell: Callable[[float, str], None] = lambda share, words: None
        self.make: Callable[[Mapping[str, Compute]], Mapping[str, Arrays]] = self.make_here
        self.side_by_side = 1
        self.stopping: Callable[[], bool] = lambda: False
        self.showing = LiveOutput(folder)
        self._unwritten: dict[str, Arrays] = {}
        self._lock = lock(folder) if folder is not None and locked else None

    @classmethod
    def create(cls, folder: Path | None, manifest: dict[str, Any]) -> "Run":
        """A new run in a folder that must not hold one yet; a process that dies leaves none.

        Raises:
            FileExistsError: the folder is not empty.
            OSError: it cannot be written.
        """
        manifest = {"format": FORMAT, **manifest, "versions": versions(), "created": _now()}
        if folder is None:
            return cls(None, manifest)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileExistsError(
                f"a new run takes a folder that is empty or not there yet, got {folder}; "
                f"continue the run in it by egop resume {folder}"
            )
        with new_folder(folder) as building:
            (building / "pieces" / BULKY).mkdir(parents=True)
            _write_manifest(building, manifest)
        return cls(folder, manifest)

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """The run in a folder, to be continued.

        Raises:
            FileNotFoundError: there is no run.
            ValueError: config.json is damaged or of another format.
            OSError: another process is writing to it.
        """
        folder = Path(folder)
        run = cls(folder, read_manifest(folder))
        (folder / "pieces" / BULKY).mkdir(parents=True, exist_ok=True)
        delete_leftovers(folder / "pieces", older_than=0)  # only this run writes there
        delete_leftovers(folder)
        if run.manifest["versions"] != versions():
            run.manifest.setdefault("resumed", []).append({"versions": versions(), "at": _now()})
            run._write_manifest()
        return run

    def close(self) -> None:
        """Lets other processes write to the folder."""
        unlock(self._lock)
        self._lock = None

    @property
    def device(self) -> str:
        """Where it runs, "cpu" or "cuda"."""
        return self.manifest["device"]

    def settle(self, key: str, decide: Callable[[], Any]) -> Any:
        """What was decided under this key when the run first came here; JSON, written down."""
        if key not in self.manifest:
            self.manifest[key] = json.loads(json.dumps(decide()))
            self._write_manifest()
        return self.manifest[key]

    def require_data(self, name: str, fingerprint: str, note: str = "") -> None:
        """Notes the data that the run uses; when it is resumed they must be the same.

        Raises:
            ValueError: the run was begun with other data.
        """
        data = {"name": name, "fingerprint": fingerprint, "note": note}
        begun = self.settle(f"data {name}", lambda: data)
        if begun["fingerprint"] != fingerprint:
            raise ValueError(
                f"{self.folder} was begun with other data: {name} has the fingerprint "
                f"{fingerprint[:12]} now and had {begun['fingerprint'][:12]} then; bring those "
                "data back or start a new run"
            )

    def piece(self, name: str, compute: Compute) -> Arrays:
        """The arrays of a piece: read if it is finished, computed and kept otherwise."""
        return self.pieces({name: compute})[name]

    def pieces(self, table: Mapping[str, Compute]) -> dict[str, Arrays]:
        """The arrays of several pieces that do not need each other, in the order of the table.

        Here the missing ones are computed one after another, on a cluster side by side.

        Raises:
            Cancelled: the run was asked to stop.
        """
        found = {name: self.read(name) for name in table}
        missing = {name: table[name] for name, arrays in found.items() if arrays is None}
        made = self.make(missing) if missing else {}
        known = {name: made[name] if arrays is None else arrays for name, arrays in found.items()}
        return dict(known)

    def make_here(self, missing: Mapping[str, Compute]) -> dict[str, Arrays]:
        """Missing pieces, computed one after another by this process and kept."""
        made = {}
        for name, compute in missing.items():
            self.heed()
            made[name] = compute()
            self.keep(name, made[name])
        return made

    def heed(self) -> None:
        """Raises Cancelled if the run was asked to stop; called between steps of long work."""
        if self.stopping():
            raise Cancelled

    def show(self, name: str, arrays: Arrays | Callable[[], Arrays], *, now: bool = False) -> None:
        """Lets others see what an unfinished piece measured so far, a few times a second at most.

        Args:
            name: of the piece.
            arrays: small ones, or a function that makes them when it is time.
            now: whether it is time in any case.
        """
        self.showing.arrays(name, arrays if callable(arrays) else lambda: arrays, now=now)

    def read(self, name: str, part: bool = False) -> Arrays | None:
        """A finished piece, or (part=True) where an unfinished one got to; None when not there.

        Raises:
            ValueError: its file is incomplete or altered.
            OSError: its file cannot be read now.
        """
        if self.folder is None:
            return None if part else self._unwritten.get(name)
        if not (path := self._path(name, part)).exists():
            return None
        try:
            return load_arrays(path)
        except OSError as error:
            raise unreadable(path, error) from None
        except (ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile):
            raise ValueError(
                f"{path} is incomplete or altered; move this one file away and resume, and it is "
                "computed again"
            ) from None

    def keep(self, name: str, arrays: Arrays, part: bool = False) -> None:
        """Writes a piece, whole or not at all; a finished one takes the place of its part."""
        if self.folder is None:
            if not part:
                self._unwritten[name] = arrays
            return
        with replacing(self._path(name, part)) as path, path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        if not part:
            self._path(name, part=True).unlink(missing_ok=True)
            self.showing.forget(name)

    @property
    def is_untouched(self) -> bool:
        """True if nothing has been computed yet, not even in part."""
        if self.folder is None:
            return not self._unwritten
        return not any(path.is_file() for path in (self.folder / "pieces").rglob("*"))

    def discard(self) -> None:
        """Deletes the run with its folder, and lets others write there."""
        self.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def discard_bulky(self) -> None:
        """Deletes the bulky pieces."""
        if self.folder is not None:
            for path in (self.folder / "pieces" / BULKY).iterdir():
                path.unlink(missing_ok=True)
        for name in [name for name in self._unwritten if name.startswith(BULKY)]:
            del self._unwritten[name]

    def _path(self, name: str, part: bool) -> Path:
        assert self.folder is not None
        return self.folder / "pieces" / (name + (".part.npz" if part else ".npz"))

    def _write_manifest(self) -> None:
        if self.folder is not None:
            _write_manifest(self.folder, self.manifest)


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    with replacing(folder / CONFIG) as path:
        path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def load_arrays(path: Path) -> Arrays:
    """The arrays of a file, read anew when Python stumbles over its own threads.

    Reading parses a header, which in Python 3.11.7 and before fails now and then while another
    thread parses something as well (CPython issue 106905).

    Raises:
        OSError, ValueError, EOFError, KeyError, AttributeError, BadZipFile: it is damaged.
    """
    for _ in range(5):
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except SystemError:
            continue
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), str(path))
