"""Data files from the network: pinned sums, several mirrors, and only whole files put in place.

pooch writes what comes into a temporary file, compares its SHA-256 and moves it to its place. Added
here are the mirrors, the archive that holds several files, limits on a server that sends too much
or too slowly, and sentences for people.
"""

import errno
import hashlib
import os
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from egop.extras import needed
from egop.methods.spelling import nearest
from egop.networks.sources import COLLECTIONS, Collection, PinnedFile

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there and the bytes it has in all."""
TIMEOUT = 30.0
"""Seconds without an answer after which a server counts as gone."""
SLOWEST = 1000.0
"""Bytes a second; a server that sends fewer for longer than `TIMEOUT` is given up."""
CHUNK = 1 << 13


class DataError(RuntimeError):
    """A data set that cannot be used or had, in one sentence with a way out."""


class _TransferError(Exception):
    """The reason why an address gave no file."""


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
    """The way in which bytes differ from the pinned file, with both sums; None if they agree."""
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

    A file comes to its place only when it is whole and has its pinned SHA-256. A bad file stays
    until a good one replaces it.

    Args:
        data: what to fetch.
        folder: holds the data sets; None: `data_folder()`.
        progress: is told how far each file is; what it raises ends the download.

    Raises:
        DataError: no mirror gives a file, all give another one, or the folder cannot be written.
        ImportError: the packages of `egop[networks]` are not installed.
    """
    home = (folder or data_folder()) / data.folder
    paths = [home / file.name for file in data.files]
    try:
        home.mkdir(parents=True, exist_ok=True)
        for file, path in zip(data.files, paths, strict=True):
            if not path.is_file() or difference(file, path.read_bytes()):
                progress(file.name, 0, file.n_bytes)
                _fetch_file(data, file, home, progress)
            progress(file.name, file.n_bytes, file.n_bytes)
    except OSError as error:
        raise DataError(_unwritable(error, home, data)) from error
    return paths


def _fetch_file(data: Collection, file: PinnedFile, home: Path, progress: Progress) -> None:
    """Puts one file in its place, from the first mirror or archive that gives it as pinned."""
    reasons = []
    for address in [*(mirror + file.name for mirror in data.mirrors), *data.archives]:
        try:
            if address in data.archives:
                _take_archive(data, address, home, progress)
            else:
                _retrieve(address, home / file.name, file.sha256, file.n_bytes, progress)
            return
        except _TransferError as error:
            reasons.append(f"{urlsplit(address).netloc}: {error}")
    raise DataError(
        f"{file.name} could not be downloaded ({'; '.join(reasons)}): check the network and run "
        f"egop data fetch {data.name} again, or put the file into {home} yourself"
    )


def _take_archive(data: Collection, address: str, home: Path, progress: Progress) -> None:
    """Puts every file of a zip archive in its place; the archive has no sum, its members have."""
    with TemporaryDirectory(dir=home) as place:
        archive = Path(place) / f"{data.name}.zip"
        _retrieve(address, archive, None, 4 * sum(file.n_bytes for file in data.files), progress)
        unpacked = [Path(place) / file.name for file in data.files]
        try:
            with zipfile.ZipFile(archive) as opened:
                for file, path in zip(data.files, unpacked, strict=True):
                    with opened.open(file.name) as member:
                        path.write_bytes(member.read(file.n_bytes + 1))
                    if found := difference(file, path.read_bytes()):
                        raise _TransferError(f"its {file.name} is {found}")
        except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
            raise _TransferError(
                f"what it sent is no zip file of this data set ({error})"
            ) from error
        for path in unpacked:
            path.replace(home / path.name)


def _retrieve(
    address: str, path: Path, sha256: str | None, largest: int, progress: Progress
) -> None:
    """Downloads a file and puts it in its place.

    Raises:
        _TransferError: the server does not answer, or sends something else, too much or too slowly.
        OSError: the disk does not take it.
    """
    with needed("egop data fetch", extra="networks"):
        import pooch
        import requests

    def download(address: str, output: str, _: object) -> None:
        headers = {"User-Agent": "egop", "Accept-Encoding": "identity"}
        began = time.monotonic()
        with requests.get(address, stream=True, timeout=TIMEOUT, headers=headers) as response:
            response.raise_for_status()
            total = response.raw.length_remaining or largest
            with Path(output).open("wb") as file:
                for block in response.iter_content(CHUNK):
                    file.write(block)
                    done, elapsed = file.tell(), time.monotonic() - began
                    if done > largest:
                        raise _TransferError(f"it sends more than the {largest} bytes expected")
                    if elapsed > TIMEOUT and done < SLOWEST * elapsed:
                        raise _TransferError(f"it sent {done} bytes in {elapsed:.0f} s")
                    progress(path.name, done, total)

    pooch.get_logger().setLevel("WARNING")
    known_hash = sha256 and f"sha256:{sha256}"
    try:
        downloader: Any = download  # pooch's type of it has other names of arguments
        pooch.retrieve(address, known_hash, path.name, path.parent, downloader=downloader)
    except requests.RequestException as error:
        raise _TransferError(_reason(error)) from error
    except ValueError as error:
        raise _TransferError(f"what it sent has another SHA-256 than {sha256}") from error


def _reason(error: Exception) -> str:
    """The words of what was first wrong, without those of the libraries in between."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}"
    first: BaseException = error
    while (inner := first.__cause__ or first.__context__) is not None:
        first = inner
    return str(getattr(first, "strerror", None) or first) or type(first).__name__


def _unwritable(error: OSError, home: Path, data: Collection) -> str:
    """The sentence about a folder that takes no more bytes."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        size = sum(file.n_bytes for file in data.files) / 1e6
        return (
            f"the disk of {home} is full: make room ({size:.0f} MB in all) or set EGOP_DATA to "
            f"another folder, and run egop data fetch {data.name} again"
        )
    return (
        f"{error.filename or home} cannot be written ({error.strerror}): set EGOP_DATA to a folder "
        "that can"
    )
