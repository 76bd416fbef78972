"""What an install brings: requirements, pins, and the files inside the wheel."""

import re
import tomllib
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import egop

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
PINS = [
    line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
]


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
    sources = [p for kind in ("py", "js", "css") for p in (ROOT / "egop").rglob(f"*.{kind}")]
    assert {path.relative_to(ROOT).as_posix() for path in sources} <= set(names)
    assert {name.split("/")[0].removesuffix(".dist-info") for name in names} == {
        "egop",
        f"egop-{egop.__version__}",
    }
    assert not any("__pycache__" in name for name in names)
