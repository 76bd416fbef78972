"""Checks what a form takes from a browser: values of its own fields, each of the field's kind."""

from collections.abc import Iterator, Mapping
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
    fields = dict(fields_of(rows))
    row = fields.get(name)
    if row is None:
        row = fields.get(name.removesuffix(":typed"), {})
        return bool(row.get("typed")) and name.endswith(":typed") and _is_text(value)
    if row["kind"] == "button":
        return _can_be_pressed(values.get(name))
    if row["kind"] in {"choice", "switch", "several"}:
        options = set(keys_of(values.get(f"{name}:options") or row["options"]))
        return _are_keys(value, options) if row["kind"] == "several" else _is_key(value, options)
    return KINDS[row["kind"]](row, value)


def fields_of(rows: list[Row]) -> Iterator[tuple[str, Row]]:
    """The fields that tell something, by name, also those within lines, folds and rates."""
    for row in rows:
        yield from fields_of(row.get("rows", []))
        if row["kind"] == "rates":
            yield from ((each["name"], each) for each in row["methods"].values())
        if row["kind"] in KINDS or row["kind"] in {"button", "choice", "switch", "several"}:
            yield row["name"], row


def keys_of(options: Mapping[str, Any]) -> Iterator[str]:
    """The keys of options, or of groups of options."""
    for key in options.values():
        if isinstance(key, Mapping):
            yield from keys_of(key)
        else:
            yield key


def _is_key(value: Any, options: set[str]) -> bool:
    return isinstance(value, str) and value in options


def _are_keys(value: Any, options: set[str]) -> bool:
    if not isinstance(value, list) or not all(_is_key(each, options) for each in value):
        return False
    return len(set(value)) == len(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_number(row: Row, value: Any) -> bool:
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


KINDS = {
    "slider": _is_number,
    "number": _is_number,
    "text": lambda row, value: _is_text(value),
    "check": lambda row, value: isinstance(value, bool),
    "rates": lambda row, value: _are_keys(value, set(row["methods"])),
}
"""By the kind of a field whose options are in its row, whether it takes a value."""
