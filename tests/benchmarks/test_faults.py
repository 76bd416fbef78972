"""The table of faults names tests that exist and sentences that people read, and is stored."""

import ast
import re
from pathlib import Path

import pytest

from benchmarks.fault_rows import FAULTS
from benchmarks.faults import RESULT, table

ROOT = Path(__file__).resolve().parent.parent.parent


def names_in(file: str) -> set[str]:
    """The names of a file's tests, those of a class after its name."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {before + each.name for each in inside if isinstance(each, ast.FunctionDef)}
    return found


def joined(text: str) -> str:
    """A source in which a text that is written in parts is whole."""
    return re.sub(r'"\s*f?"', "", " ".join(text.split()))


@pytest.fixture(scope="module")
def sources() -> str:
    files = [path for ending in ("py", "js") for path in (ROOT / "egop").rglob(f"*.{ending}")]
    return "\n".join(joined(path.read_text(encoding="utf-8")) for path in files)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_shown_by_tests_that_are_there(fault):
    assert fault.tests
    for named in fault.tests:
        file, _, name = named.partition("::")
        assert name in names_in(file), named


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_sentence_stands_in_the_code(fault, sources):
    assert fault.sentence in sources


def test_the_table_is_stored():
    assert RESULT.read_text(encoding="utf-8") == table()
