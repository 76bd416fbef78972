"""The kinds of hostile input, one module each."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from benchmarks.fuzz import messages


class Kind(NamedTuple):
    """How cases of one kind are made and checked.

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
    "messages": Kind(messages.generate, messages.check, messages.close),
}
