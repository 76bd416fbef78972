"""The page that is served: the explorer, and the lab of networks beside it."""

import logging
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.explorer import Explorer
from egop.explorer.explorer import TABS
from egop.explorer.saved_scene import read_scene
from egop.lab.lazy_lab import LazyLab
from egop.page.address import Address, Query, search_of
from egop.page.connection import ConnectionMonitor
from egop.page.page_limit import enter_page
from egop.page.template import Template
from egop.ui.layout import show
from egop.ui.skip import SkipLinks

BAR = 52
LETTERS = {"fontFamily": "system-ui, sans-serif", "fontSize": 13}
BLUES = {"light": "#2b5f9e", "dark": "#7fb2ea"}
PAGES = ("explorer", "networks")
TITLE = "EGOP explorer"

SWITCH = {
    "marginLeft": "12px",
    "minHeight": f"{BAR}px",
    "& .MuiTab-root": {"minHeight": f"{BAR}px", "textTransform": "none", "fontSize": "15px"},
    "& .MuiTab-root, & .MuiTab-root.Mui-selected": {"color": "inherit"},
    "& .MuiTab-root:not(.Mui-selected)": {"opacity": 0.85},
    "& .MuiTab-root.Mui-focusVisible": {"outline": "2px solid", "outlineOffset": "-4px"},
    "& .MuiTabs-indicator": {"backgroundColor": "currentcolor", "height": "3px"},
}
STYLE = {
    "& .MuiLinearProgress-root": {"display": "none"},
    "& .MuiAppBar-root": {
        "backgroundColor": f"{BLUES['light']} !important",
        "color": "#fff !important",
    },
    "--egop-height": f"calc(100vh - {BAR + 8}px)",
    "& .MuiToolbar-root": {"minHeight": f"{BAR}px !important"},
    "& .main-content": {"overflowY": "auto !important"},
    "@media (max-width: 600px)": {"& .MuiAppBar-root a": {"display": "none !important"}},
    "& .MuiAppBar-root h3, & .MuiAppBar-root .title": {"fontSize": "18px"},
}


FAILED = "The page could not be made. Please load it again; the server's log says what is wrong."

log = logging.getLogger("egop.app")


def served_page() -> pn.viewable.Viewable:
    """Returns the page for one visitor, as the server asks for it.

    Panel would show a visitor the traceback of what goes wrong.
    """
    enter_page()
    pn.extension()
    try:
        return MainPage(search_of(pn.state.session_args)).view
    except Exception:
        log.exception("A page could not be made.")
        return pn.pane.HTML(f'<p role="alert">{FAILED}</p>', margin=24)


