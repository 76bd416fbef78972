"""A run in the line: its job, and what carries it out."""

import logging
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from egop.runs.jobs import FINISHED, QUEUED, RUNNING, UNFINISHED, Job, write_job
from egop.runs.run import Run

SAVE = 1.0
"""Seconds between two times that the progress of a job is written."""

_LOG = logging.getLogger(__name__)


class QueuedRun:
    """A run in the line.

    Attributes:
        job: how it stands.
        run: open, so that its folder is locked; closed once it has left the line.
        stop: set when what carries it out is to end.
        then: the state it takes once it has stopped.
        turn: seconds it may have while others wait.
        saved: whether the folder's job.json says what `job` does.
        session: of who asked for it, as the server knows it; "" after a restart.
        address: of who asked for it, likewise.
    """

    def __init__(self, job: Job, run: Run, turn: float):
        self.job, self.run, self.turn = job, run, turn
        self.session = self.address = ""
        self.stop = threading.Event()
        self.then = QUEUED
        self.saved = False
        self._began = self._seconds = self._saved_at = 0.0
        self._reached = -1.0
        self._saving = threading.Lock()

    @property
    def folder(self) -> Path:
        """The run's."""
        assert self.run.folder is not None
        return self.run.folder

    @property
    def owner(self) -> str:
        """The key by which turns are shared: the session, or the visitor after a restart."""
        return self.session or self.job.visitor

    @property
    def waits(self) -> bool:
        """Whether it is in the line and not carried out."""
        return self.job.state == QUEUED

    @property
    def runs(self) -> bool:
        """Whether it is carried out."""
        return self.job.state == RUNNING

    @property
    def unfinished(self) -> bool:
        """Whether it waits or is carried out."""
        return self.job.state in UNFINISHED

    @property
    def elapsed(self) -> float:
        """Seconds of this turn."""
        return time.monotonic() - self._began if self.runs else 0.0

    def begin(self) -> None:
        """Its turn begins."""
        self.stop, self.then = threading.Event(), QUEUED
        self._began, self._seconds = time.monotonic(), self.job.seconds
        self.change(state=RUNNING, started=self.job.started or time.time(), words="starts")

    def told(self, share: float, words: str) -> None:
        """Notes what is done; what is done again after a restart does not count."""
        words = "stops" if self.stop.is_set() else words
        share = max(share, self.job.share)
        self.change(share=share, words=words, seconds=self._seconds + self.elapsed)

    def end(self, state: str, error: str = "") -> None:
        """It leaves the line, or its turn ends and it waits for the next one."""
        if self.runs:
            self.change(seconds=self._seconds + self.elapsed)
        if state == QUEUED:
            self._lengthen()
        share = 1.0 if state == FINISHED else self.job.share
        words = "waits" if state == QUEUED else ""
        self.change(state=state, share=share, words=words, error=error)

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

    def _lengthen(self) -> None:
        """Doubles the turn of a run that got no further in it, such as in one long estimate."""
        if self.job.share <= self._reached:
            self.turn *= 2
        self._reached = self.job.share


def sentence_of(error: Exception) -> str:
    """What an exception says, in one line."""
    line = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, ValueError | OSError | ImportError | MemoryError | RuntimeError) and line:
        return line
    _LOG.error("A run failed.", exc_info=error)
    return f"the run failed by an error of egop ({type(error).__name__}: {line}); please report it"
