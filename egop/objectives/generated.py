"""A formula's derivation as plain data, and the functions that are made of it."""

from typing import Any, NamedTuple

import numpy as np


def choose(condition, a, b):
    """Returns `a` where the condition holds, else `b`; both were computed."""
    return a if condition else b


class Derivation(NamedTuple):
    """A formula's derivatives, as source that `egop.objectives.source` printed.

    Attributes:
        canonical: the formula in its canonical spelling.
        kernel: source of `kernel(data, dim, point, gradient) -> value`, of numbers.
        value: source of `arrays(x) -> [value]`, for numpy.
        quadratic: H, row by row, and c of f = ½(x−c)ᵀH(x−c) + constant; empty for other formulas.
        hessian: source of `arrays(x) -> [value, ∂²f/∂x₁², …]`; "": not derived, None: too long.
        latex: ∂f/∂x_i in LaTeX; empty: not derived.
    """

    canonical: str
    kernel: str
    value: str
    quadratic: tuple[float, ...] = ()
    hessian: str | None = ""
    latex: tuple[str, ...] = ()


def defined(name: str, source: str) -> Any:
    """The function that a source makes; it sees numpy as `np`, and `choose`."""
    namespace: dict[str, Any] = {"np": np, "choose": choose, "__builtins__": {}}
    exec(compile(source, "<formula>", "exec"), namespace)  # noqa: S102
    return namespace[name]
