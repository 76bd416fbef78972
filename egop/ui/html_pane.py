"""Sentences that change with every drag."""

from pathlib import Path
from typing import Any

import param

from egop.ui.bundle import bundle
from egop.ui.component import Component


class HtmlPane(Component):
    """HTML that is replaced in place.

    A pane of Panel's takes 5 ms of the server at each change, and Bokeh's `Div` lays the whole
    page out again, 40 ms in the browser.
    """

    _esm: Any = bundle(Path(__file__).with_name("html_pane.js"))

    label: Any = param.String(doc="What a screen reader calls it.")
    scrolls: Any = param.Boolean(default=True, doc="Whether it may hold more than is seen at once.")
    html: Any = param.String(doc="What is shown; whoever sets it has escaped it.")
