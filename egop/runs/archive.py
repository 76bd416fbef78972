"""The folder that holds everybody's runs: what is in it, by name, and nothing outside it.

runs/
digits-2025-03-01-1f9c2e/   a run (egop/runs/run.py), and besides
job.json                how it stands, where it was asked for in the browser
label.json              what people call it
added                   empty; only in a run that was copied from elsewhere
owner                   whose it is, where it was begun or added in a browser
.lock                   held by who writes to it
.deleted/                   what was deleted and can still be brought back
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from egop.extras import needed
from egop.runs.importing import copy_run
from egop.runs.locking import lock, unlock
from egop.runs.manifest import read_manifest
from egop.runs.ownership import Visitor
from egop.runs.run import RESULT
from egop.runs.run_info import (
    ADDED,
    RunInfo,
    check_label,
    read_entry,
    size_of,
    write_label,
)
from egop.runs.run_listing import RunListing
from egop.runs.trash import Trash


def runs_folder() -> Path:
    """The folder that holds the runs: EGOP_RUNS, or runs/."""
    return Path(os.environ.get("EGOP_RUNS") or "runs").expanduser()


def without_server_paths(sentence: str, folder: Path) -> str:
    """A sentence whose paths begin at the folder of runs: visitors of a server may read it."""
    for each in {folder, folder.absolute(), folder.resolve()}:
        sentence = sentence.replace(f"{each}{os.sep}", f"{folder.name}{os.sep}")
        if each.is_absolute():
            sentence = sentence.replace(f"{each} ", f"{folder.name} ")
    return sentence


class Archive:
    """The runs in a folder, which need not be there yet.

    Args:
        folder: that holds them; None: `runs_folder()`.
    """

    def __init__(self, folder: str | Path | None = None):
        self.folder = Path(runs_folder() if folder is None else folder)
        self._deleted = Trash(self.folder)
        self._listing = RunListing()

    def entries(self) -> list[RunInfo]:
        """Every folder of the archive, the newest first; the damaged and foreign ones too."""
        return self._listing.read(self.folders())

    def path(self, name: str) -> Path:
        """The folder of the run of this name, which need not be there.

        Raises:
            ValueError: the name is none of a folder directly in the archive.
        """
        if not _is_name(name) or not self._is_inside(self.folder / name):
            raise ValueError(f"a run is named by its folder in {self.folder}, got {name!r:.90}")
        return self.folder / name

    def entry(self, name: str) -> RunInfo:
        """The state of the folder of this name.

        Raises:
            ValueError: as `path`.
            FileNotFoundError: it is not there, or not any more.
        """
        return read_entry(self.existing(name))

    def rename(self, name: str, label: str) -> None:
        """Gives a run a label; an empty one gives it back the name of its folder.

        Raises:
            ValueError: as `path`; or the label is too long or has control characters.
            FileNotFoundError: the run is not there any more.
            OSError: the folder cannot be written.
        """
        folder, label = self.existing(name), check_label(label)
        try:
            write_label(folder, label)
        except OSError:
            if not folder.is_dir():
                raise self._gone(name) from None
            raise

    def delete(self, name: str) -> str:
        """Moves a run out of sight; returns what `restore` takes to bring it back.

        Raises:
            ValueError: as `path`.
            FileNotFoundError: the run is not there any more.
            OSError: somebody is writing to it, or the archive cannot be written.
        """
        folder = self.existing(name)
        held, token = None, ""
        try:
            with self._written():
                held = lock(folder)
                token = self._deleted.make()
                folder.rename(self._deleted.place(token) / name)
        except OSError as error:
            if token:
                with suppress(OSError):  # nothing came into it
                    self._deleted.place(token).rmdir()
            if isinstance(error, FileNotFoundError):
                raise self._gone(name) from None
            if isinstance(error, BlockingIOError):
                sentence = f"{name} waits or is carried out; cancel it, then delete it"
                raise OSError(sentence) from None
            raise
        finally:
            unlock(held)
        return token

    def restore(self, token: str) -> str:
        """Brings a deleted run back; returns its name.

        Raises:
            ValueError: no such token.
            FileNotFoundError: it is not there to be brought back any more.
            FileExistsError: there is another run of its name.
        """
        deleted = self._deleted.run(token)
        folder = self.path(deleted.name)
        if folder.exists():
            raise FileExistsError(f"there is another run {folder.name!r} in {self.folder} by now")
        with self._written():
            deleted.rename(folder)
        self._deleted.discard(token)
        return folder.name

    def deleted_run(self, token: str) -> Path:
        """The folder of a deleted run; raises what `restore` does of its token."""
        return self._deleted.run(token)

    def empty(self, older_than: float = 0.0) -> int:
        """Removes for good what was deleted more than so many seconds ago; returns its bytes."""
        return self._deleted.empty(older_than)

    def netcdf(self, name: str) -> Path:
        """The file of the result.

        Raises:
            ValueError: as `path`; or it is a link, which may lead anywhere.
            FileNotFoundError: the run is not there any more, or not finished.
        """
        path = self.existing(name) / RESULT
        if path.is_symlink():
            raise ValueError(f"{path} is a link, and results are files; put the file in its place")
        if not path.is_file():
            raise FileNotFoundError(f"{name} is not finished, so it has no result yet")
        return path

    def csv(self, name: str) -> bytes:
        """The result as a long table, described in `egop.runs.tables.long_table`.

        Raises:
            ValueError: as `netcdf`; or the result is damaged.
            FileNotFoundError: the run is not there any more, or not finished.
        """
        path = self.netcdf(name)
        with needed("egop.experiments", extra="networks"):
            from egop.runs.limited_reading import long_table
        return long_table(path)

    def import_run(self, path: str | Path, called: str = "", visitor: Visitor | None = None) -> str:
        """The name of a run that is copied into the archive, from its folder or a result.nc.

        Args:
            path: of the folder or the file.
            called: what sentences call a file; "": by its path.
            visitor: whose it is from now on; None: nobody's.

        Raises:
            FileNotFoundError: there is neither.
            ValueError: it is damaged, of another version, or none of egop.
            OSError: somebody is writing to it, or the archive cannot be written.
        """
        source = Path(path).expanduser()
        with self._written():
            token = self._deleted.make()
        try:
            copied = self._deleted.place(token) / "run"
            copy_run(source, copied, called)
            experiment = read_manifest(copied)["experiment"]
            name = source.name if source.is_dir() and self._is_free(source.name) else ""
            name = name or f"{experiment}-{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"
            (copied / ADDED).touch()
            if visitor is not None:
                visitor.own(copied)
            copied.rename(copied.with_name(name))
            return self.restore(token)
        finally:
            self._deleted.discard(token)

    def added_bytes(self) -> int:
        """Returns the bytes of the runs that were copied from elsewhere, deleted ones included."""
        folders = [*self.folders(), *self._deleted.runs()]
        return sum(size_of(each) for each in folders if (each / ADDED).is_file())

    def folders(self) -> Iterator[Path]:
        """Every folder of the archive, in no order."""
        try:
            children = list(self.folder.iterdir())
        except OSError:
            return
        for child in children:
            if not child.name.startswith(".") and child.is_dir():
                yield child

    def existing(self, name: str) -> Path:
        """The folder of the run of this name.

        Raises:
            ValueError: as `path`.
            FileNotFoundError: it is not there, or not any more.
        """
        folder = self.path(name)
        if not folder.is_dir():
            raise self._gone(name)
        return folder

    def _gone(self, name: str) -> FileNotFoundError:
        return FileNotFoundError(
            f"there is no run {name!r} in {self.folder} any more; it may have been deleted"
        )

    def _is_inside(self, path: Path) -> bool:
        """True if a path leads to a place directly in the archive, links followed."""
        try:
            return path.resolve().parent == self.folder.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False

    def _is_free(self, name: str) -> bool:
        try:
            return not self.path(name).exists()
        except ValueError:
            return False

    @contextmanager
    def _written(self) -> Iterator[None]:
        """A context in which the archive is changed; what the system says becomes a sentence."""
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno is None:  # a sentence
                raise
            raise OSError(
                f"{self.folder} cannot be written ({error.strerror}); check its disk and who may "
                "write to it"
            ) from None


def _is_name(name: object) -> bool:
    """True if a text can be the name of a run's folder."""
    return (
        isinstance(name, str)
        and name == Path(name).name
        and not name.startswith(".")
        and not any(each in name for each in "\\:")
        and name.isprintable()
    )
