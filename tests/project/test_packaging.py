"""The parts of an install: requirements, pins, and the files inside the wheel."""

import ast
import re
import sys
import tomllib
import zipfile
from functools import cache
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import egop
from egop.tested_versions import TESTED

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = [
    line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
]

NETWORKS = ("networks",)
VIEWS = ("app",)
FIGURES = ("figures",)
LAB = ("app", "networks", "cluster", "figures")
BROUGHT = {
    "app": LAB,
    "benchmarks": ("all",),
    "egop/cli.py": NETWORKS,
    "egop/experiments": NETWORKS,
    "egop/explorer": VIEWS,
    "egop/figures": FIGURES,
    "egop/lab": LAB,
    "egop/networks": NETWORKS,
    "egop/optimizer": NETWORKS,
    "egop/page": VIEWS,
    "egop/runs": NETWORKS,
    "egop/execution": ("networks", "cluster"),
    "egop/ui": VIEWS,
    "tests": ("all",),
}
"""By folder or file the extras that bring what it imports; elsewhere there is `egop` alone.

A file may import more where it says so, by `needed(name, extra=EXTRA)`.
"""


def pinned() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (p.split("==") for p in PINS)}


def test_pins_are_versions_and_nothing_else():
    assert all(re.fullmatch(r"[a-z0-9._-]+==[0-9a-z.]+", pin) for pin in PINS)
    assert pinned()["torch"] == "2.13.0"


def test_pins_meet_every_requirement_of_the_package():
    requirements = [Requirement(text) for group in EXTRAS.values() for text in group]
    requirements += [Requirement(text) for text in PROJECT["dependencies"]]
    for requirement in requirements:
        if requirement.name != "egop":
            assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)])


def test_pins_cover_what_the_requirements_require_in_turn():
    installed = {canonicalize_name(each.metadata["Name"]): each for each in distributions()}
    needed = [text for group in EXTRAS.values() for text in group] + PROJECT["dependencies"]
    missing, seen, queue = set(), {"egop"}, [Requirement(text) for text in needed]
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        if name not in pinned():
            missing.add(name)
        for text in (installed[name].requires or []) if name in installed else []:
            inner = Requirement(text)
            environments = [{"extra": extra} for extra in requirement.extras or {""}]
            if inner.marker is None or any(inner.marker.evaluate(e) for e in environments):
                queue.append(inner)
    assert missing == set()


@pytest.mark.parametrize("folder", ["app", "benchmarks", "egop", "tests"])
def test_every_package_that_is_imported_is_declared(folder: str):
    undeclared = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in (ROOT / folder).rglob("*.py")
        for module in third_party(path)
        if not distributions_of(module) & declared_for(path.relative_to(ROOT).as_posix())
    }
    assert undeclared == set()


def third_party(path: Path) -> set[str]:
    """The packages that a file imports, in functions, too, but for Python's own and ours.

    What types alone need is not looked at.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ifs = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    typing = [node for node in ifs if getattr(node.test, "id", "") == "TYPE_CHECKING"]
    skipped = {id(inner) for node in typing for inner in ast.walk(node)}
    imported: list[str] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            imported += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.append(node.module)
    ours = {"app", "benchmarks", "egop", "tests"}
    return {name.partition(".")[0] for name in imported} - ours - sys.stdlib_module_names


@cache
def distributions_by_module() -> dict[str, list[str]]:
    return dict(packages_distributions())


def distributions_of(module: str) -> set[str]:
    return {canonicalize_name(name) for name in distributions_by_module().get(module, ())}


def declared_for(path: str) -> set[str]:
    """The distributions that are there where a file of ours is used."""
    extras = {*next((each for place, each in BROUGHT.items() if path.startswith(place)), ())}
    for said in re.findall(r'needed\(.+, extra="([a-z,]+)"\)', (ROOT / path).read_text()):
        extras |= {*said.split(",")}
    return {canonicalize_name(each.name) for each in requirements_of(extras)}


def requirements_of(extras) -> list[Requirement]:
    """Requirements of the package and its extras, and of the extras that these name."""
    found = [Requirement(text) for text in PROJECT["dependencies"]]
    for extra in extras:
        for each in map(Requirement, EXTRAS[extra]):
            found += requirements_of(each.extras) if each.name == "egop" else [each]
    return found


@pytest.mark.parametrize("package", TESTED)
def test_what_is_patched_is_required_in_the_versions_that_were_tested(package: str):
    oldest, unknown = TESTED[package]
    (required,) = {each.specifier for each in requirements_of(["all"]) if each.name == package}
    assert required == SpecifierSet(f">={oldest},<{unknown}")
    assert required.contains(pinned()[package])


def test_everything_is_in_the_extra_all():
    (everything,) = EXTRAS["all"]
    assert Requirement(everything).extras == EXTRAS.keys() - {"all"}


def test_the_light_install_has_neither_torch_nor_a_browser_side():
    heavy = {"torch", "xarray", "h5py", "panel", "bokeh", "holoviews", "distributed", "jax"}
    assert not heavy & {Requirement(text).name for text in PROJECT["dependencies"]}
    assert not {"torch", "jax"} & {Requirement(text).name for text in EXTRAS["app"]}


def test_conda_gets_what_pip_gets():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, by_pip = environment["dependencies"]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["requires-python"])
    assert pip == "pip"
    assert by_pip["pip"] == ["-c constraints.txt", "-e .[all]"]


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    literal = re.search(r'^__version__ = "(.+)"$', (ROOT / "egop/__init__.py").read_text(), re.M)
    assert literal
    assert citation["version"] == egop.__version__ == literal[1]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    files = [path for path in (ROOT / "egop").rglob("*") if path.is_file()]
    sources = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    sources = {name for name in sources if "__pycache__" not in name}
    assert sources <= set(names)
    assert {"egop/py.typed", "egop/page/template.html", "egop/page/connection.js"} <= sources
    assert {name.split("/")[0].removesuffix(".dist-info") for name in names} == {
        "egop",
        f"egop-{egop.__version__}",
    }
    assert not any("__pycache__" in name for name in names)
