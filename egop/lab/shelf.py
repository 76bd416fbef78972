"""The list of runs: search and filters, what can be done with each, and which are compared."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.explorer.layout import NARROW
from egop.explorer.views.widgets import present
from egop.lab.row_list import Act, Rows
from egop.lab.rows import matching, row_of
from egop.lab.settings import GROUPS, title
from egop.lab.upload import LARGEST, Upload
from egop.runs.entries import Entry

PART = 25
"""Rows that are shown before somebody asks for more."""

STATES = {
    "All": (),
    "In progress": ("running", "queued", "paused"),
    "Finished": ("finished",),
    "Stopped": ("interrupted", "cancelled", "failed"),
}
NOTHING = "No runs yet. Choose an experiment and press Start."
NO_MATCH = "No run matches. Change the search or the filters."
ADDS = f"A netCDF file as a download of a result gives it, up to {LARGEST // 10**6} MB."

_FILTERS = f"""
:host {{ display: grid !important; gap: 0 10px; align-items: center; width: 100%;
  grid-template-columns: minmax(0, 2fr) minmax(0, 1.4fr) minmax(0, 1fr) auto; }}
@media (max-width: {NARROW}px) {{ :host {{ grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }}
}}
"""
_NOTE = "div { font: 13px/1.5 system-ui, sans-serif; padding: 6px 0; }"
_WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (5, 0)}


class Shelf(pn.viewable.Viewer):
    """All runs of the archive.

    Args:
        act: called with what is pressed, besides "check", and with "compare" and "restore".

    Attributes:
        checked: the names of the runs that are chosen to be compared.
        noted: what was said last.
    """

    def __init__(self, act: Act):
        super().__init__()
        self._act = act
        self._entries: Sequence[Entry] = ()
        self._positions: Mapping[str, int] = {}
        self.noted = self._token = self._added = ""
        self._limit = PART
        self.checked: list[str] = []
        self._make_widgets()
        self._lay_out()

    def __panel__(self):
        return self._view

    def show(self, entries: Sequence[Entry], positions: Mapping[str, int]) -> None:
        """Shows these runs, as far as the filters let them through.

        Args:
            entries: newest first.
            positions: by name, the place in the line.
        """
        self._entries, self._positions = entries, positions
        there = {entry.name for entry in entries}
        self.checked = [name for name in self.checked if name in there]
        self._draw()

    def note(self, sentence: str, token: str = "", added: str = "") -> None:
        """Says what was done.

        Args:
            sentence: "" takes the last one away.
            token: of what was deleted; it offers to bring that back.
            added: the name of a run; it offers to open that.
        """
        self.noted, self._token, self._added = sentence, token, added
        self._words.object = f'<div role="status">{escape(sentence)}</div>'
        self._words.visible, self._undo.visible = bool(sentence), bool(token)
        self._look.visible = bool(added)

    @property
    def offers(self) -> bool:
        """Whether what was said last comes with a button."""
        return bool(self._token or self._added)

    def _make_widgets(self) -> None:
        self.search = pmui.TextInput(label="Search", placeholder="name or experiment", **_WIDE)
        names = [name for group in GROUPS.values() for name in group]
        options = {"All": ""} | {title(name): name for name in names}
        self.experiment = pmui.Select(label="Experiments", options=options, value="", **_WIDE)
        self.state = pmui.Select(label="States", options=list(STATES), value="All", **_WIDE)
        self.compare = pmui.Button(
            label="Compare", variant="outlined", disabled=True, margin=(5, 0), width=130,
        )  # fmt: skip
        self.more = pmui.Button(label="Show more", variant="text", visible=False, margin=(8, 0))
        self.list = Rows(sizing_mode="stretch_width", margin=(6, 0))
        self._words = pn.pane.HTML(
            "", visible=False, sizing_mode="stretch_width", margin=0, stylesheets=[_NOTE]
        )
        self._undo, self._look = (
            pmui.Button(label=label, variant="outlined", size="small", visible=False)
            for label in ("Undo", "Open")
        )
        self.upload = Upload(
            label="Add a result", hint=ADDS, accept=".nc", sizing_mode="stretch_width",
            margin=(10, 0),
        )  # fmt: skip
        self.list.on_act(self._pressed)
        self.search.param.watch(lambda event: self._draw(), ["value", "value_input"])
        for widget in (self.experiment, self.state):
            widget.param.watch(lambda event: self._draw(), "value")
        self.compare.on_click(lambda event: self._act("compare", "", list(self.checked)))
        self.more.on_click(lambda event: self._show_more())
        self._undo.on_click(lambda event: self._act("restore", self._token, ""))
        self._look.on_click(lambda event: self._act("open", self._added, ""))

    def _lay_out(self) -> None:
        filters = pn.Column(
            self.search, self.experiment, self.state, self.compare,
            sizing_mode="stretch_width", margin=0, stylesheets=[_FILTERS],
        )  # fmt: skip
        self._view = pn.Column(
            filters,
            pn.Row(
                present(self._words),
                present(self._undo, self._look),
                sizing_mode="stretch_width",
                margin=0,
            ),
            self.list,
            present(self.more),
            self.upload,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _pressed(self, act: str, name: str, value: Any) -> None:
        if act != "check":
            self._act(act, name, value)
            return
        self.checked = [each for each in self.checked if each != name] + ([name] if value else [])
        self._draw()

    def _show_more(self) -> None:
        self._limit += 2 * PART
        self._draw()

    def _draw(self) -> None:
        found = matching(
            self._entries,
            self.search.value_input or "",
            STATES[self.state.value],
            self.experiment.value,
        )
        rows = [
            row_of(entry, self._positions.get(entry.name), entry.name in self.checked)
            for entry in found[: self._limit]
        ]
        if rows != self.list.rows:
            self.list.rows = rows
        self.list.empty = NO_MATCH if self._entries else NOTHING
        left = len(found) - len(rows)
        self.more.param.update(label=f"Show more ({left})", visible=left > 0)
        n = len(self.checked)
        self.compare.param.update(label=f"Compare {n}" if n else "Compare", disabled=n < 2)
