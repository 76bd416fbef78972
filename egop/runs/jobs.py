"""How a run that somebody asked for stands, kept in its folder as job.json.

It is not needed to continue a run: without it, or when it is damaged, nothing but the visitor and
the place in the line is forgotten.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from egop.runs.atomic import replacing
from egop.runs.bounded_json import read_json
from egop.runs.checked_fields import number, text, whole_number

JOB = "job.json"
LARGEST = 1 << 16
"""Bytes; no job.json has more."""
LONGEST = 2000
"""Characters of a text in it; longer ones are cut."""
HIGHEST = 1e11
"""Of its numbers, which are seconds and counts."""

QUEUED, RUNNING, PAUSED, CANCELLED = "queued", "running", "paused", "cancelled"
FAILED, FINISHED, INTERRUPTED = "failed", "finished", "interrupted"
STATES = (QUEUED, RUNNING, PAUSED, CANCELLED, FAILED, FINISHED, INTERRUPTED)
UNFINISHED = (QUEUED, RUNNING)
"""Of those a visitor may have some at a time."""


@dataclass(frozen=True)
class Job:
    """A run that somebody asked for.

    Attributes:
        name: of the run's folder.
        state: one of `STATES`.
        visitor: who asked for it.
        submitted: when, in seconds since 1970.
        round: in which it is carried out; everybody has one run in each.
        place: in the round; smaller ones come first.
        started: when it was first carried out; 0: not yet.
        seconds: for how long it has been carried out, all turns together.
        share: what is done, from 0 to 1.
        words: what is done now.
        error: why it failed, one sentence.
    """

    name: str
    state: str
    visitor: str = ""
    submitted: float = 0.0
    round: int = 0
    place: float = 0.0
    started: float = 0.0
    seconds: float = 0.0
    share: float = 0.0
    words: str = ""
    error: str = ""

    @property
    def seconds_left(self) -> float | None:
        """The time left while it is carried out, as far as the time so far tells."""
        return self.seconds / self.share * (1 - self.share) if self.share > 0 else None


def read_job(folder: Path) -> Job | None:
    """The job of a run; None where there is none that can be read, or a field is out of bounds."""
    try:
        stored = read_json(folder / JOB, LARGEST)
        found = {
            each.name: _checked(each.name, each.type, stored[each.name]) for each in fields(Job)
        }
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Job(**{**found, "name": folder.name}) if found["state"] in STATES else None


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is str:
        return text(value, LONGEST)
    if kind is int:
        return whole_number(value, 0, int(HIGHEST))
    return number(value, 0, 1 if name == "share" else HIGHEST)


def write_job(job: Job, folder: Path) -> None:
    """Writes the job of a run, whole or not at all.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    with replacing(folder / JOB) as path:
        path.write_text(json.dumps(asdict(job), indent=2) + "\n", encoding="utf-8")
