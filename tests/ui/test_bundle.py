"""Bundles: a module with those that it imports as one text."""

from pathlib import Path

import pytest

from egop.ui.bundle import bundle, function_body

FILES = {
    "ui/numbers.js": "// Numbers.\n\nexport const half = (x) => x / 2;\n",
    "a.js": 'import {half} from "./ui/numbers.js";\n\n/**\n * Doubles.\n */\n'
    "export function twice(x) {\n  // a half of four times\n  return half(4 * x); // exact\n}\n",
    "b.js": 'import {twice} from "./a.js";\nimport {half} from "./ui/numbers.js";\n\n'
    'const text = "// kept";\nexport function render() { return twice(half(text.length)); }\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ui").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_modules_stand_once_below_those_they_import_and_only_the_last_exports(folder: Path):
    text = bundle(folder / "b.js")
    places = [text.index(part) for part in ("const half", "function twice", "function render")]
    assert places == sorted(places)
    assert text.count("const half") == 1
    assert text.count("export ") == text.count("export function render") == 1
    assert "import" not in text


def test_comments_of_whole_lines_are_left_out(folder: Path):
    text = bundle(folder / "b.js")
    assert "Numbers." not in text
    assert "Doubles." not in text
    assert "a half of" not in text
    assert "return half(4 * x); // exact" in text
    assert '"// kept"' in text


def test_a_function_body_exports_nothing_and_returns_a_value(folder: Path):
    text = function_body(folder / "a.js", "twice(x)")
    assert text.endswith("\nreturn twice(x);")
    assert "export" not in text


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "./a.js";',
        'import "./a.js";',
        'import {x} from "https://cdn.example/x.js";',
        'export {twice} from "./a.js";',
    ],
)
def test_another_form_of_import_is_refused(folder: Path, line: str):
    (folder / "c.js").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"c\.js can only import names from a file of ours"):
        bundle(folder / "c.js")
