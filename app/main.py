"""The page that `panel serve app` serves: the explorer, and the lab of networks beside it."""

from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui
from panel.util.parameters import edit_readonly

from egop.explorer import Explorer
from egop.lab.door import Door

pn.extension("mathjax")

BAR = 52
LETTERS = {"fontFamily": "system-ui, sans-serif", "fontSize": 13}
BLUES = {"light": "#2b5f9e", "dark": "#7fb2ea"}
PAGES = ("explorer", "networks")

address = pn.state.location
asked = {} if address is None else {key: str(x) for key, x in address.query_params.items()}
door = Door()
holders = [pn.Column(sizing_mode="stretch_both", margin=0, visible=False) for _ in PAGES]
beside = [pn.Column(sizing_mode="stretch_width", margin=0, visible=False) for _ in PAGES]
holders[1].append(door.view)
beside[1].append(door.controls)
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
    header=[switch],
    sidebar=[pn.Column(*beside, sizing_mode="stretch_width", margin=0)],
    sidebar_width=300,
    sidebar_resizable=False,  # its handle has a name that screen readers may not use
    busy_indicator=None,
    main=[pn.Column(*holders, sizing_mode="stretch_both", margin=0)],
    theme_config={
        theme: {"palette": {"primary": {"main": blue}}, "typography": LETTERS}
        for theme, blue in BLUES.items()
    },
    sx={
        "& .MuiLinearProgress-root": {"display": "none"},
        "--egop-height": f"calc(100vh - {BAR + 8}px)",
        "& .MuiToolbar-root": {"minHeight": f"{BAR}px !important"},
        "@media (max-width: 900px)": {"& .main-content": {"overflowY": "auto !important"}},
        "@media (max-width: 600px)": {"& .MuiAppBar-root a": {"display": "none !important"}},
        "& .MuiAppBar-root h3, & .MuiAppBar-root .title": {"fontSize": "18px"},
    },
)
with edit_readonly(page):
    page.busy = False  # bound to the server's state, each event would draw the whole page twice


def open_explorer() -> None:
    """Builds the explorer when it is first shown."""
    explorer = Explorer()
    holders[0].append(explorer.view)
    explorer.playback.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
    page.param.watch(lambda event: explorer.set_dark(event.new), "dark_theme")
    explorer.playback.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
    if page.dark_theme:
        explorer.set_dark(True)
    pn.state.onload(lambda: beside[0].append(explorer.controls))  # the figures come first


def open_lab(lab) -> None:
    """Ties the lab, once it is loaded, to the page: its theme, its drawer and its address."""
    lab.set_dark(page.dark_theme)
    page.param.watch(lambda event: lab.set_dark(event.new), "dark_theme")
    lab.param.watch(lambda event: page.param.update(sidebar_open=True), "asks_for_form")
    lab.param.watch(lambda event: follow(lab), "run")
    switch.param.watch(lambda event: lab.show(switch.active == 1), "active")


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
    if switch.active == 1:
        query["page"] = "networks"
        if door.lab is not None and door.lab.run:
            query["run"] = door.lab.run
    address.search = f"?{urlencode(query)}" if query else ""


def turn() -> None:
    """Shows the page that was chosen, and builds it at the first time."""
    if switch.active == 1:
        door.open(asked.get("run", ""))
    elif not len(holders[0]):
        open_explorer()
    for place, (holder, controls) in enumerate(zip(holders, beside, strict=True)):
        holder.visible = controls.visible = place == switch.active


def turn_page() -> None:
    """The switch was pressed."""
    turn()
    tell_address()


door.param.watch(lambda event: open_lab(event.new), "lab")
door.browser.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
door.browser.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
switch.param.watch(lambda event: turn_page(), "active")
turn()
page.servable()
