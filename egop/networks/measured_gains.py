"""Gains that were measured over our problems, beside what is known before a run.

The numbers are in a file that `benchmarks/would_it_help.py` writes; it says how they were measured.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
PREDICTORS = ("off_diagonal_share", "density", "ratio")
"""Numbers that are known before a run; the last is sr/(dβ_1)."""


@cache
def measured_gains() -> dict[str, list[dict[str, Any]]]:
    """The problems as "rows", and "correlations" of what is known with what was gained."""
    return json.loads(FILE.read_text(encoding="utf-8"))
