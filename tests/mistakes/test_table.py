"""Every mistake is answered by one clear sentence, the one that the table holds."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mistakes.table import TABLE, answer, mistakes, row

RAISED = re.compile(
    "ValueError|TypeError|AttributeError|FileNotFoundError|ImportError|ExpressionError|DataError"
    "|RatesNeededError"
)
"""Errors that say what to do; KeyError, IndexError and the like are accidents."""
SECONDS = 120
"""Within which a mistake is answered, also on a busy machine; what is none trains for hours."""
CASES = mistakes()
pytestmark = pytest.mark.filterwarnings("ignore:2 samples are only 1 different gradients")


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    """Ends code that is no mistake any more, and runs."""

    def end(*_) -> None:
        raise AssertionError(f"no answer within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(("_", "setup", "code"), CASES, ids=[code for *_, code in CASES])
def test_a_mistake_is_answered_as_the_table_says(_: str, setup: str, code: str, tmp_path: Path):
    said = answer(setup, code, tmp_path)
    kind, _, sentence = said.partition(": ")
    assert kind.startswith("egop") or RAISED.fullmatch(kind), said
    assert 20 < len(sentence) < 400
    assert "\n" not in sentence
    assert row(code, said) in TABLE.read_text(encoding="utf-8").splitlines()


def test_the_table_has_a_row_for_each_mistake_and_no_other():
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if "| `" in line]
    codes = [row(code, "").removesuffix("|  |") for *_, code in CASES]
    assert len(codes) == len(set(codes))
    assert [line.startswith(code) for line, code in zip(rows, codes, strict=True)].count(False) == 0
