"""Checks what a form takes from a browser: values of its own fields, each of the field's kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from egop.ui.component import LONGEST

Row = dict[str, Any]


def takes(rows: list[Row], values: Mapping[str, Any], data: Any) -> bool:
    """Returns True if a message is one that the script of a form with these rows sends.

    Args:
        rows: of the form.
        values: what its fields hold.
        data: the message, {"name": …, "value": …}.
    """
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return False
    name, value = data["name"], data.get("value")
    fields = {row["name"]: row for row in flat(rows) if row["kind"] in KINDS}
    if name in fields:
        return KINDS[fields[name]["kind"]](fields[name], value, values)
    row = fields.get(name.removesuffix(":typed"), {})
    return bool(row.get("typed")) and name.endswith(":typed") and _is_text(value)


def flat(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of a form, and those within lines, folds and lists of rates."""
    for row in rows:
        yield row
        yield from flat([*row.get("rows", ()), *row.get("methods", {}).values()])


def keys_of(options: Mapping[str, Any]) -> Iterator[str]:
    """The keys of options, or of groups of options."""
    for key in options.values():
        if isinstance(key, Mapping):
            yield from keys_of(key)
        else:
            yield key


def _is_option(row: Row, value: Any, values: Mapping[str, Any]) -> bool:
    options = values.get(f"{row['name']}:options") or row.get("options", {})
    return isinstance(value, str) and value in (*keys_of(options), *row.get("methods", ()))


def _are_options(row: Row, value: Any, values: Mapping[str, Any]) -> bool:
    if not isinstance(value, list) or not all(_is_option(row, each, values) for each in value):
        return False
    return len(set(value)) == len(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_number(value: Any) -> bool:
    """A finite number, or the text that was typed where one is asked for."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _is_text(value)
    try:
        return isfinite(value)
    except OverflowError:
        return False


def _can_be_pressed(shown: Any) -> bool:
    """Returns True if a button is there and enabled."""
    return not shown.get("disabled") if isinstance(shown, Mapping) else bool(shown)


KINDS: dict[str, Callable[[Row, Any, Mapping[str, Any]], bool]] = {
    "slider": lambda row, value, values: _is_number(value),
    "number": lambda row, value, values: _is_number(value),
    "text": lambda row, value, values: _is_text(value),
    "check": lambda row, value, values: isinstance(value, bool),
    "button": lambda row, value, values: _can_be_pressed(values.get(row["name"])),
    "choice": _is_option,
    "switch": _is_option,
    "several": _are_options,
    "rates": _are_options,
}
"""Checks of values by kind of field; the third argument is what all fields hold."""
