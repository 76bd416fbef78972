"""`import egop`: which names there are, and what is loaded when."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import egop

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "docs/slurm.md",
    "docs/torchrun.md",
    "docs/equivariance.md",
    "docs/methods.md",
)
HEAVY = ("torch", "panel", "bokeh", "holoviews", "sympy", "sklearn", "scipy.linalg", "xarray")


def loaded_by(statement: str) -> set[str]:
    """The names of HEAVY that a fresh process has loaded after the statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split()) & {*HEAVY}


@pytest.mark.parametrize("name", egop.__all__)
def test_every_name_is_there(name: str):
    assert getattr(egop, name) is not None
    assert name in dir(egop)


@pytest.mark.parametrize("page", PAGES)
def test_names_on_a_page_are_reached_from_the_package(page: str):
    for name in re.findall(r"\begop\.([a-z]\w*(?:\.\w+)*)", (ROOT / page).read_text()):
        found = egop
        for part in name.split("."):
            found = getattr(found, part)


def test_what_is_listed_is_public():
    assert {*dir(egop)} == {*egop.__all__, "__doc__", "__version__"}


def test_importing_loads_nothing_heavy():
    assert loaded_by("import egop") == set()


def test_loading_every_name_loads_nothing_heavy():
    assert loaded_by("from egop import *; import egop; egop.objectives.landscape") == set()


def test_a_run_on_a_known_problem_loads_neither_torch_nor_views():
    run = "egop.run(egop.objectives.log_sum_exp(), egop.methods.adam(0.1), [1.0, 1.0], n_steps=3)"
    assert not loaded_by(f"import egop; {run}") & {"torch", "panel", "bokeh", "sklearn"}


def test_every_analysis_is_reachable():
    assert {"dial", "tuning", "verdict"} <= {*egop.analysis.MODULES} <= {*dir(egop.analysis)}
    code = "import egop; print(egop.analysis.tuning.__name__, egop.figures.draw.__name__)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["egop.analysis.tuning", "draw"]
    with pytest.raises(AttributeError, match="has no attribute 'tunning'"):
        egop.analysis.tunning  # noqa: B018


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'egop' has no attribute 'eigenbases'"):
        egop.eigenbases  # noqa: B018


def test_exploring_without_panel_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("egop.explorer")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(egop, "explorer", raising=False)
    for package in ("panel", "bokeh"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r'pip install "egop\[app\]"'):
        egop.explore()


def test_comparing_without_torch_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("egop.experiments.comparison.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'egop.compare .*pip install "egop\[networks\]"'):
        egop.compare(None, None, [], {})
