"""Typed formulas become objectives off the event loop: derived in a process, compiled in a thread.

On a served page a formula comes from a stranger: it is differentiated in another process, which is
ended after `SECONDS`, and what comes back is source of bounded length. In a notebook or a script it
is one's own, and the bounds of `egop.objectives.formula_source` are all that holds. Native code is
made in a thread of `Background`. The event loop meets only formulas whose kernel is compiled.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from egop.admission import ADMISSION, LimitError
from egop.limited_process import LimitedProcesses
from egop.objectives import Objective
from egop.objectives.expression import KEPT, Formula, objective_of, parse
from egop.objectives.generated import Derivation
from egop.objectives.grammar import ExpressionError
from egop.ui.background import Background
from egop.ui.document import current_page

SECONDS = 1.0
"""That a formula of a served page may be differentiated; most take 0.05."""
PROCESSES = LimitedProcesses(preload=("egop.objectives.formula_source",), workers=2, megabytes=512)
"""For all visitors; the server starts them before the first one comes."""
PENDING = "The formula is being differentiated and compiled."


class PendingError(Exception):
    """The formula is no objective yet; the page asks again when it is."""


class TypedFormula:
    """The formula of one explorer: what was made of the last one, and the one that is being made.

    Args:
        changed: called on the event loop when a formula of which `objective` has said that it is
            being made was made or refused.
    """

    def __init__(self, changed: Callable[[], None]):
        self._changed = changed
        self._work: Background[_Made] = Background(self._settle, self._settle)
        self._wanted: _Key | None = None
        self._said_pending = False
        self._made: dict[_Key, _Made | str] = {}

    def objective(self, text: str, window: tuple[float, float]) -> Objective:
        """The objective of a formula, the same one for the same arguments in turn.

        Raises:
            ExpressionError: the formula is refused, or too many were asked for.
            PendingError: it is being made.
        """
        key = text, window
        if key in self._made:
            self.forget()
        elif key != self._wanted:
            formula = parse(text)
            try:
                ADMISSION.take("formulas", current_page().visitor)
            except LimitError as error:
                raise ExpressionError(str(error), 1) from None
            self._start(formula, key)
        made = self._made.get(key)
        if made is None:
            self._said_pending = True
            raise PendingError(PENDING)
        if isinstance(made, str):
            raise ExpressionError(made, 1)
        return made[0]

    def gradient(self, text: str) -> tuple[str, ...]:
        """∂f/∂x_i in LaTeX of a formula that was made; empty for another."""
        made = (made for key, made in self._made.items() if key[0] == text)
        return next((each[1] for each in made if not isinstance(each, str)), ())

    def forget(self) -> None:
        """Another objective is shown: what is being made is wanted no more."""
        if self._wanted is not None:
            self._wanted = None
            self._work.cancel()

    def _start(self, formula: Formula, key: "_Key") -> None:
        self._wanted, self._said_pending = key, False
        derive = derived_elsewhere if current_page().served else derived_here

        def work() -> Iterator[_Made]:
            yield make(formula, key[1], derive)

        self._work.start(work)

    def _settle(self, made: "_Made | str") -> None:
        if self._wanted is not None:
            self._made = {self._wanted: made}
            self._wanted = None
            if self._said_pending:
                self._changed()


_Key = tuple[str, tuple[float, float]]
_Made = tuple[Objective, tuple[str, ...]]


def make(
    formula: Formula, window: tuple[float, float], derive: Callable[[str], Derivation]
) -> _Made:
    """An objective whose kernel is compiled, and its gradient in LaTeX.

    Raises:
        ExpressionError: the formula is refused.
    """
    derivation = derive(str(formula))
    objective = objective_of(formula, derivation, domain=window)
    objective.value(np.zeros(objective.dim))  # compiles
    return objective, derivation.latex


@lru_cache(maxsize=KEPT)
def derived_here(canonical: str) -> Derivation:
    """A formula's derivatives, computed in this process."""
    from egop.objectives.formula_source import derive

    return derive(canonical, True)


@lru_cache(maxsize=KEPT)
def derived_elsewhere(canonical: str) -> Derivation:
    """A formula's derivatives, computed in another process within `SECONDS`.

    Raises:
        ExpressionError: the formula is refused, or takes too long.
    """
    from egop.objectives.formula_source import derive

    try:
        return PROCESSES.call(derive, canonical, True, seconds=SECONDS)
    except (TimeoutError, MemoryError, ChildProcessError, RecursionError):
        raise ExpressionError(
            f"the formula could not be differentiated within {SECONDS:g} second; make it shorter, "
            "or try again later",
            1,
        ) from None
