"""The state of each folder among the runs, read from its small files alone."""

import errno
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from egop.runs import jobs
from egop.runs.bounded_json import read_json, write_json
from egop.runs.jobs import JOB, Job, read_job
from egop.runs.locking import is_locked
from egop.runs.manifest import CONFIG, read_manifest
from egop.runs.ownership import read_owner
from egop.runs.run import RESULT

LABEL = "label.json"
ADDED = "added"
"""Name of an empty file in the folder of a run that was copied from elsewhere."""
LONGEST_LABEL = 80
KEPT = (jobs.PAUSED, jobs.CANCELLED, jobs.FAILED)
"""States that a run stays in while nobody works on it."""
ODD_NAME = "the name of this folder has characters that cannot be shown; rename it on the disk"
LARGEST_LABEL = 1 << 12
"""Bytes of label.json."""

UNSEEN = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes of characters that make text read differently from how it is written."""


@dataclass(frozen=True)
class RunInfo:
    """A folder among the runs.

    Attributes:
        name: of the folder.
        label: what people call it; the folder's name unless they gave it another.
        experiment: its name in `EXPERIMENTS`; "" where the folder is no run.
        state: one of `egop.runs.jobs.STATES`.
        created: when, as in ISO 8601; "" where the folder is no run.
        share: what is done, from 0 to 1.
        message: what is done now.
        owner: whose it is, as `egop.runs.ownership.read_owner` gives it.
        error: what is wrong with it, or why it failed, in one sentence; "" is nothing.
        size_bytes: of all its files.
        config: of the experiment.
        seconds: for how long it has been carried out; 0 on the command line.
    """

    name: str
    label: str
    experiment: str
    state: str
    created: str = ""
    share: float = 0.0
    message: str = ""
    owner: str = ""
    error: str = ""
    size_bytes: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def read_entry(folder: Path) -> RunInfo:
    """The state of a folder; what is wrong with it is said in its `error`."""
    if not folder.name.isprintable():
        return damaged(folder, ValueError(ODD_NAME))
    label = read_label(folder) or folder.name
    size = size_of(folder)
    try:
        manifest = read_manifest(folder)
    except (OSError, ValueError) as error:
        owner = read_owner(folder)
        return replace(damaged(folder, error), label=label, size_bytes=size, owner=owner)
    job = read_job(folder)
    state = _state(folder, job)
    job = job or Job(folder.name, state)
    return RunInfo(
        name=folder.name,
        label=label,
        experiment=manifest["experiment"],
        state=state,
        created=manifest["created"],
        share=1.0 if state == jobs.FINISHED else job.share,
        message=job.message if state in jobs.UNFINISHED else "",
        owner=read_owner(folder),
        error=job.error if state == jobs.FAILED else "",
        size_bytes=size,
        config=manifest["config"],
        seconds=job.seconds,
    )


def damaged(folder: Path, error: Exception) -> RunInfo:
    """A folder that cannot be read, with the reason as its error."""
    told = isinstance(error, ValueError | FileNotFoundError)
    sentence = str(error) if told else f"{folder} cannot be read ({type(error).__name__})"
    name = "".join(each if each.isprintable() else "?" for each in folder.name)
    return RunInfo(name, name, "", jobs.FAILED, error=sentence)


def stamp_of(folder: Path) -> tuple[int, ...]:
    """Numbers that change when what `read_entry` reads does."""
    paths = (folder, folder / "pieces", folder / CONFIG, folder / JOB, folder / LABEL)
    locked = not (folder / RESULT).exists() and is_locked(folder)
    return (locked, *(number for path in paths for number in _stamp(path)))


def read_label(folder: Path) -> str:
    """The label that people gave a run; "" unless they did."""
    try:
        return check_label(read_json(folder / LABEL, LARGEST_LABEL))
    except (OSError, ValueError):
        return ""


def write_label(folder: Path, label: str) -> None:
    """Writes what people call a run, whole or not at all.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    try:
        write_json(folder / LABEL, label, ensure_ascii=False)
    except OSError as error:
        full = getattr(error.__cause__, "errno", None) == errno.ENOSPC
        why = f"the disk that holds {folder} is full" if full else f"{folder} cannot be written"
        remedy = "free some space" if full else "check who may write to it"
        raise OSError(
            f"{why}, so the run keeps the name it had; {remedy}, then rename it again"
        ) from None


def check_label(label: Any) -> str:
    """The label without blanks around it.

    Raises:
        ValueError: it is no text, too long, or has control characters.
    """
    if not isinstance(label, str) or len(label.strip()) > LONGEST_LABEL:
        raise ValueError(f"a run's label takes up to {LONGEST_LABEL} characters, got {label!r:.90}")
    if any(_is_control(each) for each in label.strip()):
        raise ValueError(f"a run's label takes text without control characters, got {label!r}")
    return label.strip()


def size_of(folder: Path) -> int:
    """Bytes of all files in the folder; links are not followed."""
    total, folders = 0, [folder]
    while folders:
        try:
            for each in folders.pop().iterdir():
                if each.is_symlink():
                    continue
                if each.is_dir():
                    folders.append(each)
                else:
                    total += each.stat().st_size
        except OSError:  # it has just been deleted
            continue
    return total


def _state(folder: Path, job: Job | None) -> str:
    if (folder / RESULT).is_file():
        return jobs.FINISHED
    if is_locked(folder):
        return job.state if job is not None and job.state in jobs.UNFINISHED else jobs.RUNNING
    return job.state if job is not None and job.state in KEPT else jobs.INTERRUPTED


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _is_control(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(character) in UNSEEN
    )
