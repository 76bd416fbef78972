"""Values that the server takes from the scripts of components, and from nobody else."""

import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import panel_material_ui
import pytest
from bokeh.document import Document
from panel.custom import JSComponent

from egop.ui.component import LONGEST, Component
from egop.ui.playback import Playback

SETS = re.compile(r"\bmodel\.(\w+) = ")
RECOLORS = re.compile(r'\bmodel_type\.endsWith\("(\w+)"\)')


def components() -> list[type[Component]]:
    for module in ("egop.page.main", "egop.lab.lab", "egop.ui.live_check"):
        import_module(module)
    return Component.__subclasses__()


def test_no_component_is_called_as_what_the_page_recolors():
    """panel-material-ui sets the colors of a theme in every model whose name ends so.

    A component has no such properties: Bokeh fails in the console, reading 'is_unset'.
    """
    theming = Path(panel_material_ui.__file__).with_name("utils.js").read_text(encoding="utf-8")
    recolored = tuple(RECOLORS.findall(theming))
    assert {"Axis", "Legend", "Figure", "HoverTool"} <= {*recolored}
    assert not [kind for kind in components() if kind.__name__.endswith(recolored)]


def script(kind: type[Component]) -> str:
    return kind._esm if isinstance(kind._esm, str) else kind._esm.read_text(encoding="utf-8")


def test_every_component_says_what_its_script_sets():
    pytest.importorskip("torch")
    found = components()
    own = {kind for kind in JSComponent.__subclasses__() if kind.__module__.startswith("egop.")}
    assert own == {Component}
    assert len(found) > 10
    for kind in found:
        assert set(kind._told) == set(SETS.findall(script(kind))), kind
        assert all(name in kind.param for name in kind._told)


@pytest.fixture
def told() -> list:
    return []


@pytest.fixture
def playback(told: list) -> Playback:
    made = Playback(prefix="scene")
    made.param.watch(lambda event: told.append((event.name, event.new)), list(Playback.param))
    return made


FORGED = {
    "step": (-1, 1.5, "7", None, 10**30, [1], {}, float("nan")),
    "wide": (-1.0, float("nan"), float("inf"), 1e308, "1", [1.0], None),
    "narrow": (1, "true", None, [True]),
    "drawn": (-1, "3", float("nan"), None),
    "prefix": ("other",),
    "autoplay": (False,),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_value_changes_nothing(name, playback, told, caplog):
    for value in FORGED[name]:
        playback._process_events({name: value})
    assert told == []
    assert [each for each in caplog.records if each.levelname != "DEBUG"] == []


def test_what_the_script_sets_is_taken(playback, told):
    playback._process_events({"step": 7, "wide": "no number"})
    playback._process_events({"wide": 2.5})
    assert told == [("step", 7), ("wide", 2.5)]


def test_a_text_has_an_end(told):
    from egop.page.connection import ConnectionMonitor

    connection = ConnectionMonitor()
    connection.param.watch(lambda event: told.append(event.new), "restored")
    for text in ("x" * (LONGEST + 1), "short"):
        connection._process_events({"restored": text})
    assert told == ["short"]


def test_the_document_hears_only_what_the_script_sets():
    document = Document()
    document._session_context = lambda: SimpleNamespace(session=None, server_context=None)
    playback = Playback(prefix="scene")
    data = playback.get_root(document).data
    for name, value in {"prefix": "other", "autoplay": False, "step": 3}.items():
        setattr(data, name, value)
    assert set(data._callbacks) == set(Playback._told)
    assert playback._events == {"step": 3}
    assert np.isfinite(playback.wide)
