"""A run in the line: its job, and what carries it out.

The queue changes it while it holds its own lock; `save`, which waits for the disk, is called
without that lock, and does its work in one thread at a time.
"""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egop.runs.jobs import FINISHED, QUEUED, RUNNING, UNFINISHED, Job, write_job

if TYPE_CHECKING:
    from egop.runs.run import Run

SAVE = 1.0
"""Seconds between two times that the progress of a job is written."""

_LOG = logging.getLogger(__name__)


class QueuedRun:
    """A run in the line.

    Attributes:
        job: how it stands.
        folder: of the run.
        run: open, so that its folder is locked; None where it could not be opened.
        session: of who asked for it, as the server knows it; "" after a restart.
        address: of who asked for it; "" after a restart, and where the server is theirs.
        stop: set when what carries it out is to end.
        then: the state it takes once it has stopped.
        saved: True if the folder's job.json says what `job` does.
    """

    def __init__(self, job: Job, folder: Path):
        self.job, self.folder = job, folder
        self.run: Run | None = None
        self.session = self.address = ""
        self.stop = threading.Event()
        self.then = QUEUED
        self.saved = False
        self._began = self._seconds = self._saved_at = 0.0
        self._saving = threading.Lock()

    @property
    def unfinished(self) -> bool:
        """True if it waits or is carried out."""
        return self.job.state in UNFINISHED

    def begin(self) -> None:
        """It is carried out from now on."""
        self.stop, self.then = threading.Event(), QUEUED
        self._began, self._seconds = time.monotonic(), self.job.seconds
        self.change(state=RUNNING, message="starts")

    def advance(self, share: float, message: str) -> None:
        """Notes what is done; what is done again after a restart does not count."""
        message = "stops" if self.stop.is_set() else message
        seconds = self._seconds + time.monotonic() - self._began
        self.change(share=max(share, self.job.share), message=message, seconds=seconds)

    def end(self, state: str, error: str = "") -> None:
        """It leaves the line, or waits again; its folder is everybody's if it leaves."""
        if self.job.state == RUNNING:
            self.advance(1.0 if state == FINISHED else 0.0, "")
        self.change(state=state, message="waits" if state == QUEUED else "", error=error)
        if self.run is not None:
            self.run.close()
            self.run = None

    def change(self, **changes: Any) -> None:
        """Another job in place of the one before."""
        self.job = replace(self.job, **changes)
        self.saved = False

    def save(self, soon: bool = True) -> None:
        """Writes job.json; without haste, at most once a second.

        A disk that takes nothing leaves `saved` False and the run as it is.
        """
        with self._saving:
            if self.saved or (not soon and time.monotonic() - self._saved_at < SAVE):
                return
            job, self._saved_at = self.job, time.monotonic()
            try:
                write_job(job, self.folder)
            except OSError as error:
                if self.folder.exists():
                    _LOG.warning("%s", error)
                    return
            self.saved = job is self.job
