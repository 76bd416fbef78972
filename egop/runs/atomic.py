"""Files and folders that are there whole or not at all, whatever happens meanwhile."""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".tmp"
"""Ending of a file that is being written; after a crash it can be deleted."""

ABANDONED = 60.0
"""Seconds after which a folder that was being made belongs to a process that died."""
LEFT_OVER = re.compile(r".+\.(npz|json|nc|task)(\.[0-9a-f]{8})?\.tmp")
"""Names of files of a run that are being written."""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A path to a folder to fill; it becomes `folder`, which may be there if empty, at the end.

    Until then its name begins with a dot. If the block raises it is deleted; if the process is
    killed, by the next that makes a folder beside it.

    Raises:
        OSError: it cannot be made, or the disk is full, in one sentence.
    """
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _delete_abandoned(folder.parent)
        building.mkdir()
    except OSError as error:
        raise OSError(f"{folder} cannot be made ({error.strerror}); give another out") from None
    try:
        yield building
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _delete_abandoned(parent: Path) -> None:
    """Deletes folders that processes were making when they died."""
    for path in parent.glob(f".*{UNFINISHED}"):
        with suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > ABANDONED:
                shutil.rmtree(path)


def delete_leftovers(folder: Path, older_than: float = ABANDONED) -> None:
    """Deletes the files in a folder, and in its folders, that processes wrote when they died.

    What a living process writes is younger.

    Args:
        folder: links in it are not followed.
        older_than: seconds since a file was written to.
    """
    for where, _, names in os.walk(folder):
        for path in (Path(where) / name for name in names if LEFT_OVER.fullmatch(name)):
            with suppress(OSError):
                if time.time() - path.lstat().st_mtime >= older_than:
                    path.unlink()


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """A path to write to; what was written takes the place of `path` when the block ends.

    If the block raises, or the process is killed in it, the former `path` stays as it was. Several
    processes may write the same file: one of them is the last.

    Args:
        path: the file.
        lasting: whether it must outlive a power cut.

    Raises:
        OSError: the disk is full or the folder cannot be written, in one sentence.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        yield temporary
        if lasting:
            _flush(temporary)
        temporary.replace(path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):  # of a folder that can no longer be written
            temporary.unlink()


def _flush(path: Path) -> None:
    """Waits until the disk has the file, so that a power cut cannot leave an empty one."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _explained(error: OSError, path: Path) -> OSError:
    if error.errno == errno.ENOSPC or "No space left" in str(error):
        return OSError(
            f"the disk that holds {path.parent} is full, so {path.name} was not written and what "
            "was there before is kept; free some space and resume the run"
        )
    return OSError(f"{path} cannot be written ({error.strerror or error}); check its folder")
