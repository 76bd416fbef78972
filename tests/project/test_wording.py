"""Counts in sentences: "1 trial" and "8 trials", by one function."""

import ast
import re
from pathlib import Path

import pytest

from egop import theme

ROOT = Path(__file__).resolve().parents[2]
COUNTED = re.compile(r" (run|trial|epoch|step|start|rate|estimate|sample|file|seed)s\b")
SEVERAL = re.compile(r"(medians? of|of the|at most|up to) $|^ of $")
"""After these words, and in "3 of 50 starts", there is more than one."""


def test_one_is_singular():
    assert theme.count_words(1, "trial") == "1 trial"
    assert theme.count_words(0, "run") == "0 runs"
    assert theme.count_words(1200, "run") == "1,200 runs"


@pytest.mark.parametrize(
    "folder", ["analysis", "explorer", "experiments/sweep", "lab", "execution"]
)
def test_sentences_take_counts_from_it(folder: str):
    found = [
        f"{path.name}:{text.lineno} {words}"
        for path in (ROOT / "egop" / folder).rglob("*.py")
        for text, words in counts_of(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found


def counts_of(tree: ast.AST):
    """The f-strings in which a value stands before a plural, with that plural."""
    for text in ast.walk(tree):
        if not isinstance(text, ast.JoinedStr):
            continue
        parts = [getattr(part, "value", "") for part in text.values]
        for place, part in enumerate(parts):
            before = parts[place - 2] if place > 1 and isinstance(parts[place - 2], str) else ""
            is_after_value = place > 0 and isinstance(text.values[place - 1], ast.FormattedValue)
            if not isinstance(part, str) or not is_after_value or SEVERAL.search(before):
                continue
            if plural := COUNTED.match(part):
                yield text, plural.group()
