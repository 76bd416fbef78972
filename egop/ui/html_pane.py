"""Sentences that change with every drag."""

from typing import Any

import param

from egop.ui.component import Component


class HtmlPane(Component):
    """HTML that is replaced in place.

    A pane of Panel's takes 5 ms of the server at each change, and Bokeh's `Div` lays the whole
    page out again, 40 ms in the browser.
    """

    _esm: Any = """
export function render({model, el}) {
  const show = () => { el.innerHTML = model.html; };
  el.tabIndex = 0; // what overflows is scrolled by keys
  if (model.label) Object.assign(el, {role: "region", ariaLabel: model.label});
  model.on("html", show);
  show();
}
"""
    label: Any = param.String(doc="What a screen reader calls it.")
    html: Any = param.String(doc="What is shown; whoever sets it has escaped it.")
