"""A cell of each kind of notebook gets a live component, and nothing of another host."""

import json
import os
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import nbformat
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet
from nbclient import NotebookClient
from panel.io.resources import CDN_DIST

from egop import tested_versions
from egop.ui import notebook, notebook_patches
from tests.conftest import ROOT

COLAB = """
import sys, types
sys.modules["google.colab"] = types.ModuleType("google.colab")
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Panel as a notebook has it, until the test ends."""
    for owner, name, _ in notebook_patches.PATCHES:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    notebook_patches.patch_panel.__wrapped__()
    with pn.config.set(inline=True):
        yield


def run_cell(code: str, **environment: str) -> tuple[dict, str]:
    """The last output of a cell, and the widgets of the notebook."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(made, timeout=120)
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    return made.cells[0].outputs[-1]["data"], json.dumps(made.metadata.get("widgets", {}))


def test_vs_code_gets_a_widget():
    shown, widgets = run_cell("import egop\negop.explore()", VSCODE_PID="1")
    assert shown[WIDGET]["model_id"] in widgets
    assert "BokehModel" in widgets
    assert CDN_DIST not in widgets


def test_colab_gets_html():
    shown, _ = run_cell(f"{COLAB}\nimport egop\negop.explore()")
    assert "data-root-id" in shown["text/html"]
    assert CDN_DIST not in shown["text/html"]


@pytest.mark.usefixtures("patched")
def test_what_changes_later_names_no_other_host():
    pane, column, document = pn.pane.HTML("before"), pn.Column(), Document()
    root = column.get_root(document)
    column.append(pane)
    pane.param.update(object="after", styles={"color": "red"}, stylesheets=["p {}"])
    assert root.children
    assert not list(root.select({"type": ImportedStyleSheet}))
    assert not [
        sheet
        for each in root.children
        for sheet in each.stylesheets
        if isinstance(sheet, ImportedStyleSheet)
    ]


def test_marimo_gets_scripts_and_styles_from_the_packages(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: True))
    monkeypatch.setattr(notebook, "patch_panel", lambda: calls.append("patched"))
    with pn.config.set(inline=False):
        notebook.load_panel()
        assert pn.config.inline
    assert calls == ["patched"]


def test_another_panel_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    module = SimpleNamespace(send=print)
    monkeypatch.setattr(notebook_patches, "PATCHES", ((module, "send", lambda f: len),))
    monkeypatch.setattr(tested_versions, "version", lambda package: "7.0.1")
    notebook_patches.patch_panel.__wrapped__()
    assert module.send is print
