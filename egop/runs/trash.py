"""Deleted runs, which can be brought back until they are removed for good.

runs/.deleted/1767225600-9f1c2e77a0b4/digits-2025-03-01-1f9c2e/     when, a number / the run
"""

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from egop.runs.run_info import size_of

DELETED = ".deleted"
TOKEN = re.compile(r"[0-9]{1,12}-[0-9a-f]{12}")


class Trash:
    """The deleted runs of an archive.

    Args:
        archive: the folder that holds the runs.
    """

    def __init__(self, archive: Path):
        self._home = archive / DELETED

    def place(self, token: str) -> Path:
        """The folder that holds a deleted run, or did.

        Raises:
            ValueError: the token is none.
        """
        if not isinstance(token, str) or not TOKEN.fullmatch(token) or self._home.is_symlink():
            raise ValueError(f"a run is brought back by what deleting it gave, got {token!r:.90}")
        return self._home / token

    def make(self) -> str:
        """The token of a new folder."""
        token = f"{max(0.0, time.time()):.0f}-{secrets.token_hex(6)}"
        self.place(token).mkdir(parents=True)
        return token

    def take(self, folder: Path) -> str:
        """Moves a run into a new folder, and returns its token.

        Raises:
            OSError: one of both folders cannot be written.
        """
        token = self.make()
        try:
            folder.rename(self.place(token) / folder.name)
        except OSError:
            with suppress(OSError):  # nothing came into it
                self.place(token).rmdir()
            raise
        return token

    def run(self, token: str) -> Path:
        """The deleted run.

        Raises:
            ValueError: the token is none.
            FileNotFoundError: it is not there any more.
        """
        place = self.place(token)
        for found in place.iterdir() if place.is_dir() else ():
            return found
        raise FileNotFoundError(
            "the deleted run is not there any more; it was brought back or removed for good"
        )

    def runs(self) -> Iterator[Path]:
        """The folders of all deleted runs, and of those that are being copied."""
        with suppress(OSError):  # it was removed meanwhile
            yield from self._home.glob("*/*")

    def discard(self, token: str) -> None:
        """Removes a deleted run for good."""
        shutil.rmtree(self.place(token), ignore_errors=True)

    def empty(self, older_than: float = 0.0) -> int:
        """Removes for good what was deleted more than so many seconds ago; returns its bytes."""
        freed = 0
        for place in self._home.iterdir() if self._home.is_dir() else ():
            if TOKEN.fullmatch(place.name) and _age(place.name) >= older_than:
                freed += size_of(place)
                self.discard(place.name)
        return freed


def _age(token: str) -> float:
    return time.time() - float(token.partition("-")[0])
