"""The state of a run that somebody asked for, kept in its folder as job.json.

It is not needed to continue a run: without it, or when it is damaged, nothing but the place in the
line and the time so far is forgotten. Earlier versions wrote `words` for `message`, and further
fields, which are not read.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from egop.bounds import Bounds
from egop.runs.bounded_json import read_json, write_json
from egop.runs.checked_fields import text

JOB = "job.json"
LARGEST = 1 << 16
"""Bytes; no job.json has more."""
LONGEST = 2000
"""Characters of a text in it; longer ones are cut."""
HIGHEST = 1e11
"""The highest of its numbers, which are seconds and counts."""

QUEUED, RUNNING, PAUSED, CANCELLED = "queued", "running", "paused", "cancelled"
FAILED, FINISHED, INTERRUPTED = "failed", "finished", "interrupted"
STATES = (QUEUED, RUNNING, PAUSED, CANCELLED, FAILED, FINISHED, INTERRUPTED)
UNFINISHED = (QUEUED, RUNNING)
"""The states of runs of which a visitor may have some at a time."""


@dataclass(frozen=True)
class Job:
    """A run that somebody asked for.

    Attributes:
        name: of the run's folder.
        state: one of `STATES`.
        place: in the line; smaller ones come first. 0: none yet.
        seconds: for how long it has been carried out, all times together.
        share: what is done, from 0 to 1.
        message: what is done now.
        error: why it failed, one sentence.
    """

    name: str
    state: str
    place: float = 0.0
    seconds: float = 0.0
    share: float = 0.0
    message: str = ""
    error: str = ""


def read_job(folder: Path) -> Job | None:
    """The job of a run; None where there is none that can be read, or a field is out of bounds."""
    try:
        stored = read_json(folder / JOB, LARGEST)
        stored.setdefault("message", stored.get("words"))
        found = {
            each.name: _checked(each.name, each.type, stored[each.name]) for each in fields(Job)
        }
    except (AttributeError, OSError, ValueError, TypeError, KeyError):
        return None
    return Job(**{**found, "name": folder.name}) if found["state"] in STATES else None


def _checked(name: str, kind: Any, value: Any) -> Any:
    if kind is str:
        return text(value, LONGEST)
    return float(Bounds(0, 1 if name == "share" else HIGHEST).read(name, value))


def write_job(job: Job, folder: Path) -> None:
    """Writes the job of a run, whole or not at all.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    write_json(folder / JOB, asdict(job))
