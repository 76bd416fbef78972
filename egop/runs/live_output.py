"""Measurements and progress that a run shows in its folder while it is being carried out.

    live/NAME.npz       what an unfinished task measured so far
    live/NAME.json      {"share", "words", "at"}: how far the run is, what is done, and when
    live/NAME.task      the number of the process that computes a task for somebody else

Each file is written whole, a few times a second at most, and goes when its task is finished; the
folder goes with the result. Nothing depends on it: where it cannot be written, the run goes on.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from egop.bounds import Bounds
from egop.runs.atomic import replacing
from egop.runs.bounded_json import read_json
from egop.runs.checked_fields import text
from egop.runs.jobs import HIGHEST

LIVE = "live"
LIVE_SECONDS = 0.5
"""Seconds between two times that a file is written, at least."""

LARGEST_NOTE = 1 << 14
"""Bytes of a note of progress."""
LONGEST = 1000
"""Characters of the words that are shown."""


class LiveOutput:
    """The live files in the folder of a run.

    Args:
        folder: of the run; None shows nothing.
    """

    def __init__(self, folder: Path | None):
        self.folder = None if folder is None else folder / LIVE
        self._written: dict[Path, float] = {}

    def arrays(
        self, name: str, make: Callable[[], Mapping[str, np.ndarray]], *, now: bool = False
    ) -> None:
        """Shows what a task measured so far, unless it was shown just now."""

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.savez(file, allow_pickle=False, **make())

        self._write(name, ".npz", write, now)

    def progress(self, name: str, share: float, message: str) -> None:
        """Shows how far a task or the whole run is, unless it was shown just now."""
        note = {"share": share, "words": message, "at": time.time()}
        self._write(name, ".json", lambda path: path.write_text(json.dumps(note)), now=False)

    def read_progress(self, name: str) -> dict[str, Any] | None:
        """The progress shown last of a task; None where nothing is, or nothing that can be read."""
        if self.folder is None:
            return None
        try:
            note = read_json(self._path(name, ".json"), LARGEST_NOTE)
            return {
                "share": Bounds(0, 1).read("share", note["share"]),
                "words": text(note["words"], LONGEST),
                "at": Bounds(0, HIGHEST).read("at", note["at"]),
            }
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @contextmanager
    def at_work(self, name: str) -> Iterator[None]:
        """A context in which others see that this process computes a task."""

        def write(path: Path) -> None:
            path.write_text(str(os.getpid()))

        self._write(name, ".task", write, now=True)
        try:
            yield
        finally:
            self.left(name)

    def left(self, name: str) -> None:
        """Nobody computes a task any more."""
        if self.folder is not None:
            with suppress(OSError):
                self._path(name, ".task").unlink(missing_ok=True)

    def worker(self, name: str) -> int | None:
        """The number of the process that computes a task; None where nobody does."""
        try:
            return int(self._path(name, ".task").read_text())
        except (OSError, ValueError):
            return None

    def forget(self, name: str) -> None:
        """Deletes what is shown of a task."""
        if self.folder is not None:
            for ending in (".npz", ".json"):
                with suppress(OSError):
                    self._path(name, ending).unlink(missing_ok=True)

    def end(self) -> None:
        """Deletes everything that is shown."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, ending: str, write: Callable[[Path], Any], now: bool) -> None:
        if self.folder is None:
            return
        path = self._path(name, ending)
        time_now = time.monotonic()
        if not now and time_now - self._written.get(path, -LIVE_SECONDS) < LIVE_SECONDS:
            return
        self._written[path] = time_now
        with suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            with replacing(path, lasting=False) as temporary:
                write(temporary)

    def _path(self, name: str, ending: str) -> Path:
        assert self.folder is not None
        return self.folder / (name.replace("/", "-") + ending)
