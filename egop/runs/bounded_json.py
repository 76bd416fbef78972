"""JSON that anybody may have written: bounded in bytes, depth, and number and size of values."""

import json
import stat
from pathlib import Path
from typing import Any

from egop.runs.atomic import replacing

BYTES = 1 << 22
"""The most bytes of a file; those of egop have up to some hundred thousand."""
DEPTH = 20
VALUES = 300_000
LONGEST = 10_000
"""Characters of a text."""
LARGEST = 2**63
"""Integers are smaller: writing longer ones takes time, and floats cannot hold them."""


def read_json(path: Path, largest: int = BYTES) -> Any:
    """The value in a file.

    Args:
        path: of the file.
        largest: bytes that it may have.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, or beyond the bounds.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for its writer
        raise ValueError("it is no file")
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"it has more than {largest} bytes")
    return parse_json(content.decode("utf-8"))


def write_json(path: Path, value: Any, **options: Any) -> None:
    """Writes a value into a file, whole or not at all.

    Args:
        path: of the file.
        value: any that JSON has.
        **options: of `json.dumps`.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    with replacing(path) as temporary:
        text = json.dumps(value, indent=2, **options) + "\n"
        temporary.write_text(text, encoding="utf-8")


def parse_json(text: Any) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is no text, no JSON, or beyond the bounds.
    """
    if not isinstance(text, str):
        raise ValueError(f"JSON is a text, got {text!r:.60}")
    if len(text) > BYTES:
        raise ValueError(f"it has more than {BYTES} characters")
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check(value)
    return value


def _check(value: Any) -> None:
    """ValueError where a value is too deep, or has too many or too large parts."""
    level, count = [value], 0
    for _ in range(DEPTH):
        count += len(level)
        if count > VALUES:
            raise ValueError(f"it has more than {VALUES} values")
        for each in level:
            if isinstance(each, str) and len(each) > LONGEST:
                raise ValueError(f"it has a text of more than {LONGEST} characters")
            if isinstance(each, int) and abs(each) >= LARGEST:
                raise ValueError("it has an integer of more than 64 bits")
        level = [part for each in level for part in _parts(each)]
        if not level:
            return
    raise ValueError(f"it is nested more than {DEPTH} times")


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
