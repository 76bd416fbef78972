"""Work that a visitor asked for, with what limits it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Timer
from typing import Any

from egop.cancellation import Cancellation
from egop.ui.allowance import Allowance
from egop.ui.document import Page


@dataclass
class WorkRequest:
    """Work that was asked for.

    Attributes:
        work: what makes its results.
        ticket: its number.
        page: None: it is drawn at once.
        cancellation: what ends it.
        allowance: what its visitor may compute; None: there is no limit.
        results: once it has begun.
        timer: while it is interrupted.
    """

    work: Callable[[], Iterator]
    ticket: int
    page: Page | None
    cancellation: Cancellation
    allowance: Allowance | None = None
    results: Any = None
    timer: Timer | None = None

    def begun(self) -> Iterator:
        """The results that are still to come."""
        if self.results is None:
            self.results = iter(self.work())
        return self.results

    def close(self) -> None:
        """Ends the work."""
        if hasattr(self.results, "close"):
            self.results.close()
