"""Links past the controls, for people who use keys."""

from pathlib import Path
from typing import Any, ClassVar

from egop.ui.bundle import bundle
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
    _esm: Any = bundle(Path(__file__).with_name("skip.js"))
