"""The tree of a formula: what its nodes are, how they print, and which sizes they may reach."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

import numpy as np

from egop.objectives.grammar import (
    FUNCTIONS,
    LETTERS,
    MAX_EXPONENT,
    NUMBERED,
    ExpressionError,
)

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""Precedence of operators; a child with a lower one than its place asks for gets parentheses."""


class Size(NamedTuple):
    """Properties of a part of a formula that are limited.

    Attributes:
        constant: its value if it has no variable, else None.
        degree: a bound of its degree, where each function counts as 1.
        polynomial: whether it is a polynomial.
    """

    constant: float | None
    degree: float
    polynomial: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A number ≥ 0 as typed, or a named constant."""

    value: float
    name: str = ""
    position: int = field(default=0, compare=False)

    binding = ATOM

    def text(self, names: tuple[str, ...]) -> str:
        """The number in the grammar, to full precision."""
        return self.name or (repr(self.value).removesuffix(".0"))

    def size(self) -> Size:
        """The number itself."""
        return Size(self.value, 0, True)


@dataclass(frozen=True, slots=True)
class Variable:
    """The variable number `index`, from 0."""

    index: int
    position: int = field(default=0, compare=False)

    binding = ATOM

    def text(self, names: tuple[str, ...]) -> str:
        """Its name."""
        return names[self.index]

    def size(self) -> Size:
        """Degree 1."""
        return Size(None, 1, True)


@dataclass(frozen=True, slots=True)
class Negative:
    """−operand, binding less than a power: −x² is −(x²)."""

    operand: "Node"
    position: int = field(default=0, compare=False)

    binding = SIGN

    def text(self, names: tuple[str, ...]) -> str:
        """The sign and its operand; of two signs in a row the parser would make none."""
        return "-" + wrapped(self.operand, POWER, names)

    def size(self) -> Size:
        """The operand's, with the other sign."""
        size = self.operand.size()
        return size if size.constant is None else size._replace(constant=-size.constant)


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum; a − b is the sum of a and −b."""

    terms: "tuple[Node, ...]"
    position: int = field(default=0, compare=False)

    binding = SUM

    def text(self, names: tuple[str, ...]) -> str:
        """The terms between + and -."""
        text = wrapped(self.terms[0], PRODUCT, names)
        for sign, term in self.signed():
            text += f" {sign} {wrapped(term, PRODUCT, names)}"
        return text

    def signed(self) -> "list[tuple[str, Node]]":
        """The sign of each term after the first, and what follows it."""
        return [("-", t.operand) if isinstance(t, Negative) else ("+", t) for t in self.terms[1:]]

    def size(self) -> Size:
        """The constants' sum; the largest degree."""
        sizes = [term.size() for term in self.terms]
        constants = _constants(sizes)
        if constants is not None:
            return _constant(sum(constants), self.position)
        polynomial = all(s.polynomial for s in sizes)
        if polynomial and (constants := _constants(self._left(sizes))) is not None:
            return _constant(sum(constants), self.position)
        return Size(None, max(s.degree for s in sizes), polynomial)

    def _left(self, sizes: list[Size]) -> list[Size]:
        """The sizes of what is left when each term has met its negative: of x − x + 9 that of 9."""
        left: dict[Node, list[Size]] = {}
        for term, size in zip(self.terms, sizes, strict=True):
            other = term.operand if isinstance(term, Negative) else Negative(term)
            met = left.get(other)
            if met:
                met.pop()
            else:
                left.setdefault(term, []).append(size)
        return [size for each in left.values() for size in each]


@dataclass(frozen=True, slots=True)
class Product:
    """Π factors / Π divisors."""

    factors: "tuple[Node, ...]"
    divisors: "tuple[Node, ...]" = ()
    position: int = field(default=0, compare=False)

    binding = PRODUCT

    def text(self, names: tuple[str, ...]) -> str:
        """All factors, then all divisors."""
        factors = "*".join(wrapped(factor, SIGN, names) for factor in self.factors)
        return factors + "".join("/" + wrapped(d, SIGN, names) for d in self.divisors)

    def size(self) -> Size:
        """The constants' product; the sum of degrees."""
        above = [factor.size() for factor in self.factors]
        below = [divisor.size() for divisor in self.divisors]
        for divisor, size in zip(self.divisors, below, strict=True):
            if size.constant == 0:
                position = divisor.position
                raise ExpressionError(f"division by zero at position {position}", position)
        sizes, divided = above + below, _constants(below)
        if divided is not None and _is_zero(above):
            return Size(0.0, 0, True)
        constants = _constants(above)
        if constants is not None and divided is not None:
            return _constant(float(np.prod(constants) / np.prod(divided)), self.position)
        polynomial = divided is not None and all(size.polynomial for size in above)
        return Size(None, sum(size.degree for size in sizes), polynomial)