class MainPage:
    """A bar with the switch between explorer and lab, a drawer with controls, and what is open.

    Args:
        search: the query of the address, "" or "?page=networks".

    Attributes:
        view: what is served.
        shown: by page its view, once it was opened.
        explorer: None until its page is opened.
    """

    def __init__(self, search: str = ""):
        self.address = Address(search)
        self.connection = ConnectionMonitor()
        self.lazy_lab = LazyLab()
        self.drawer = pn.Column(sizing_mode="stretch_width", margin=0)
        self.shown: dict[str, pn.viewable.Viewable] = {}
        self.explorer: Explorer | None = None
        place = place_of(self.address.query)
        self.switch = pmui.TabMenu(items=["Explorer", "Networks"], active=place, sx=SWITCH)
        self.skip = SkipLinks()
        self.view = self._framed()
        self._listen()
        self.turn()

    def _framed(self) -> Template:
        return Template(
            title=TITLE,
            header=[self.skip, self.switch, self.address, self.connection],
            sidebar=[self.drawer],
            sidebar_width=300,
            sidebar_resizable=False,  # its handle has a name that screen readers may not use
            busy_indicator=None,
            main=[],
            theme_config={
                theme: {"palette": {"primary": {"main": blue}}, "typography": LETTERS}
                for theme, blue in BLUES.items()
            },
            sx=STYLE,
        )

    def _listen(self) -> None:
        view, lazy_lab = self.view, self.lazy_lab
        lazy_lab.param.watch(lambda event: self.tie_lab(event.new), "lab")
        lazy_lab.browser.param.watch(lambda event: view.param.update(sidebar_open=False), "narrow")
        lazy_lab.browser.param.watch(lambda event: view.param.update(dark_theme=event.new), "dark")
        self.switch.param.watch(lambda event: self.turn_page(), "active")
        self.address.on_move(self.move)

    def open_explorer(self) -> pn.viewable.Viewable:
        """The explorer, built when it is first shown."""
        view, connection = self.view, self.connection
        self.explorer = explorer = Explorer(**read_scene(connection.restored))
        self.open_tab(self.address.query)
        explorer.param.watch(lambda event: self.write_address(), "tab")
        explorer.param.watch(lambda event: connection.param.update(kept=event.new), "saved")
        connection.param.watch(lambda event: explorer.restore(event.new), "restored")
        playback = explorer.playback.param
        playback.watch(lambda event: view.param.update(sidebar_open=False), "narrow")
        playback.watch(lambda event: view.param.update(dark_theme=event.new), "dark")
        view.param.watch(lambda event: explorer.set_dark(event.new), "dark_theme")
        controls = pn.Column(explorer.controls, sizing_mode="stretch_width", margin=0)
        self.switch.param.watch(
            lambda event: controls.param.update(visible=self.chosen() == "explorer"), "active"
        )
        if view.dark_theme:
            explorer.set_dark(True)
        pn.state.onload(lambda: self.drawer.append(controls))  # the figures come first
        return explorer.view

    def open_networks(self) -> pn.viewable.Viewable:
        """The way into the lab, which is loaded then."""
        self.drawer.append(self.lazy_lab.controls)
        self.lazy_lab.open(self.address.query.get("run", ""))
        return self.lazy_lab.view

    def tie_lab(self, lab: Any) -> None:
        """Ties the lab, once it is loaded, to the page: its theme, its drawer and its address."""
        view = self.view
        lab.set_dark(view.dark_theme)
        view.param.watch(lambda event: lab.set_dark(event.new), "dark_theme")
        lab.param.watch(lambda event: view.param.update(sidebar_open=True), "asks_for_form")
        lab.param.watch(lambda event: self.follow_run(), "run")
        self.switch.param.watch(lambda event: lab.show(self.chosen() == "networks"), "active")

    def follow_run(self) -> None:
        """A run was opened or closed: the address says so, and a phone's drawer makes room."""
        self.write_address()
        if self.lazy_lab.browser.narrow:
            self.view.sidebar_open = False

    def write_address(self) -> None:
        """Names the page, the open tab and the open run in the address."""
        in_lab = self.chosen() == "networks"
        tab = "" if in_lab or self.explorer is None else self.explorer.tab
        run = self.lazy_lab.lab.run if in_lab and self.lazy_lab.lab is not None else ""
        self.address.write(
            page="networks" if in_lab else "", tab="" if tab == TABS[0] else tab, run=run
        )

    def open_tab(self, query: Query) -> None:
        """Opens the tab of the explorer that an address names."""
        if self.explorer is not None:
            self.explorer.tab = query["tab"] if query.get("tab") in TABS else TABS[0]

    def move(self, query: Query) -> None:
        """Shows what the address names after Back or Forward."""
        self.switch.active = place_of(query)
        if self.chosen() == "explorer":
            self.open_tab(query)
        elif self.lazy_lab.lab is not None:
            self.lazy_lab.lab.run = query.get("run", "")

    def chosen(self) -> str:
        """The page that the switch shows."""
        place: Any = self.switch.active
        return PAGES[place if place in range(len(PAGES)) else 0]

    def turn(self) -> None:
        """Shows the page that was chosen; it comes into the document at the first time.

        A document with something that was never shown would count as loading for ever, and figures
        that are a level deeper would get no size.
        """
        chosen = self.chosen()
        if chosen not in self.shown:
            makers = {"explorer": self.open_explorer, "networks": self.open_networks}
            self.shown[chosen] = makers[chosen]()
            self.view.main = list(self.shown.values())
        for name, view in self.shown.items():
            show(view, name == chosen)
        self.lazy_lab.controls.visible = chosen == "networks"
        self.skip.visible = chosen == "explorer"

    def turn_page(self) -> None:
        """The switch was pressed."""
        self.turn()
        self.write_address()


def place_of(query: Query) -> int:
    """The number of the page that an address names."""
    return PAGES.index(query["page"]) if query.get("page") in PAGES else 0
