"""The table of methods and rotations: which changes of basis leave which paths the same."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from egop.methods.method import Method
from egop.methods.registry import METHODS, method, written
from egop.methods.rule import ROTATIONS, GradientRank

UNCHANGED, CHANGED = "unchanged", "changed"


def equivariance_table(
    methods: str | Method | Iterable[str | Method] | None = None,
) -> dict[str, dict[str, str]]:
    """The rotations that change the path of each method, and those that leave it the same.

    A rotation from the left maps W ↦ UᵀW, from the right W ↦ WV, a Kronecker basis W ↦ UᵀWV, and
    one of the whole vector all entries of W together. Where a path is unchanged, no basis of that
    kind can make the method better or worse: for example an EGOP basis of Kronecker form in front
    of Shampoo.

    >>> equivariance_table(["adam", "shampoo"])["shampoo"]["kronecker"]
    'unchanged'

    Args:
        methods: a name or method, or several; None: every built-in method.

    Returns:
        For each method in writing, such as "soap" or "soap(warm_up=0)", a dict with the keys
        "left", "right", "kronecker" and "whole", whose values are "unchanged", "changed", or the
        condition under which the path is unchanged.

    Raises:
        ValueError: no method has a name that is given.
        TypeError: neither names nor methods.
    """
    given = METHODS if methods is None else methods
    given = [given] if isinstance(given, str | Method) or not isinstance(given, Iterable) else given
    each = [m if isinstance(m, Method) else method(_name(m)) for m in given]
    return {_key(m): {kind: cell(m, kind) for kind in ROTATIONS} for m in each}


def _name(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(
            f"equivariance_table takes names of methods, such as 'muon', or methods, got {given!r}"
        )
    return given


def _key(method: Method) -> str:
    """The method in writing; one that no name stands for by its own name."""
    try:
        return written(method)
    except ValueError:
        return method.name


def cell(method: Method, rotation: str) -> str:
    """The table's entry of a method for one of `ROTATIONS`."""
    if rotation in method.rule.unchanged_by:
        return UNCHANGED
    conditions = method.rule.unchanged_if
    conditions = conditions(method.hyperparameters) if callable(conditions) else conditions
    return conditions.get(rotation, CHANGED)


def can_be_unchanged(method: Method, rotation: str, gradients: GradientRank) -> bool:
    """False if a rotation of a weight matrix changes the path of a method, whatever it is.

    Where the path is the same under a condition alone, that the shape and the rank of gradients
    exclude it is known; that it holds is not, since the rank may be less.

    Args:
        method: with its hyperparameters.
        rotation: one of `ROTATIONS`.
        gradients: of the matrix.
    """
    found = cell(method, rotation)
    if found in (UNCHANGED, CHANGED):
        return found == UNCHANGED
    if method.rule.can_hold is None:
        return True
    left, right = method.rule.can_hold(gradients, method.hyperparameters)
    return {"left": left, "right": right, "kronecker": left and right}[rotation]


def families(table: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    """The names of a table's methods, grouped by equal rows; those changed the least come first."""

    def row(name: str) -> tuple[int, list[str]]:
        cells = list(table[name].values())
        return sum(c == CHANGED for c in cells) - sum(c == UNCHANGED for c in cells), cells

    return [list(names) for _, names in groupby(sorted(table, key=row), row)]
