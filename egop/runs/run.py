"""A run is a folder: config, artifacts, result. Killing the process loses one chunk at most.

    runs/digits-2025-03-01-1f9c2e/
        config.json     what is run, by which versions, on which device, in which grouping
        pieces/*.npz    artifacts of finished tasks; *.part.npz is where an unfinished one got to
        pieces/bulky/   intermediates such as eigenbases, until the result is written
        live/           what unfinished tasks show (egop/runs/live_output.py)
        result.nc       the labelled result (netCDF), once everything is finished

States: a folder with config.json is a run; with result.nc it is finished. Who may write: one
process holds the lock and writes config.json and result.nc; workers write artifacts, each whole or
not at all. Guarantee: an artifact that is there is never computed again, so that a run that is
resumed ends in the same numbers.
"""

import errno
import os
import secrets
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.runs.atomic import delete_leftovers, new_folder, replacing
from egop.runs.bounded_json import write_json
from egop.runs.done import Arrays, Done
from egop.runs.error_sentence import unreadable
from egop.runs.live_output import LiveOutput
from egop.runs.locking import lock, unlock
from egop.runs.manifest import CONFIG, FORMAT, read_manifest, versions

if TYPE_CHECKING:
    from egop.networks.data import Dataset

RESULT = "result.nc"
INTERMEDIATE = "bulky/"
"""Begins the keys of large artifacts that nobody needs once the result is written."""


class Run(Done):
    """A run with its manifest and its artifacts.

    Attributes:
        folder: None keeps nothing on disk.
        live: what others see of it while it is carried out.

    Args:
        folder: of the run.
        manifest: the contents of config.json.
        locked: whether it is this process's, which alone writes config.json until `close`.
    """

    def __init__(self, folder: Path | None, manifest: dict[str, Any], *, locked: bool = True):
        super().__init__(manifest)
        self.folder = folder
        self.live = LiveOutput(folder)
        self._data: dict[str, Dataset] = {}
        self._unwritten: dict[str, Arrays] = {}
        self._locked = locked
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
            (building / "pieces" / INTERMEDIATE).mkdir(parents=True)
            write_json(building / CONFIG, manifest)
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
        try:
            (folder / "pieces" / INTERMEDIATE).mkdir(parents=True, exist_ok=True)
            delete_leftovers(folder / "pieces", older_than=0)  # only this run writes there
            delete_leftovers(folder)
            if run.manifest["versions"] != versions():
                resumed = run.manifest.setdefault("resumed", [])
                resumed.append({"versions": versions(), "at": _now()})
                run._write_manifest()
        except BaseException:
            run.close()
            raise
        return run

    def close(self) -> None:
        """Lets other processes write to the folder."""
        unlock(self._lock)
        self._lock = None

    def record_once(self, key: str, decide: Callable[[], Any]) -> Any:
        """Does what `Done.record_once` says; the process that holds the lock writes it down."""
        decided = super().recorded(key)
        value = super().record_once(key, decide)
        if not decided:
            self._write_manifest()
        return value

    def require_data(self, name: str, fingerprint: str, note: str = "") -> None:
        """Notes the data that the run uses; when it is resumed they must be the same.

        Raises:
            ValueError: the run was begun with other data.
        """
        data = {"name": name, "fingerprint": fingerprint, "note": note}
        begun = self.record_once(f"data {name}", lambda: data)
        if begun["fingerprint"] != fingerprint:
            raise ValueError(
                f"{self.folder} was begun with other data: {name} has the fingerprint "
                f"{fingerprint[:12]} now and had {begun['fingerprint'][:12]} then; bring those "
                "data back or start a new run"
            )

    def data(self, name: str) -> "Dataset":
        """A data set, loaded once in this process; that of the run when it was begun.

        Raises:
            ValueError: the run was begun with other data, or files are damaged or missing.
        """
        if name not in self._data:
            from egop.networks.data import load

            found = load(name)
            self.require_data(name, found.fingerprint, found.note)
            self._data[name] = found
        return self._data[name]

    def __contains__(self, key: str) -> bool:
        """True if an artifact is finished."""
        return key in self._unwritten if self.folder is None else self._path(key, False).exists()

    def finished_keys(self) -> list[str]:
        """The keys of all finished artifacts but the intermediates."""
        if self.folder is None:
            return [key for key in self._unwritten if not key.startswith(INTERMEDIATE)]
        names = [path.name for path in sorted((self.folder / "pieces").glob("*.npz"))]
        return [name[:-4] for name in names if not name.endswith(".part.npz")]

    def get(self, key: str, part: bool = False) -> Arrays | None:
        """A finished artifact, or (part=True) where an unfinished one got to; None where none is.

        Raises:
            ValueError: its file is incomplete or altered.
            OSError: its file cannot be read now.
        """
        if self.folder is None:
            return None if part else self._unwritten.get(key)
        if not (path := self._path(key, part)).exists():
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

    def keep(self, key: str, arrays: Mapping[str, Any], part: bool = False) -> None:
        """Writes an artifact, whole or not at all; a finished one takes the place of its part."""
        if self.folder is None:
            if not part:
                self._unwritten[key] = {name: np.asarray(each) for name, each in arrays.items()}
            return
        with replacing(self._path(key, part)) as path, path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        if not part:
            self._path(key, part=True).unlink(missing_ok=True)
            self.live.forget(key)

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

    def discard_intermediates(self) -> None:
        """Deletes the intermediates."""
        if self.folder is not None:
            for path in (self.folder / "pieces" / INTERMEDIATE).iterdir():
                path.unlink(missing_ok=True)
        for key in [key for key in self._unwritten if key.startswith(INTERMEDIATE)]:
            del self._unwritten[key]

    def _path(self, key: str, part: bool) -> Path:
        assert self.folder is not None
        return self.folder / "pieces" / (key + (".part.npz" if part else ".npz"))

    def _write_manifest(self) -> None:
        if self.folder is not None and self._locked:
            write_json(self.folder / CONFIG, self.manifest)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_name(experiment: str) -> str:
    """The name of a new run's folder: EXPERIMENT-DATE-id."""
    return f"{experiment}-{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"


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
