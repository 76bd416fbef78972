"""The computation behind a tab: which one is wanted, how far it is, and what is to be said."""

from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeVar

import panel as pn

from egop.sentences import as_sentence
from egop.ui.background import SWEEPS, Background
from egop.ui.fair_pool import FairPool
from egop.ui.layout import dim
from egop.ui.messages import alert, status

Result = TypeVar("Result")
State = Literal["stale", "partial", "done", "stopped", "failed"]


class TabWork(Generic[Result]):
    """The last computation that a tab asked for, in a thread; earlier pictures stay until it draws.

    Args:
        draw: called with each result that can be drawn.
        say: called after it, and whenever the words about the work change.
        share: of a result, from 0 (not to be drawn yet) to 1 (nothing follows).
        pool: whose threads compute it.
        kept: how many finished results come back at once when they are asked for again.

    Attributes:
        result: that is drawn; None where nothing is.
        state: "stale" where `result` is an earlier one, "partial" where more of it follows.
        message: HTML to be shown in place of words about the result; "" for none.
    """

    def __init__(
        self,
        draw: Callable[[Result], None],
        say: Callable[[], None],
        share: Callable[[Result], float],
        pool: FairPool = SWEEPS,
        kept: int = 0,
    ):
        self._draw, self._say, self._share_of, self._most = draw, say, share, kept
        self._background: Background[Result] = Background(
            self._receive, self._fail, pool, self._wait
        )
        self._work: Callable[[], Iterator[Result]] = lambda: iter(())
        self._key: tuple | None = None
        self._kept: dict[tuple, Result] = {}
        self._share = 0.0
        self.result: Result | None = None
        self.state: State = "stale"
        self.message = ""

    @property
    def is_current(self) -> bool:
        """True if the result that is drawn is what was asked for, as far as it is computed."""
        return self.state in {"partial", "done"}

    @property
    def progress(self) -> str:
        """The share that is done, in words; "" where nothing is to follow."""
        earlier = "" if self.result is None else " The picture is the previous one."
        return {
            "stale": f"Computing…{earlier}",
            "partial": f"Computing… {self._share:.0%}",
            "stopped": "Stopped: the picture is coarse or old.",
        }.get(self.state, "")

    def ask(self, key: tuple, work: Callable[[], Iterator[Result]]) -> bool:
        """Asks for what has a key; returns True if that is another one than before.

        Args:
            key: two works whose keys are equal have equal results.
            work: yields the results, each with more in it than the one before.
        """
        if key == self._key:
            self._say()
            return False
        self._key, self._work = key, work
        if key in self._kept:
            self._background.cancel()
            self._receive(self._kept[key])
        else:
            self.begin()
        return True

    def begin(self) -> None:
        """Begins what was asked for last, also where it was stopped."""
        self.state, self.message = "stale", ""
        self._say()
        self._background.start(self._work)

    def stop(self) -> None:
        """Stops; what is drawn stays."""
        self._background.cancel()
        self.state, self.message = "stopped", ""
        self._say()

    def leave(self) -> None:
        """The tab was left: unfinished work stops, and begins again when it is asked for."""
        self._background.cancel()
        if self.state != "done":
            self._key = None

    def refuse(self, message: str) -> None:
        """Stops, asks for nothing and forgets the result, for a reason that is given as HTML."""
        self._background.cancel()
        self._key, self.result, self.state, self.message = None, None, "failed", message
        self._say()

    def _receive(self, result: Result) -> None:
        share, self.message = self._share_of(result), ""
        if share:
            self.result, self._share = result, share
            self.state = "done" if share == 1 else "partial"
            self._keep(result)
            self._draw(result)
        self._say()

    def _keep(self, result: Result) -> None:
        if self._key is not None and self.state == "done" and self._most:
            self._kept[self._key] = result
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def _wait(self, sentence: str) -> None:
        """Says until when the work is interrupted, unless it has just come to its end."""
        if self.state != "done":
            self.message = status(sentence)
            self._say()

    def _fail(self, sentence: str) -> None:
        self.state, self.message = "failed", alert(as_sentence(sentence))
        self._say()


def dim_pictures(view: pn.Column, work: TabWork) -> None:
    """Dims the pictures of a tab, all but its last part, where there are none of the scene."""
    for picture in view.objects[:-1]:
        dim(picture, work.state == "failed")
