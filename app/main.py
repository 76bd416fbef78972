"""The page that `panel serve app` serves: the explorer, and the lab of networks beside it."""

from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.util.parameters import edit_readonly

from egop.explorer import Explorer
from egop.explorer.explorer import TABS
from egop.explorer.layout import show
from egop.explorer.saved_scene import read_scene
from egop.explorer.skip import SkipLinks
from egop.lab.door import Door
from egop.page.address import Address, Query
from egop.page.connection import Connection
from egop.page.template import TEMPLATE, fetch_scripts_early

pn.extension()

BAR = 52
LETTERS = {"fontFamily": "system-ui, sans-serif", "fontSize": 13}
BLUES = {"light": "#2b5f9e", "dark": "#7fb2ea"}
PAGES = ("explorer", "networks")


def place_of(query: Query) -> int:
    """The number of the page that an address names."""
    return PAGES.index(query["page"]) if query.get("page") in PAGES else 0


address = Address(pn.state.location.search if pn.state.location else "")
connection = Connection()
door = Door()
drawer = pn.Column(sizing_mode="stretch_width", margin=0)
shown: dict[str, pn.viewable.Viewable] = {}
"""By page its view, once it was opened."""
explorers: list[Explorer] = []
"""The explorer, once its page was opened."""
switch = pmui.TabMenu(
    items=["Explorer", "Networks"],
    active=place_of(address.query),
    sx={
        "minHeight": f"{BAR}px",
        "& .MuiTab-root": {"minHeight": f"{BAR}px", "textTransform": "none", "fontSize": "15px"},
        "& .MuiTab-root, & .MuiTab-root.Mui-selected": {"color": "inherit"},
        "& .MuiTab-root:not(.Mui-selected)": {"opacity": 0.85},
        "& .MuiTab-root.Mui-focusVisible": {"outline": "2px solid", "outlineOffset": "-4px"},
        "& .MuiTabs-indicator": {"backgroundColor": "currentcolor", "height": "3px"},
    },
)
skip = SkipLinks()
page = pmui.Page(
    title="EGOP explorer",
    template=TEMPLATE,
    header=[skip, switch, address, connection],
    sidebar=[drawer],
    sidebar_width=300,
    sidebar_resizable=False,  # its handle has a name that screen readers may not use
    busy_indicator=None,
    main=[],
    theme_config={
        theme: {"palette": {"primary": {"main": blue}}, "typography": LETTERS}
        for theme, blue in BLUES.items()
    },
    sx={
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
    },
)
with edit_readonly(page):
    page.busy = False  # bound to the server's state, each event would draw the whole page twice


def open_explorer() -> pn.viewable.Viewable:
    """The explorer, built when it is first shown."""
    explorer = Explorer(**read_scene(connection.restored))
    explorers.append(explorer)
    open_tab(explorer, address.query)
    explorer.param.watch(lambda event: write_address(), "tab")
    explorer.param.watch(lambda event: connection.param.update(kept=event.new), "saved")
    connection.param.watch(lambda event: explorer.restore(event.new), "restored")
    explorer.playback.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
    page.param.watch(lambda event: explorer.set_dark(event.new), "dark_theme")
    explorer.playback.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
    controls = pn.Column(explorer.controls, sizing_mode="stretch_width", margin=0)
    switch.param.watch(
        lambda event: controls.param.update(visible=chosen() == "explorer"), "active"
    )
    if page.dark_theme:
        explorer.set_dark(True)
    pn.state.onload(lambda: drawer.append(controls))  # the figures come first
    return explorer.view


def open_networks() -> pn.viewable.Viewable:
    """The way into the lab, which is loaded then."""
    drawer.append(door.controls)
    door.open(address.query.get("run", ""))
    return door.view


def tie_lab(lab) -> None:
    """Ties the lab, once it is loaded, to the page: its theme, its drawer and its address."""
    lab.set_dark(page.dark_theme)
    page.param.watch(lambda event: lab.set_dark(event.new), "dark_theme")
    lab.param.watch(lambda event: page.param.update(sidebar_open=True), "asks_for_form")
    lab.param.watch(lambda event: follow(lab), "run")
    switch.param.watch(lambda event: lab.show(chosen() == "networks"), "active")


def follow(lab) -> None:
    """A run was opened or closed: the address says so, and a phone's drawer makes room."""
    write_address()
    if door.browser.narrow:
        page.sidebar_open = False


def write_address() -> None:
    """Names the page, the open tab and the open run in the address."""
    in_lab = chosen() == "networks"
    tab = "" if in_lab or not explorers or explorers[0].tab == TABS[0] else explorers[0].tab
    run = door.lab.run if in_lab and door.lab is not None else ""
    address.write(page="networks" if in_lab else "", tab=tab, run=run)


def open_tab(explorer: Explorer, query: Query) -> None:
    """Opens the tab that an address names."""
    explorer.tab = query["tab"] if query.get("tab") in TABS else TABS[0]


def move(query: Query) -> None:
    """Shows what the address names after Back or Forward."""
    switch.active = place_of(query)
    if chosen() == "explorer":
        open_tab(explorers[0], query)
    elif door.lab is not None:
        door.lab.run = query.get("run", "")


def chosen() -> str:
    """The page that the switch shows."""
    place: Any = switch.active
    return PAGES[place]


def turn() -> None:
    """Shows the page that was chosen; it comes into the document at the first time.

    A document with something that was never shown would count as loading for ever, and figures
    that are a level deeper would get no size.
    """
    if chosen() not in shown:
        shown[chosen()] = OPEN[chosen()]()
        page.main = list(shown.values())
    for name, view in shown.items():
        show(view, name == chosen())
    door.controls.visible = chosen() == "networks"
    skip.visible = chosen() == "explorer"


def turn_page() -> None:
    """The switch was pressed."""
    turn()
    write_address()


OPEN = {"explorer": open_explorer, "networks": open_networks}
door.param.watch(lambda event: tie_lab(event.new), "lab")
door.browser.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
door.browser.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
switch.param.watch(lambda event: turn_page(), "active")
address.on_move(move)
turn()
page.servable()
fetch_scripts_early()
