"""Values that nobody should send: of the wrong type, not finite, out of bounds, huge, nested."""

import base64
import gzip
from random import Random
from typing import Any

NUMBERS = (
    0, -1, 1, 2**31, -(2**63), 2**64, 10**30, 0.5, -0.0, 1e308, -1e308, 5e-324, 1e16, 3e9,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "nan", "inf", "1e999", "1,5", "²", "٣", "NaN, NaN", "1e308, 1e308", "0x10",
    "None", "true", "../../etc/passwd", "a\x00b", "\ud800", "\u202e",
    "<img src=x onerror=alert(1)>", "{{7*7}}", "%s%n", "x" * 1000, "9" * 5000, "(" * 500,
    "x^" * 100 + "x", "1/0", "log(-1)", "x+y", "adam", "egop", "own", "formula", "dial", "map",
    "quadratic", "log_sum_exp", "?page=networks",
)  # fmt: skip
BOMB = base64.b64encode(100 * gzip.compress(bytes(5_000_000), mtime=1)).decode()
"""Half a gigabyte of zeros in half a megabyte."""
ENCODED: tuple[dict[str, Any], ...] = (
    {"type": "number", "value": "nan"},
    {"type": "number", "value": "+inf"},
    {"type": "number", "value": "seven"},
    {"type": "map", "entries": [["a", 1], [["b"], 2]]},
    {"type": "map", "entries": "no list"},
    {"type": "set", "entries": [1, [2]]},
    {"type": "object", "name": "Slider", "id": "forged", "attributes": {"value": []}},
    {"type": "object", "name": "panel.models.esm.ReactiveESM", "id": "p1"},
    {"type": "ndarray", "array": {"type": "bytes", "data": "AAAA"}, "dtype": "float64",
     "order": "little", "shape": [10**9]},
    {"type": "ndarray", "array": {"id": "no buffer"}, "dtype": "object", "order": "little",
     "shape": [1]},
    {"type": "bytes", "data": "no base64 !"},
    {"type": "bytes", "data": BOMB},
    {"type": "ndarray", "array": {"type": "bytes", "data": BOMB}, "dtype": "uint8",
     "order": "little", "shape": [500_000_000]},
    {"type": "slice", "start": "a", "stop": {}, "step": 0},
    {"type": "date", "iso": "99999-99-99"},
    {"type": "symbol", "name": "__import__"},
    {"type": "no such type"},
    {"id": "no such model"},
)  # fmt: skip
"""Values that Bokeh's decoder takes for something else than plain JSON."""


def hostile(rng: Random, depth: int = 0) -> Any:
    """A value of any kind."""
    kinds = (
        lambda: rng.choice(NUMBERS),
        lambda: rng.choice(TEXTS),
        lambda: rng.choice([None, True, False, [], {}]),
        lambda: [hostile(rng, depth + 1) for _ in range(rng.randrange(4))] if depth < 3 else [],
        lambda: {rng.choice(TEXTS): hostile(rng, depth + 1)} if depth < 3 else {},
        lambda: large(rng) if depth == 0 else None,
    )
    return rng.choice(ENCODED) if rng.random() < 0.05 else rng.choice(kinds)()


def large(rng: Random) -> Any:
    """A value of a size that nobody needs."""
    kinds = (
        lambda: [rng.choice(NUMBERS[:6])] * 100_000,
        lambda: rng.choice("x9(") * 1_000_000,
        lambda: nested(rng.choice([30, 300])),
        lambda: {str(i): i for i in range(20_000)},
    )
    return rng.choice(kinds)()


def nested(depth: int) -> Any:
    """Lists within each other."""
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made
