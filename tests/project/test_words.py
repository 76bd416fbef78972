"""Names and first lines: what a stranger reads first, and what CONTRIBUTING.md promises."""

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from egop.cli import COMMANDS as COMMANDS_OF_EGOP

ROOT = Path(__file__).resolve().parents[2]
RIDDLE = re.compile(r"(What|How|Whether|Where|Why|When|Who|Whose|Which)\b")
"""Begins a question, not a statement of what a thing is or returns."""
FRAGMENT = re.compile(r"(Of|By|At|In|On|For|From|With|As|Those)\b")
"""Begins a piece of a sentence that the reader has to complete by the name."""
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
SPAN = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[A-Za-z_]\w+")


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """The Python files of folders: their paths and what is in them."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield path.relative_to(ROOT).as_posix(), ast.parse(text)


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every docstring, also of constants and attributes."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        first = isinstance(node, ast.Module | ast.ClassDef | FUNCTION)
        for before, each in zip([None, *body], body, strict=False):
            follows = first if before is None else isinstance(before, ast.Assign | ast.AnnAssign)
            text = getattr(getattr(each, "value", None), "value", None)
            if follows and isinstance(each, ast.Expr) and isinstance(text, str):
                yield each.lineno, text.strip()


def test_docstrings_begin_with_a_statement():
    riddles = [
        f"{path}:{line} {text.splitlines()[0]}"
        for path, tree in sources("app", "benchmarks", "egop", "tests")
        for line, text in docstrings(tree)
        if RIDDLE.match(text)
    ]
    assert riddles == []


def test_docstrings_name_their_thing_first():
    fragments = [
        f"{path}:{line} {text.splitlines()[0]}"
        for path, tree in sources("app", "benchmarks", "egop")
        for line, text in docstrings(tree)
        if FRAGMENT.match(text)
    ]
    assert fragments == []


def test_every_class_has_a_name_of_its_own():
    names = Counter(
        node.name
        for _, tree in sources("egop")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name != "Config"
    )
    assert [name for name, count in names.items() if count > 1] == []


@cache
def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return listed.stdout.splitlines()


def members(node: ast.AST) -> Iterator[str]:
    """The names of a class's methods, and of the attributes that they set."""
    for each in ast.walk(node):
        if isinstance(each, FUNCTION):
            yield each.name
        elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            yield each.attr


@cache
def identifiers() -> set[str]:
    """All names that our Python code defines: of functions, arguments, classes and variables."""
    found: set[str] = set()
    for _, tree in sources("app", "benchmarks", "egop", "tests"):
        for node in ast.walk(tree):
            if isinstance(node, FUNCTION | ast.ClassDef):
                found.add(node.name)
                found |= {f"{node.name}.{name}" for name in members(node)}
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def exists(span: str) -> bool:  # noqa: PLR0911 - one kind of name after the other
    """Returns True if everything that a text in backticks names is there."""
    program, _, rest = span.partition(" ")
    if program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M)
        return all(word in targets for word in rest.split() if "=" not in word)
    if program == "egop":
        return rest in COMMANDS_OF_EGOP
    if program == "python" and rest.startswith("-m "):
        _, module, *paths = rest.split()
        path = module.replace(".", "/")
        if module == "pytest":
            return {*paths} <= {*files()}
        return {f"{path}.py", f"{path}/__main__.py"} & {*files()} != set()
    if re.fullmatch(r"[\w./*-]+(/|\.(py|js|ts|md|txt|toml|html|css|json|yml))", span):
        pattern = f"*/{span}*" if span.endswith("/") else f"*/{span}"
        return any(fnmatch(f"/{each}", pattern) for each in files())
    if re.fullmatch(r"[A-Z]\w+\.\w+", span):
        return span in identifiers()
    modules = {part for each in files() for part in Path(each).with_suffix("").parts}
    return all(word in identifiers() | modules | STANDARD for word in WORD.findall(span))


STANDARD = {"functools", "partial", "torch", "optim", "xarray", "Dataset", "Figure", "True"}
"""Names of Python and of other packages."""
COMMANDS = {".ci/run", ".js", ".venv/bin/pip freeze --all", "panel serve app", "+cpu"}


def test_everything_that_contributing_names_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    spans = {" ".join(span.split()) for span in SPAN.findall(text)}
    checked = {span for span in spans if "<" not in span} - COMMANDS
    assert len(checked) > 100
    assert sorted(span for span in checked if not exists(span)) == []


def test_the_map_of_contributing_has_every_floor():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("| floor of") : text.index("Where do I look for")]
    floors = {each.removesuffix(".py").rstrip("/") for each in SPAN.findall(table)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = project["tool"]["importlinter"]["contracts"][0]
    layers = {word for layer in contract["layers"] for word in WORD.findall(layer)}
    existing = {path.stem for path in (ROOT / "egop").iterdir() if path.stem in layers}
    assert existing - {"__main__"} <= floors


@pytest.mark.parametrize(
    "span",
    [
        "rows_of_nothing.py",
        "NoSuchClass",
        "make nothing",
        "python -m pytest tests/test_nothing.py",
        "egop/nothing/",
        "Tab.nothing",
        "No.hide",
    ],
)
def test_what_does_not_exist_is_found(span: str):
    assert not exists(span)
