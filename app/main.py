"""The page that `panel serve app` serves."""

import panel as pn
import panel_material_ui as pmui
from panel.util.parameters import edit_readonly

from egop.explorer import Explorer

pn.extension("mathjax")

BAR = 52
LETTERS = {"fontFamily": "system-ui, sans-serif", "fontSize": 13}
BLUES = {"light": "#2b5f9e", "dark": "#7fb2ea"}

explorer = Explorer()
beside = pn.Column(sizing_mode="stretch_width", margin=0)
page = pmui.Page(
    title="EGOP explorer",
    sidebar=[beside],
    sidebar_width=300,
    sidebar_resizable=False,  # its handle has a name that screen readers may not use
    busy_indicator=None,
    main=[explorer.view],
    theme_config={
        theme: {"palette": {"primary": {"main": blue}}, "typography": LETTERS}
        for theme, blue in BLUES.items()
    },
    sx={
        "& .MuiLinearProgress-root": {"display": "none"},
        "--egop-height": f"calc(100vh - {BAR + 8}px)",
        "& .MuiToolbar-root": {"minHeight": f"{BAR}px !important"},
        "@media (max-width: 900px)": {"& .main-content": {"overflowY": "auto !important"}},
        "& .MuiAppBar-root h3, & .MuiAppBar-root .title": {"fontSize": "18px"},
    },
)
with edit_readonly(page):
    page.busy = False  # bound to the server's state, each event would draw the whole page twice
explorer.playback.param.watch(lambda event: page.param.update(sidebar_open=False), "narrow")
page.param.watch(lambda event: explorer.set_dark(event.new), "dark_theme")
explorer.playback.param.watch(lambda event: page.param.update(dark_theme=event.new), "dark")
pn.state.onload(lambda: beside.append(explorer.controls))  # the figures come first
page.servable()
