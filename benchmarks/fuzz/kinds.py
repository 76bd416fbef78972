"""The kinds of hostile input, one module each."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from benchmarks.fuzz import files, formulas, links, messages, settings, uploads


class Kind(NamedTuple):
    """The functions that make and check cases of one kind.

    Attributes:
        generate: makes a case, of plain values whose repr says what it is.
        check: tries a case; "" where all is well, else the finding in one sentence, without what
            differs between cases of the same fault.
        close: ends what the checks started, such as a server.
    """

    generate: Callable[[Random], Any]
    check: Callable[[Any], str]
    close: Callable[[], None] = lambda: None


KINDS = {
    "files": Kind(files.generate, files.check, files.close),
    "uploads": Kind(uploads.generate, uploads.check),
    "links": Kind(links.generate, links.check, links.close),
    "formulas": Kind(formulas.generate, formulas.check, formulas.PROCESSES.close),
    "messages": Kind(messages.generate, messages.check, messages.close),
    "settings": Kind(settings.generate, settings.check, settings.close),
}
