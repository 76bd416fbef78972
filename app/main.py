"""The page that `panel serve app` serves: the explorer, and the lab of networks beside it."""

from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui
from panel.util.parameters import edit_readonly

from egop.explorer import Explorer
from egop.explorer.layout import show
from egop.lab.door import Door
from egop.page.template import TEMPLATE, preload_scripts

pn.extension()

BAR = 52
LETTERS = {"fontFamily": "system-ui, sans-serif", "fontSize": 13}
BLUES = {"light": "#2b5f9e", "dark": "#7fb2ea"}
PAGES = ("explorer", "networks")

address = pn.state.location
asked = {} if address is None else {key: str(x) for key, x in address.query_params.items()}
door = Door()
drawer = pn.Column(sizing_mode="stretch_width", margin=0)
shown: dict[str, pn.viewable.Viewable] = {}
"""By page its view, once it was opened."""
switch = pmui.TabMenu(
    items=["Explorer", "Networks"],
    active=PAGES.index(asked["page"]) if asked.get("page") in PAGES else 0,
    sx={
        "minHeight": f"{BAR}px",
        "& .MuiTab-root": {"minHeight": f"{BAR}px", "textTransform": "none", "fontSize": "15px"},
        "& .MuiTab-root, & .MuiTab-root.Mui-selected": {"color": "inherit"},
        "& .MuiTab-root:not(.Mui-selected)": {"opacity": 0.85},
        "& .MuiTab-root.Mui-focusVisible": {"outline": "2px solid", "outlineOffset": "-4px"},
        "& .MuiTabs-indicator": {"backgroundColor": "currentcolor", "height": "3px"},
    },
)
page = pmui.Page(
    title="EGOP explorer",
    template=TEMPLATE,
    header=[switch],
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
        "@media (max-width: 900px)": {"& .main-content": {"overflowY": "auto !important"}},
        "@media (max-width: 600px)": {"& .MuiAppBar-root a": {"display": "none !important"}},
        "& .MuiAppBar-root h3, & .MuiAppBar-root .title": {"fontSize": "18px"},
    },
)
with edit_readonly(page):
    page.busy = False  # bound to the server's state, each event would draw the whole page twice


def open_explorer() -> pn.viewable.Viewable:
    """The explorer, built when it is first shown."""
    explorer = Explorer()
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
    door.open(asked.get("run", ""))
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
    tell_address()
    if door.browser.narrow:
        page.sidebar_open = False


def tell_address() -> None:
    """Keeps the page and the open run in the address, and what else is there."""
    if address is None:
        return
    query = {k: str(x) for k, x in address.query_params.items() if k not in {"page", "run"}}
    if chosen() == "networks":
        query["page"] = "networks"
        if door.lab is not None and door.lab.run:
            query["run"] = door.lab.run
    address.search = f"?{urlencode(query)}" if query else ""


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


def turn_page() -> None:
    """The switch was pressed."""
    turn()
    tell_address()


OPEN = {"explorer": open_explorer, "networks": open_networks}
door.param.watch(lambda event: tie_lab(event.new), "lab")
door.browser.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
door.browser.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
switch.param.watch(lambda event: turn_page(), "active")
turn()
page.servable()
preload_scripts()
