"""The texts of the project: what they point at exists, and notebooks are stored empty."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("app/*.md"), *ROOT.glob("docs/*.md")])
NAMED = [str(text.relative_to(ROOT)) for text in TEXTS]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("text", TEXTS, ids=NAMED)
def test_every_file_that_a_text_points_at_exists(text: Path):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text.read_text())
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (text.parent / link).exists()] == []


@pytest.mark.parametrize("text", TEXTS, ids=NAMED)
def test_every_path_that_a_text_names_exists(text: Path):
    named = re.findall(
        r"`((?:egop|app|tests|benchmarks|notebooks|assets|docs)/[\w./-]*)`", text.read_text()
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_stored_without_outputs(notebook: Path):
    cells = json.loads(notebook.read_text())["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_the_readme_opens_with_what_egop_does_and_a_picture():
    first, picture = (ROOT / "README.md").read_text().split("\n\n")[1:3]
    assert first.startswith("egop ")
    assert first.count(". ") == 0
    assert picture.startswith("![")
