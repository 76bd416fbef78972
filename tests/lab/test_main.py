"""The page's composition: two tabs, each built when it is first opened, and the address."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import panel as pn
import param
import pytest
from panel.io.location import Location

from egop.lab import door

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


class FakeLab(param.Parameterized):
    """What the page knows of a lab."""

    run = param.String()
    asks_for_form = param.Event()

    def __init__(self, browser):
        super().__init__()
        self.view, self.controls = pn.Column("view"), pn.Column("form")
        self.darkness, self.shown = [], []

    def set_dark(self, dark):
        self.darkness.append(dark)

    def show(self, shown):
        self.shown.append(shown)


@pytest.fixture
def visit(monkeypatch):
    """A function that composes the page at an address."""

    def compose(search=""):
        location = Location(search=search)
        monkeypatch.setattr(pn.state, "_location", location)
        monkeypatch.setattr(door, "_load", lambda: SimpleNamespace(Lab=FakeLab))
        page = SimpleNamespace(**runpy.run_path(str(MAIN)))
        page.location = location
        return page

    return compose


def shown(page):
    return [name for name, view in page.shown.items() if view.visible]


@pytest.mark.filterwarnings("ignore")
def test_the_explorer_comes_first_and_the_lab_when_its_tab_is_opened(visit):
    page = visit()
    assert shown(page) == ["explorer"]
    assert page.door.lab is None
    assert len(page.drawer) == 1
    page.switch.active = 1
    assert shown(page) == ["networks"]
    lab = page.door.lab
    assert page.location.search == "?page=networks"
    page.switch.active = 0
    assert shown(page) == ["explorer"]
    assert lab.shown[-1] is False
    assert page.location.search == ""


@pytest.mark.filterwarnings("ignore")
def test_the_address_opens_the_run_it_names_and_keeps_the_rest(visit):
    page = visit("?page=networks&run=a%2Cb&theme=dark")
    lab = page.door.lab
    assert shown(page) == ["networks"]
    assert "explorer" not in page.shown
    assert lab.run == "a,b"
    lab.run = "c"
    assert page.location.query_params == {"theme": "dark", "page": "networks", "run": "c"}
    lab.run = ""
    assert page.location.query_params == {"theme": "dark", "page": "networks"}


@pytest.mark.filterwarnings("ignore")
def test_on_a_phone_the_drawer_makes_room(visit):
    page = visit("?page=networks")
    lab = page.door.lab
    page.door.browser.narrow = True
    assert not page.page.sidebar_open
    lab.param.trigger("asks_for_form")
    assert page.page.sidebar_open
    lab.run = "a"
    assert not page.page.sidebar_open


@pytest.mark.filterwarnings("ignore")
def test_the_theme_reaches_the_lab(visit):
    page = visit("?page=networks")
    page.door.browser.dark = True
    assert page.page.dark_theme
    assert page.door.lab.darkness == [False, True]
