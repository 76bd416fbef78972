"""Rows of the list of runs as plain data, and the search in them."""

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.filesize import decimal

from egop.lab.settings import describe, title
from egop.runs.ownership import Visitor
from egop.runs.run_info import RunInfo

ACTIONS = {
    "running": ("pause", "cancel", "rename"),
    "queued": ("pause", "cancel", "rename"),
    "paused": ("continue", "cancel", "rename", "delete"),
    "finished": ("download", "rename", "delete"),
    "interrupted": ("continue", "rename", "delete"),
    "cancelled": ("continue", "rename", "delete"),
    "failed": ("continue", "rename", "delete"),
}
"""Actions on a run in each state."""

Row = dict[str, Any]


def row_of(
    entry: RunInfo,
    position: int | None = None,
    checked: bool = False,
    visitor: Visitor | None = None,
    now: datetime | None = None,
) -> Row:
    """The row of a run in a list.

    Args:
        entry: what its folder and the queue know.
        position: in the queue, 1 is next; None: not in the queue.
        checked: whether it is chosen to be compared.
        visitor: who sees it, and may change it or not; None: who may.
        now: the time of day; None: now.
    """
    damaged = not entry.experiment
    facts = [
        "not a run" if damaged else title(entry.experiment),
        describe(entry.config),
        when(entry.created, now),
        decimal(entry.size_bytes) if entry.size_bytes else "",
    ]
    actions = ("rename", "delete") if damaged else ACTIONS[entry.state]
    changeable = visitor is None or visitor.may_change(entry.owner)
    return {
        "name": entry.name,
        "label": entry.label,
        "facts": " · ".join(filter(None, facts)),
        "state": entry.state,
        "state_text": "damaged" if damaged else state_text(entry.state, position),
        "progress": round(entry.share, 3) if entry.state != "finished" else None,
        "progress_text": progress_text(entry),
        "error": entry.error,
        "actions": [each for each in actions if changeable or each == "download"],
        "checked": checked,
        "can_open": not damaged,
    }


def state_text(state: str, position: int | None) -> str:
    """A state as people read it; with the position in the queue where there is one."""
    if state != "queued":
        return state
    if position is None:
        return "waiting"
    return "next in line" if position == 1 else f"{ordinal(position)} in line"


def progress_text(entry: RunInfo) -> str:
    """The progress of a run and the time left, such as "42 % · about 2 min left · stage 1"."""
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
