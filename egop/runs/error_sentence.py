"""The one sentence in which people read of an exception."""

import logging

FORESEEN = (ValueError, OSError, ImportError, MemoryError, RuntimeError)
"""Exceptions of egop's checks and of the system, whose messages were written for people."""

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
