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

_Key = tuple[str, tuple[float, float]]
_Made = tuple[Objective, tuple[str, ...]]


class TypedFormula:
    """The formula of one explorer, which belongs to the page on which this is made.

    What was made of the last formula, or why it was refused, is kept.
    """

    def __init__(self):
        self._page = current_page()
        self._last: tuple[_Key, _Made | str] | None = None

    def made_before(self, text: str, window: tuple[float, float]) -> Objective | None:
        """The objective of a formula where it is at hand."""
        if self._last is None:
            return None
        key, made = self._last
        return made[0] if key == (text, window) and not isinstance(made, str) else None

    def objective(self, text: str, window: tuple[float, float]) -> Objective:
        """The objective of a formula, the same one for the same arguments in turn.

        Takes a second where it was not made before.

        Raises:
            ExpressionError: the formula is refused, or too many were asked for.
        """
        key, last = (text, window), self._last
        if last is None or last[0] != key:
            last = self._last = key, self._make(parse(text), window)
        made = last[1]
        if isinstance(made, str):
            raise ExpressionError(made, 1)
        return made[0]

    def gradient(self, text: str) -> tuple[str, ...]:
        """∂f/∂x_i in LaTeX of the last formula; empty for another, and where it was refused."""
        if self._last is None:
            return ()
        (known, _), made = self._last
        return made[1] if known == text and not isinstance(made, str) else ()

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
