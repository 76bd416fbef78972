"""The rows of runs in the browser, as they are drawn and what is pressed in them.

Apart from the list's logic, so that it is known before a page is served: Bokeh tells a browser only
of components that exist by then.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import param

from egop.ui.bundle import bundle
from egop.ui.component import LONGEST, Component

ACTS = ("open", "check", "pause", "cancel", "continue", "rename", "delete", "download")
"""The buttons that can be pressed in a row."""
DOWNLOADS = {
    "netcdf": "All numbers (netCDF)",
    "csv": "Table (CSV)",
    "svg": "Figure (SVG)",
    "pdf": "Figure (PDF)",
    "png": "Figure (PNG)",
}
"""The downloads of a finished run, as the menu calls them."""
Act = Callable[[str, str, Any], Any]
"""Called with what is to be done ("pause", "rename", …), the run's name, and a value."""


class RunRows(Component):
    """The rows themselves; what is pressed is told to whoever has registered with `on_act`.

    Panel's Tabulator loses a name that is being typed as soon as another cell of the table changes,
    as the progress of a run does each second; the Tab key never reaches its buttons; axe finds a
    critical fault; and its scripts add 105 kB, compressed, to a first visit.
    """

    _esm: Any = bundle(Path(__file__).with_name("run_rows.js"))
    _stylesheets: ClassVar[list[str]] = [
        Path(__file__).with_name("run_rows.css").read_text(encoding="utf-8")
    ]

    rows: Any = param.List(doc="As `egop.lab.run_row_format.row_of` makes them.")
    empty: Any = param.String(doc="What is said when there is no row.")
    title: Any = param.String(default="Runs", doc="What a screen reader calls the list.")
    opens: Any = param.Boolean(default=True, doc="Whether runs can be opened and compared.")
    downloads: Any = param.Dict(default=DOWNLOADS, doc="What can be downloaded, in words.")

    def on_act(self, act: Act) -> None:
        """Calls `act` with what is pressed."""
        self._act = act

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        act, name, value = (data.get(key, "") for key in ("act", "name", "value"))
        kind = bool if act == "check" else str
        texts = all(isinstance(each, str) and len(each) <= LONGEST for each in (act, name))
        if texts and act in ACTS and isinstance(value, kind) and len(str(value)) <= LONGEST:
            self._act(act, name, value)
