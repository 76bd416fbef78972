"""Space for files that visitors add: on the disk, and in the archive that keeps them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from egop.admission import refused
from egop.limits import HOUR, limits

if TYPE_CHECKING:
    from egop.runs.archive import Archive

SHARE, LEAST, MOST = 1 / 20, 1_000_000_000, 20_000_000_000
"""The part of a disk that stays free: a share, and bytes at least and at most."""
DISK_FULL = (
    "the server's disk is nearly full; delete runs that nobody needs, which makes room after an "
    "hour, or try again later"
)
FILE_TOO_LARGE = (
    "the server's disk has no room for a file of {megabytes:,.1f} MB; try a smaller one, or again "
    "later"
)
ARCHIVE_FULL = (
    "the files that visitors have added take {megabytes:,} MB here, which is all that is kept of "
    "them; delete some, which makes room after an hour"
)


def check_disk(folder: Path, n_bytes: int = 0) -> None:
    """Checks that enough of the disk is free, also after a file was written.

    Args:
        folder: where it is to lie; it need not be there yet.
        n_bytes: of the file; 0: of a run, whose size nobody knows yet.

    Raises:
        LimitError: there is too little.
    """
    if not has_space(folder, n_bytes):
        raise refused(FILE_TOO_LARGE.format(megabytes=n_bytes / 1e6) if n_bytes else DISK_FULL)


def make_space(archive: "Archive") -> None:
    """Checks that a run may begin; on a full disk runs deleted an hour ago are removed for good.

    Raises:
        LimitError: there is still too little space.
    """
    if not has_space(archive.folder):
        archive.trash.empty(older_than=HOUR)
        check_disk(archive.folder)


def has_space(folder: Path, n_bytes: int = 0) -> bool:
    """True if enough of the disk of a folder is free after so many bytes were written."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    disk = shutil.disk_usage(place)
    return disk.free - n_bytes >= min(max(SHARE * disk.total, LEAST), MOST)


def check_archive(archive: "Archive", n_bytes: int) -> None:
    """Checks that a file may be added to what visitors have added to an archive.

    Where there is no room, deleted runs that could still be brought back are removed for good.

    Raises:
        LimitError: the files would take more than the limit, or too much of the disk.
    """
    most = limits().archive_megabytes
    if archive.added_bytes() + n_bytes > most * 10**6:
        archive.trash.empty(older_than=HOUR)
        if archive.added_bytes() + n_bytes > most * 10**6:
            raise refused(ARCHIVE_FULL.format(megabytes=most))
    check_disk(archive.folder, n_bytes)