@dataclass(frozen=True, slots=True)
class Power:
    """base^exponent; position is that of the sign ^."""

    base: "Node"
    exponent: "Node"
    position: int = field(default=0, compare=False)

    binding = POWER

    def text(self, names: tuple[str, ...]) -> str:
        """Base and exponent around ^."""
        return f"{wrapped(self.base, ATOM, names)}^{wrapped(self.exponent, SIGN, names)}"

    def size(self) -> Size:
        """Degree times exponent.

        Raises:
            ExpressionError: the exponent or the degree is above `MAX_EXPONENT`.
        """
        base, exponent = self.base.size(), self.exponent.size().constant
        if exponent == 0 or base.constant == 1:
            return Size(1.0, 0, True)
        if exponent is None:
            if base.constant is not None and base.constant <= 0:
                raise ExpressionError(
                    f"the variable exponent at position {self.position} needs a positive base, "
                    f"got {base.constant:.6g}",
                    self.position,
                )
            return Size(None, max(base.degree, 1), False)
        check_exponent(exponent, self.position)
        degree = base.degree * max(abs(exponent), 1)
        if degree > MAX_EXPONENT:
            raise ExpressionError(
                f"the powers up to position {self.position} multiply to degree {degree:.6g}; "
                f"at most {MAX_EXPONENT} is allowed",
                self.position,
            )
        if base.constant is not None:
            return _constant(np.float64(base.constant) ** exponent, self.position)
        whole = exponent >= 0 and exponent == int(exponent)
        return Size(None, degree, base.polynomial and whole)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table with its arguments; meaning is its definition, if it has one."""

    name: str
    arguments: "tuple[Node, ...]"
    position: int = field(default=0, compare=False)
    meaning: "Node | None" = field(default=None, compare=False, repr=False)

    binding = ATOM

    def text(self, names: tuple[str, ...]) -> str:
        """The name and the arguments in parentheses."""
        return f"{self.name}({', '.join(a.text(names) for a in self.arguments)})"

    def size(self) -> Size:
        """The function of the constants; the largest degree, half of it for a root, at least 1."""
        if self.meaning is not None:
            size = self.meaning.size()
            return Size(size.constant, max(1, size.degree), False)
        sizes = [argument.size() for argument in self.arguments]
        constants = _constants(sizes)
        if constants is not None:
            return _constant(getattr(np, FUNCTIONS[self.name].numpy)(*constants), self.position)
        degree = max(size.degree for size in sizes) / (2 if self.name == "sqrt" else 1)
        return Size(None, max(1, degree), False)


Node = Number | Variable | Negative | Sum | Product | Power | Call


@dataclass(frozen=True)
class Formula:
    """A formula that was accepted.

    Attributes:
        text: as it was typed.
        tree: its top node.
        dim: the highest variable used, at least 2.
        numbered: the variables are x1…x8 and not x, y, z, w.
        quadratic: it is a polynomial of degree at most 2.
        degree: a bound of it for a polynomial, else None.
    """

    text: str = field(compare=False)
    tree: Node
    dim: int
    numbered: bool
    quadratic: bool = field(compare=False)
    degree: int | None = field(default=None, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables' names, (dim)."""
        return (NUMBERED if self.numbered else LETTERS)[: self.dim]

    def __str__(self) -> str:
        """The formula in one canonical spelling, which parses to the same tree."""
        return self.tree.text(self.names)


def check_exponent(exponent: float, position: int | None = None) -> None:
    """ExpressionError where a constant exponent is above `MAX_EXPONENT`; position: if known."""
    if abs(exponent) > MAX_EXPONENT:
        at = f"at position {position} " if position else ""
        raise ExpressionError(
            f"the exponent {exponent:.6g} {at}is too large; at most {MAX_EXPONENT} is allowed",
            position or 1,
        )


def wrapped(node: Node, place: int, names: tuple[str, ...]) -> str:
    """The node in the grammar, in parentheses when it binds less than its place asks for."""
    text = node.text(names)
    return f"({text})" if node.binding < place else text


def substituted(node: Node, arguments: tuple[Node, ...], position: int) -> Node:
    """The node with arguments in place of its variables, all else of it at one position."""
    if isinstance(node, Variable):
        return arguments[node.index]
    changed: dict[str, Any] = {"position": position}
    for each in fields(node):
        part = getattr(node, each.name)
        if isinstance(part, tuple):
            changed[each.name] = tuple(substituted(p, arguments, position) for p in part)
        elif isinstance(part, Node):
            changed[each.name] = substituted(part, arguments, position)
    return replace(node, **changed)


def _is_zero(factors: list[Size]) -> bool:
    """Returns True if a factor is 0 and none of the others may be infinite or undefined."""
    return any(size.constant == 0 for size in factors) and all(size.polynomial for size in factors)


def _constants(sizes: list[Size]) -> list[float] | None:
    """The values of parts that are all constant, else None."""
    constants = [size.constant for size in sizes if size.constant is not None]
    return constants if len(constants) == len(sizes) else None


def _constant(value: float, position: int) -> Size:
    """The size of a constant; ExpressionError when it is not a finite real number."""
    if not math.isfinite(value):
        raise ExpressionError(
            f"the constant part at position {position} is not a finite real number", position
        )
    return Size(float(value), 0, True)
