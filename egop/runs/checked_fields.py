"""Values from files of runs, checked for their type and range where they are read."""

import re
from datetime import UTC, datetime
from typing import Any

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Moments between these have a date in every time zone."""


def moment(value: Any) -> str:
    """A time of ISO 8601, in UTC to the second.

    Raises:
        ValueError: it is none, or too near the edges of what dates can be.
    """
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError(f"a time takes text of ISO 8601, got {value!r:.60}")
    try:
        found = datetime.fromisoformat(value)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        raise ValueError(f"a time takes a year from 1970 to 9999, got {value!r}")
    return found.isoformat(timespec="seconds")


def experiment_name(value: Any) -> str:
    """The name of an experiment, which need not be one of this egop.

    Raises:
        ValueError: it cannot be one.
    """
    if not isinstance(value, str) or not re.fullmatch(r"\w{1,60}", value):
        raise ValueError(f"an experiment is named by up to 60 letters, got {value!r:.90}")
    return value


def text(value: Any, longest: int) -> str:
    """A text that can be written as UTF-8, cut where it is longer than allowed.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, str):
        raise ValueError(f"it takes text, got {value!r:.60}")
    value = value.encode("utf-8", "replace").decode("utf-8")
    return value if len(value) <= longest else value[: longest - 1] + "…"


def texts(value: Any, longest: int) -> dict[str, str]:
    """Texts by name, each cut where it is longer than allowed.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"it takes texts by name, got {value!r:.60}")
    return {text(name, longest): text(each, longest) for name, each in value.items()}
