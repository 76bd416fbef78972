"""Domains of a formula's parts: which of them may be NaN where the variables are finite."""

from functools import lru_cache
from typing import Any

import sympy

from egop.objectives.special import TimesLog

PARTIAL = (sympy.log, sympy.asin, sympy.acos, sympy.acosh, sympy.atanh, TimesLog)
"""Functions that are not defined everywhere; a power with a fractional exponent is another one."""


class Domains:
    """The steps of a program that are not defined everywhere.

    The real line is what a formula is defined on: log(x) − log(x) is no number where x is below 0,
    although sympy makes 0 of it. A removable 0/0 such as that of x²/x is no such part.
    """

    def __init__(self):
        self._steps: set[Any] = set()

    def record(self, name: Any, expression: Any) -> None:
        """Takes note of a step; its own steps come first."""
        if name not in self._steps and self.partial(expression):
            self._steps.add(name)

    def partial(self, expression: Any) -> set[Any]:
        """The parts of an expression that are not defined everywhere."""
        return (expression.free_symbols & self._steps) | _partial_parts(expression)

    def lost(self, whole: Any, parts: list) -> list:
        """The parts not defined everywhere that a sum or a product of such parts has no more."""
        before = set().union(*map(self.partial, parts))
        if not before:
            return []
        after = self.partial(whole)
        powers = {part.base for part in after if part.is_Pow}
        return sorted((p for p in before - after if not (p.is_Pow and p.base in powers)), key=str)


@lru_cache(maxsize=4096)
def _partial_parts(expression: Any) -> frozenset[Any]:
    return frozenset(part for part in sympy.preorder_traversal(expression) if _is_partial(part))


def _is_partial(part: Any) -> bool:
    fractional = part.is_Pow and not part.exp.is_Integer and not part.base.is_Number
    return bool(part.free_symbols) and (fractional or isinstance(part, PARTIAL))
