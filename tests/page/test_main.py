"""The page's composition: two tabs, each built when it is first opened, and the address."""

from types import SimpleNamespace

import panel as pn
import param
import pytest

from egop.explorer.explorer import TABS
from egop.lab import lazy_lab
from egop.page.main import MainPage


class FakeLab(param.Parameterized):
    """The attributes of a lab that the page uses."""

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
    """A function that makes the page at an address."""

    def compose(search=""):
        monkeypatch.setattr(lazy_lab, "_load", lambda: SimpleNamespace(Lab=FakeLab))
        return MainPage(search)

    return compose


def shown(page):
    return [name for name, view in page.shown.items() if view.visible]


@pytest.mark.filterwarnings("ignore")
def test_the_explorer_comes_first_and_the_lab_when_its_tab_is_opened(visit):
    page = visit()
    assert shown(page) == ["explorer"]
    assert page.lazy_lab.lab is None
    assert len(page.drawer) == 1
    page.switch.active = 1
    assert shown(page) == ["networks"]
    lab = page.lazy_lab.lab
    assert page.address.search == "?page=networks"
    page.switch.active = 0
    assert shown(page) == ["explorer"]
    assert lab.shown[-1] is False
    assert page.address.search == ""


@pytest.mark.filterwarnings("ignore")
def test_a_tab_that_is_none_is_the_first(visit):
    page = visit("?page=networks")
    for place in (-1, 2, 10**30):
        page.switch.active = place
        assert page.chosen() == "explorer"
    page.switch.active = 0
    for place in (99, 1, 99, 0):
        page.explorer._tabs.view.active = place
        assert page.explorer.tab == TABS[place if place < 99 else 0]
    assert page.explorer._tabs.active == 0


@pytest.mark.filterwarnings("ignore")
def test_the_address_opens_the_run_it_names_and_keeps_the_rest(visit):
    page = visit("?page=networks&run=a%2Cb&theme=dark")
    lab = page.lazy_lab.lab
    assert shown(page) == ["networks"]
    assert "explorer" not in page.shown
    assert lab.run == "a,b"
    lab.run = "c"
    assert page.address.query == {"theme": "dark", "page": "networks", "run": "c"}
    lab.run = ""
    assert page.address.query == {"theme": "dark", "page": "networks"}


@pytest.mark.filterwarnings("ignore")
def test_back_and_forward_open_what_the_address_names(visit):
    page = visit("?theme=dark&tab=dial")
    explorer = page.explorer
    assert explorer.tab == "dial"
    explorer.tab = "map"
    assert page.address.query == {"theme": "dark", "tab": "map"}
    page.address.search = "?theme=dark&tab=dial"  # Back
    assert explorer.tab == "dial"
    page.switch.active = 1
    page.lazy_lab.lab.run = "a"
    assert page.address.query == {"theme": "dark", "page": "networks", "run": "a"}
    page.address.search = "?tab=compare"
    assert shown(page) == ["explorer"]
    assert explorer.tab == "compare"
    page.address.search = "?page=networks&run=b"
    assert shown(page) == ["networks"]
    assert page.lazy_lab.lab.run == "b"
    assert page.address.search == "?page=networks&run=b"
    page.address.search = "?page=elsewhere&tab=nothing"
    assert shown(page) == ["explorer"]
    assert explorer.tab == "spectrum-and-value"


@pytest.mark.filterwarnings("ignore")
def test_what_was_set_is_kept_and_comes_back(visit):
    page = visit()
    page.explorer.scene.objective = "rosenbrock"
    page.explorer.scene.param.update(scale=0.7, start=(0.5, 0.25))
    kept = page.connection.kept
    again = visit()
    again.connection.restored = kept
    scene = again.explorer.scene
    assert (scene.objective, scene.scale, scene.start) == ("rosenbrock", 0.7, (0.5, 0.25))
    in_lab = visit("?page=networks")
    in_lab.connection.restored = kept
    in_lab.switch.active = 0
    assert in_lab.explorer.scene.scale == 0.7


@pytest.mark.filterwarnings("ignore")
def test_on_a_phone_the_drawer_makes_room(visit):
    page = visit("?page=networks")
    lab = page.lazy_lab.lab
    page.lazy_lab.browser.narrow = True
    assert not page.view.sidebar_open
    lab.param.trigger("asks_for_form")
    assert page.view.sidebar_open
    lab.run = "a"
    assert not page.view.sidebar_open


@pytest.mark.filterwarnings("ignore")
def test_the_theme_reaches_the_lab(visit):
    page = visit("?page=networks")
    page.lazy_lab.browser.dark = True
    assert page.view.dark_theme
    assert page.lazy_lab.lab.darkness == [False, True]
