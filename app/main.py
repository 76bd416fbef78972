"""The page that `panel serve app` serves."""

import panel as pn
import panel_material_ui as pmui

from egop.explorer import Explorer

pn.extension("mathjax")

explorer = Explorer()
pmui.Page(
    title="EGOP explorer",
    sidebar=[explorer.controls],
    sidebar_width=300,
    main=[explorer.view],
).servable()
