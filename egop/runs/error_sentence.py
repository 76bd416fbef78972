"""The one sentence in which people read of an exception."""

import logging
from pathlib import Path

FORESEEN = (ValueError, OSError, ImportError, MemoryError, RuntimeError)
"""Exceptions of egop's checks and of the system, whose messages were written for people."""

HINTS = {
    PermissionError: "ask its owner for permission",
    BlockingIOError: "another program is writing it, so try again when that has ended",
}
"""Advice by the kind of error about a file that cannot be read now."""

_LOG = logging.getLogger(__name__)


def sentence_of(error: Exception) -> str:
    """The message of an exception in one line; one that nobody foresaw is also logged."""
    sentence = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, OSError) and error.strerror:
        sentence = f"{error.filename or 'the system'}: {error.strerror.lower()}"
    if isinstance(error, FORESEEN) and sentence:
        return sentence
    _LOG.error("An error that nobody foresaw.", exc_info=error)
    return f"this failed by an error of egop ({type(error).__name__}: {sentence}); please report it"


def unreadable(path: Path, error: OSError) -> OSError:
    """An error of the same kind about a file that cannot be read now; it may be sound."""
    reason = str(error.strerror or error).partition(" (")[0]
    hint = HINTS.get(type(error), "try again")
    return type(error)(f"{path} cannot be read now ({reason}); {hint}")
