"""Data files from the network: pinned sums, several mirrors, resumed and put in place at once."""

import errno
import hashlib
import os
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from egop.methods.spelling import nearest
from egop.networks.sources import COLLECTIONS, Collection, PinnedFile
from egop.networks.transfer import TransferError, WrongBytesError, size, transfer

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and the bytes it has in all."""


class DataError(RuntimeError):
    """A data set that cannot be used or had, in one sentence with a way out."""


def data_folder() -> Path:
    """The folder that holds the data sets: EGOP_DATA, or the platform's folder for caches."""
    if given := os.environ.get("EGOP_DATA"):
        return Path(given).expanduser()
    if sys.platform == "darwin":
        return Path("~/Library/Caches/egop").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local").expanduser() / "egop"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "egop" / "data"


def collection(name: str) -> Collection:
    """The collection of a data set's name.

    Raises:
        DataError: there is none of this name.
    """
    if name not in COLLECTIONS:
        raise DataError(f"there is no data set {name!r}: {nearest(name, COLLECTIONS)}")
    return COLLECTIONS[name]


def missing(data: Collection, folder: Path | None = None) -> list[str]:
    """The names of the files of a data set that are not there."""
    home = (folder or data_folder()) / data.folder
    return [file.name for file in data.files if not (home / file.name).is_file()]


def read(data: Collection, folder: Path | None = None) -> dict[str, bytes]:
    """The bytes of each file of a data set, every one compared with its pinned sum.

    Raises:
        DataError: a file is missing, unreadable, truncated or altered.
    """
    home = (folder or data_folder()) / data.folder
    contents = {}
    for file in data.files:
        path = home / file.name
        try:
            contents[file.name] = path.read_bytes()
        except FileNotFoundError:
            raise DataError(f"{path} is missing: run egop data fetch {data.name}") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        if found := difference(file, contents[file.name]):
            raise DataError(f"{path} is {found}: run egop data fetch {data.name} to replace it")
    return contents


def difference(file: PinnedFile, content: bytes) -> str | None:
    """How bytes differ from the pinned file, with the sums expected and got; None if they agree."""
    found = hashlib.sha256(content).hexdigest()
    if found == file.sha256:
        return None
    sums = f"SHA-256 expected {file.sha256}, got {found}"
    if len(content) < file.n_bytes:
        return f"truncated ({len(content)} of {file.n_bytes} bytes, {sums})"
    return f"altered ({sums})"


def fetch(
    data: Collection, folder: Path | None = None, progress: Progress = lambda *_: None
) -> list[Path]:
    """The paths of a data set's files, downloaded where they are missing or not as pinned.

    A file is moved to its place only when it is whole and has its pinned SHA-256; until then what
    came so far lies beside it as `….part`, and the next call goes on from there. A bad file stays
    until a good one replaces it.

    Args:
        data: what to fetch.
        folder: holds the data sets; None: `data_folder()`.
        progress: is told how far each file is.

    Raises:
        DataError: no mirror gives a file, all give another one, or the folder cannot be written.
    """
    home = (folder or data_folder()) / data.folder
    try:
        home.mkdir(parents=True, exist_ok=True)
        for file in data.files:
            if _is_good(file, home / file.name):
                progress(file.name, file.n_bytes, file.n_bytes)
            else:
                _fetch_file(data, file, home, progress)
    except OSError as error:
        raise DataError(_unwritable(error, home, data)) from error
    return [home / file.name for file in data.files]


def _unwritable(error: OSError, home: Path, data: Collection) -> str:
    """The sentence about a folder that takes no more bytes."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        needed = sum(file.n_bytes for file in data.files) / 1e6
        return (
            f"the disk of {home} is full: make room ({needed:.0f} MB in all) or set EGOP_DATA to "
            f"another folder, and run egop data fetch {data.name} again; what came so far is kept"
        )
    return (
        f"{error.filename or home} cannot be written ({error.strerror}): set EGOP_DATA to a folder "
        "that can"
    )


def _is_good(file: PinnedFile, path: Path) -> bool:
    return path.is_file() and difference(file, path.read_bytes()) is None


def _fetch_file(data: Collection, file: PinnedFile, home: Path, progress: Progress) -> None:
    """Puts one file in its place, from the first mirror or archive that gives it as pinned."""
    reasons = []
    for mirror in data.mirrors:
        try:
            _from_mirror(file, mirror + file.name, home, progress)
            return
        except TransferError as error:
            reasons.append(f"{urlsplit(mirror).netloc}: {error}")
    for archive in data.archives:
        try:
            _from_archive(data, archive, home, progress)
            return
        except TransferError as error:
            reasons.append(f"{urlsplit(archive).netloc} (zip): {error}")
    raise DataError(
        f"{file.name} could not be downloaded ({'; '.join(reasons)}): check the network and run "
        f"egop data fetch {data.name} again, or put the file into {home} yourself"
    )


def _from_mirror(file: PinnedFile, address: str, home: Path, progress: Progress) -> None:
    part = home / f"{file.name}.part"

    def told(done: int, _: int | None) -> None:
        progress(file.name, done, file.n_bytes)

    def check() -> None:
        if found := difference(file, part.read_bytes()):
            raise WrongBytesError(f"what it sent is {found}")

    _transfer_and_check(address, part, told, check, file.n_bytes)
    part.replace(home / file.name)


def _from_archive(data: Collection, address: str, home: Path, progress: Progress) -> None:
    """Puts every file of a zip archive in its place."""
    part = home / f"{data.name}.zip.part"
    largest = 4 * sum(file.n_bytes for file in data.files)
    contents: dict[str, bytes] = {}

    def told(done: int, total: int | None) -> None:
        progress(f"{data.name}.zip", done, total or largest)

    def check() -> None:
        contents.update(_members(data.files, part))

    _transfer_and_check(address, part, told, check, largest)
    for name, content in contents.items():
        unpacked = home / f"{name}.part"
        unpacked.write_bytes(content)
        unpacked.replace(home / name)
        progress(name, len(content), len(content))
    part.unlink()


def _transfer_and_check(
    address: str,
    part: Path,
    progress: Callable[[int, int | None], None],
    check: Callable[[], None],
    largest: int,
) -> None:
    """Transfers until the check passes: again from the start if the bytes were an older part's.

    A part that fails its check is removed, so that nothing bad is ever resumed.
    """
    resumed = size(part) > 0
    try:
        transfer(address, part, progress, largest)
        check()
    except WrongBytesError:
        part.unlink(missing_ok=True)
        if not resumed:
            raise
        _transfer_and_check(address, part, progress, check, largest)


def _members(files: Iterable[PinnedFile], archive: Path) -> dict[str, bytes]:
    """The bytes of each pinned file in a zip archive."""
    try:
        with zipfile.ZipFile(archive) as opened:
            contents = {}
            for file in files:
                with opened.open(file.name) as member:
                    contents[file.name] = member.read(file.n_bytes + 1)
                if found := difference(file, contents[file.name]):
                    raise WrongBytesError(f"its {file.name} is {found}")
            return contents
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise WrongBytesError(f"what it sent is no zip file of this data set ({error})") from error
