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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from egop.runs.importing import copy_run
from egop.runs.locking import lock, unlock
from egop.runs.manifest import read_manifest
from egop.runs.ownership import Visitor
from egop.runs.run import RESULT, new_name
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

    Attributes:
        trash: the deleted ones.

    Args:
        folder: that holds them; None: `runs_folder()`.
    """

    def __init__(self, folder: str | Path | None = None):
        self.folder = Path(runs_folder() if folder is None else folder)
        self.trash = Trash(self.folder)
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
        folder, held = self.existing(name), None
        with self._written():
            try:
                held = lock(folder)
                return self.trash.take(folder)
            except FileNotFoundError:
                raise self._gone(name) from None
            except BlockingIOError:
                sentence = f"{name} waits or is carried out; cancel it, then delete it"
                raise OSError(sentence) from None
            finally:
                unlock(held)

    def restore(self, token: str) -> str:
        """Brings a deleted run back; returns its name.

        Raises:
            ValueError: no such token.
            FileNotFoundError: it is not there to be brought back any more.
            FileExistsError: there is another run of its name.
        """
        deleted = self.trash.run(token)
        folder = self.path(deleted.name)
        if folder.exists():
            raise FileExistsError(f"there is another run {folder.name!r} in {self.folder} by now")
        with self._written():
            deleted.rename(folder)
        self.trash.discard(token)
        return folder.name

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
            token = self.trash.make()
        try:
            copied = self.trash.place(token) / "run"
            copy_run(source, copied, called)
            name = source.name
            if source.is_file() or not _is_name(name) or os.path.lexists(self.folder / name):
                name = new_name(read_manifest(copied)["experiment"])
            (copied / ADDED).touch()
            if visitor is not None:
                visitor.own(copied)
            copied.rename(copied.with_name(name))
            return self.restore(token)
        finally:
            self.trash.discard(token)

    def added_bytes(self) -> int:
        """Returns the bytes of the runs that were copied from elsewhere, deleted ones included."""
        folders = [*self.folders(), *self.trash.runs()]
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
