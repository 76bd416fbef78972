"""The page of methods: every method with what its docstring says, and examples that run."""

import doctest
import re
from pathlib import Path

import pytest

from egop import methods
from egop.methods import registry

PAGE = (Path(__file__).resolve().parents[2] / "docs/methods.md").read_text()


@pytest.mark.parametrize("name", methods.METHODS)
def test_the_page_tells_each_method_as_its_docstring_does(name: str):
    make = methods.METHODS[name]
    row = f"| `{name}` | {make.__doc__.splitlines()[0]} | {make().rule.reference} |"
    vectors, matrices = PAGE.split("## For matrices")
    assert row in (matrices if name in methods.MATRIX_METHODS else vectors)


def test_its_examples_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "_registered", {})
    examples = "\n".join(re.findall(r"```pycon\n(.*?)```", PAGE, re.S))
    parsed = doctest.DocTestParser().get_doctest(examples, {}, "methods.md", "methods.md", 0)
    assert doctest.DocTestRunner().run(parsed).failed == 0
