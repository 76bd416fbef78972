"""Links past the controls, for people who use keys."""

from typing import Any, ClassVar

from egop.ui.component import Component

STYLE = """
:host { position: relative; width: 0 !important; height: 0 !important; margin: 0 !important; }
button { position: absolute; left: 0; top: 0; z-index: 20; white-space: nowrap; padding: 7px 12px;
  border: 2px solid #2b5f9e; border-radius: 6px; background: #ffffff; color: #1c2430;
  cursor: pointer; font: 13px system-ui, sans-serif; }
button:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; padding: 0; overflow: hidden; }
"""


class SkipLinks(Component):
    """Two buttons that are seen when they have the focus: to the playback, and to the results."""

    _stylesheets: ClassVar[list[str]] = [STYLE]
    _esm: Any = """
const TARGETS = {
  "Skip to the playback": ".bar button.main",
  "Skip to the results": "[role=tab][aria-selected=true]",
};

// The last visible match of the page, also within shadow roots.
function lastOf(root, selector) {
  let found = null;
  for (const element of root.querySelectorAll("*")) {
    if (element.matches(selector) && element.checkVisibility()) found = element;
    if (element.shadowRoot) found = lastOf(element.shadowRoot, selector) ?? found;
  }
  return found;
}

export function render({el}) {
  for (const [words, selector] of Object.entries(TARGETS)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.addEventListener("click", () => {
      const target = lastOf(document, selector);
      target?.scrollIntoView({block: "nearest"});
      target?.focus();
    });
    el.append(button);
  }
}
"""
