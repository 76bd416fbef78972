"""What the list of runs says of each run: plain rows, and which of them are asked for."""

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from egop.lab.settings import describe, title
from egop.runs.run_info import RunInfo

STATES = {
    "running": "running",
    "queued": "waiting",
    "paused": "paused",
    "finished": "finished",
    "interrupted": "interrupted",
    "cancelled": "cancelled",
    "failed": "failed",
}
"""Every state, and what it is called."""

ACTIONS = {
    "running": ("pause", "cancel", "rename"),
    "queued": ("pause", "cancel", "rename"),
    "paused": ("continue", "cancel", "rename", "delete"),
    "finished": ("download", "rename", "delete"),
    "interrupted": ("continue", "rename", "delete"),
    "cancelled": ("continue", "rename", "delete"),
    "failed": ("continue", "rename", "delete"),
}
"""What can be done with a run in each state."""

Row = dict[str, Any]


def row_of(
    entry: RunInfo,
    position: int | None = None,
    checked: bool = False,
    now: datetime | None = None,
    *,
    changeable: bool = True,
) -> Row:
    """What the list says of a run.

    Args:
        entry: what its folder and the queue know.
        position: in the line, 1 is next; None: not in the line.
        checked: whether it is chosen to be compared.
        now: the time of day; None: now.
        changeable: whether who sees it may change it.
    """
    foreign = not entry.experiment
    kind = "not a run" if foreign else title(entry.experiment)
    facts = [
        kind,
        describe(entry.config),
        when(entry.created, now),
        written_bytes(entry.size_bytes),
    ]
    unfinished = entry.state in {"running", "queued", "paused"}
    actions = ("rename", "delete") if foreign else ACTIONS[entry.state]
    return {
        "name": entry.name,
        "label": entry.label,
        "facts": " · ".join(filter(None, facts)),
        "state": entry.state,
        "state_words": "damaged" if foreign else state_words(entry.state, position),
        "share": round(entry.share, 3) if unfinished or entry.state != "finished" else None,
        "progress": progress_words(entry),
        "error": entry.error,
        "actions": [each for each in actions if changeable or each == "download"],
        "checked": checked,
        "can_open": not foreign,
    }


def state_words(state: str, position: int | None) -> str:
    """A state in words; with the position in the line where there is one."""
    if state == "queued" and position is not None:
        return "next in line" if position == 1 else f"{ordinal(position)} in line"
    return STATES.get(state, state)


def progress_words(entry: RunInfo) -> str:
    """How far a run is, what is done now and the time left, such as "42 % · about 2 min left"."""
    if entry.state == "finished":
        return f"took {duration(entry.seconds)}" if entry.seconds >= 1 else ""
    words = [f"{math.floor(100 * entry.share)} %"] if entry.share > 0 else []
    if entry.state == "running":
        left = time_left(entry)
        words += [f"about {duration(left)} left"] if left is not None else []
        words += [entry.message] if entry.message else []
    return " · ".join(words)


def time_left(entry: RunInfo) -> float | None:
    """Seconds until a run is finished, as far as the time so far tells; None: too early to say."""
    if entry.share < 0.01 or entry.seconds < 1 or entry.share >= 1:
        return None
    return entry.seconds * (1 - entry.share) / entry.share


def duration(seconds: float) -> str:
    """A time for people: 8 s, 3 min, 2 h 10 min, 4 days."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 36:
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{round(minutes / 60)} h"
    return f"{round(hours / 24)} days"


def written_bytes(size: float) -> str:
    """A size for people: 820 kB, 12 MB, 3.1 GB; "" for nothing."""
    if size <= 0:
        return ""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return (
                f"{size / scale:.2g} {unit}" if size < 10 * scale else f"{size / scale:.0f} {unit}"
            )
    return f"{max(1, round(size / 1e3))} kB"


def when(created: str, now: datetime | None = None) -> str:
    """A time of ISO 8601 for people: 14:02, yesterday 9:15, 3 Feb, 3 Feb 2024; local time."""
    try:
        then = datetime.fromisoformat(created).astimezone()
    except (ValueError, OverflowError):
        return ""
    today = (now or datetime.now(UTC)).astimezone()
    clock = f"{then.hour}:{then.minute:02d}"
    days = (today.date() - then.date()).days
    if days == 0:
        return clock
    if days == 1:
        return f"yesterday {clock}"
    day = f"{then.day} {then:%b}"
    return day if then.year == today.year else f"{day} {then.year}"


def ordinal(number: int) -> str:
    """A place in a line: 1st, 2nd, 3rd, 4th."""
    tail = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0)
    return f"{number}{tail or 'th'}"


def matching(
    entries: Sequence[RunInfo], text: str = "", states: Collection[str] = (), experiment: str = ""
) -> list[RunInfo]:
    """The entries that have every word of a text, one of the states and the experiment."""
    words = text.casefold().split()
    return [
        entry
        for entry in entries
        if (not states or entry.state in states)
        and (not experiment or entry.experiment == experiment)
        and all(word in _searched(entry) for word in words)
    ]


def _searched(entry: RunInfo) -> str:
    known = title(entry.experiment) if entry.experiment else "not a run damaged"
    return f"{entry.label} {entry.name} {known} {entry.experiment} {entry.error}".casefold()
