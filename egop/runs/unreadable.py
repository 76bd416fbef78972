"""The sentence about a file that cannot be read now: whether it is sound is not known."""

from pathlib import Path

HINTS = {
    PermissionError: "ask its owner for permission",
    BlockingIOError: "another program is writing it, so try again when that has ended",
}
"""By the kind of error, what to do."""


def unreadable(path: Path, error: OSError) -> OSError:
    """An error of the same kind, as one sentence."""
    reason = str(error.strerror or error).partition(" (")[0]
    hint = HINTS.get(type(error), "try again")
    return type(error)(f"{path} cannot be read now ({reason}); {hint}")
