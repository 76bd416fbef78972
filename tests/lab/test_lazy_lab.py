"""The way into the lab: nothing is loaded before it is opened, and what is missing is said."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from panel.custom import JSComponent

import egop
from egop.lab import lazy_lab
from egop.lab.lazy_lab import LazyLab

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "xarray", "distributed", "matplotlib", "holoviews"}


def test_a_lab_that_nobody_opened_loads_nothing():
    code = "import sys; import egop.lab.lazy_lab; egop.lab.lazy_lab.LazyLab(); print(*sys.modules)"
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not HEAVY & set(said.split())


def test_every_component_is_known_before_the_page_is_served():
    importlib.import_module("egop.lab.lab")
    importlib.import_module("egop.lab.views.dashboard")
    ours = {each for each in descendants(JSComponent) if each.__module__.startswith("egop.lab.")}
    assert ours == set(lazy_lab.COMPONENTS)


def descendants(kind: type) -> set[type]:
    below = kind.__subclasses__()
    return {*below}.union(*map(descendants, below))


def test_it_opens_once_with_the_run_of_the_address(monkeypatch):
    made = []

    def make(browser):
        made.append(SimpleNamespace(view="the view", controls="the form", run=""))
        return made[-1]

    monkeypatch.setattr(lazy_lab, "_load", lambda: SimpleNamespace(Lab=make))
    entrance = LazyLab()
    assert not len(entrance.view)
    entrance.open("a,b")
    entrance.open("c")
    assert len(made) == 1
    assert entrance.lab is made[0]
    assert entrance.lab.run == "a,b"
    assert entrance.view[0].object == "the view"
    assert entrance.controls[1].object == "the form"
    assert entrance.controls[0] is entrance.browser


def test_without_the_packages_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    entrance = LazyLab()
    entrance.open()
    assert entrance.lab is None
    assert "pip install" in entrance.view[0].object
    assert "egop[app,networks,cluster,figures]" in entrance.view[0].object


@pytest.mark.parametrize("name", ["Lab", "open"])
def test_in_a_notebook_they_are_missed_by_the_same_sentence(monkeypatch, name):
    for each in [each for each in sys.modules if each.startswith("egop.lab.")]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.setitem(sys.modules, "panel", None)
    with pytest.raises(ImportError, match=r'pip install "egop\[app,networks'):
        getattr(egop.lab, name)("runs/x")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'egop\.lab' has no attribute 'Form'"):
        egop.lab.Form  # noqa: B018


KNOWN = """
import json, pkgutil, importlib, egop.lab, {module}
from panel.custom import ReactiveESM
def names(kind):
    return {{kind.__name__}}.union(*map(names, kind.__subclasses__()))
before = names(ReactiveESM)
for each in pkgutil.walk_packages(egop.lab.__path__, "egop.lab."):
    importlib.import_module(each.name)
print(json.dumps(sorted(names(ReactiveESM) - before)))
"""


@pytest.mark.parametrize("module", ["egop.page.main", "egop.lab.lab"])
def test_every_component_of_the_lab_is_known_before_it_is_shown(module: str):
    command = [sys.executable, "-c", KNOWN.format(module=module)]
    late = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(late) == []
