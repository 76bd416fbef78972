"""Typed formulas become objectives: derived in a process where they are a stranger's, and compiled.

On a served page a formula comes from a stranger: it is differentiated in another process, which is
ended after `SECONDS`, and what comes back is source of bounded length. In a notebook or a script it
is one's own, and the bounds of `egop.objectives.formula_source` are all that holds. Both this and
the compilation take longer than a frame: the event loop only asks for what was made before.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from egop.admission import ADMISSION, LimitError
from egop.limited_process import LimitedProcesses
from egop.objectives import Objective
from egop.objectives.expression import KEPT, Formula, objective_of, parse
from egop.objectives.generated import Derivation
from egop.objectives.grammar import ExpressionError
from egop.ui.document import current_page

SECONDS = 1.0
"""That a formula of a served page may be differentiated; most take 0.05."""
PROCESSES = LimitedProcesses(preload=("egop.objectives.formula_source",), workers=2, megabytes=512)
"""The processes for all visitors; the server starts them before the first one comes."""
MAKING = "The formula is being differentiated and compiled."

KEPT_HERE = 4
"""Formulas that one explorer keeps: a thread that makes an outdated one may end after the next."""

_Key = tuple[str, tuple[float, float]]
_Made = tuple[Objective, tuple[str, ...]]


class TypedFormula:
    """The formulas of one explorer, which belongs to the page on which this is made.

    What was made of the last ones, or why they were refused, is kept.
    """

    def __init__(self):
        self._page = current_page()
        self._known: dict[_Key, _Made | str] = {}

    def made_before(self, text: str, window: tuple[float, float]) -> Objective | None:
        """The objective of a formula where it is at hand."""
        made = self._known.get((text, window), "")
        return None if isinstance(made, str) else made[0]

    def objective(self, text: str, window: tuple[float, float]) -> Objective:
        """The objective of a formula; as long as it is kept, one for the same arguments.

        Takes a second where it was not made before.

        Raises:
            ExpressionError: the formula is refused, or too many were asked for.
        """
        key = text, window
        made = self._known.get(key) or self._make(parse(text), window)
        self._known.pop(key, None)
        self._known[key] = made
        while len(self._known) > KEPT_HERE:
            del self._known[next(iter(self._known))]
        if isinstance(made, str):
            raise ExpressionError(made, 1)
        return made[0]

    def gradient(self, text: str) -> tuple[str, ...]:
        """∂f/∂x_i in LaTeX of a formula that is kept; empty for another, or a refused one."""
        for (known, _), made in list(self._known.items()):
            if known == text and not isinstance(made, str):
                return made[1]
        return ()

    def _make(self, formula: Formula, window: tuple[float, float]) -> _Made | str:
        """The objective of a formula and its gradient, or the sentence that refuses it for good."""
        try:
            ADMISSION.take("formulas", self._page.visitor)
        except LimitError as error:
            raise ExpressionError(str(error), 1) from None
        try:
            return make(formula, window, derived_elsewhere if self._page.served else derived_here)
        except ExpressionError as error:
            return str(error)


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
