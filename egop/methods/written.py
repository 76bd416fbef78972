"""Methods in writing: a name, or a name with options, such as "galore(rank=4)"."""

import ast
from collections.abc import Mapping
from typing import Any

from egop.bounds import shown

LONGEST = 300
"""Characters of a method in writing, and so of the names of files that hold it."""


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the options of a method in writing.

    Options are numbers or words, and words need no quotes: "muon(orthogonalization=exact)". Nothing
    that is written is carried out.

    Raises:
        ValueError: it is neither a name nor a name with options.
    """
    if "(" not in text:
        return text, {}
    try:
        if len(text) > LONGEST:
            raise ValueError
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            raise ValueError
        options = {str(each.arg): _value(each.value) for each in call.keywords if each.arg}
        if len(options) < len(call.keywords):
            raise ValueError
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(
            "a method is written as its name, or as its name with options that are numbers or "
            f"words, such as galore(rank=4, refresh=100), got {shown(text)}"
        ) from None
    return call.func.id, options


def _value(node: ast.expr) -> Any:
    """A number or a word; ValueError for anything else."""
    value = node.id if isinstance(node, ast.Name) else ast.literal_eval(node)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    return value


def write_call(name: str, options: Mapping[str, Any]) -> str:
    """A method in writing, as `read_call` reads it: words without quotes where they are names."""
    if not options:
        return name
    pairs = (f"{key}={_written(value)}" for key, value in options.items())
    return f"{name}({', '.join(pairs)})"


def python_call(text: str, learning_rate: float) -> str:
    """The call that makes a method in writing, such as "egop.methods.adam(learning_rate=0.1)".

    Raises:
        ValueError: as `read_call`.
    """
    name, options = read_call(text)
    given = {"learning_rate": learning_rate} | options
    return f"egop.methods.{name}({', '.join(f'{key}={x!r}' for key, x in given.items())})"


def _written(value: Any) -> str:
    if isinstance(value, str) and value.isidentifier() and value not in {"True", "False", "None"}:
        return value
    return repr(value)
