"""The list of runs: search and filters, what can be done with each, and which are compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn

from egop.lab.run_row_format import matching, row_of
from egop.lab.run_rows import Act, RunRows
from egop.lab.settings import groups, title
from egop.lab.upload import LARGEST, Upload
from egop.runs.ownership import Visitor
from egop.runs.run_info import RunInfo
from egop.ui.fields import Fields, button, choice, place, side_by_side, text

PART = 25
"""Rows that are shown before somebody asks for more."""

ALL = "All"
STATES = {
    ALL: (),
    "In progress": ("running", "queued", "paused"),
    "Finished": ("finished",),
    "Stopped": ("interrupted", "cancelled", "failed"),
}
NOTHING = "No runs yet. Choose an experiment and press Start."
NO_MATCH = "No run matches. Change the search or the filters."
ADDS = f"A netCDF file as a download of a result gives it, up to {LARGEST // 10**6} MB."


class RunList(pn.viewable.Viewer):
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
        self._entries: Sequence[RunInfo] = ()
        self._positions: Mapping[str, int] = {}
        self._visitor = Visitor()
        self.noted = self._token = self._added = ""
        self._limit = PART
        self.checked: list[str] = []
        self._make_widgets()
        self._lay_out()

    def __panel__(self):
        return self._view

    def show(
        self,
        entries: Sequence[RunInfo],
        positions: Mapping[str, int],
        visitor: Visitor | None = None,
    ) -> None:
        """Shows these runs, as far as the filters let them through.

        Args:
            entries: newest first.
            positions: by name, the place in the line.
            visitor: who sees them; None: who may change them all.
        """
        self._entries, self._positions = entries, positions
        self._visitor = visitor or Visitor()
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
        self.fields.say("note", sentence, "hint")
        self.fields.show(undo="Undo" if token else "", look="Open" if added else "")

    @property
    def offers(self) -> bool:
        """Whether what was said last comes with a button."""
        return bool(self._token or self._added)

    def _make_widgets(self) -> None:
        names = [name for group in groups().values() for name in group]
        experiments = {ALL: ALL} | {title(name): name for name in names}
        self.fields = Fields(
            [
                side_by_side(
                    text("search", "Search", typed=True),
                    choice("experiment", "Experiments", experiments),
                    choice("state", "States", {each: each for each in STATES}),
                    button("compare"),
                ),
                side_by_side(place("note"), button("undo"), button("look")),
            ],
            {
                "search": "", "search:hint": "name or experiment", "experiment": ALL, "state": ALL,
                "undo": "", "look": "",
            },
            self._set,
        )  # fmt: skip
        self.more = Fields([button("more")], {"more": ""}, lambda name, value: self._show_more())
        self.list = RunRows(sizing_mode="stretch_width", margin=(6, 0))
        self.upload = Upload(
            label="Add a result", hint=ADDS, accept=".nc", sizing_mode="stretch_width",
            margin=(10, 0),
        )  # fmt: skip
        self.list.on_act(self._pressed)

    def _lay_out(self) -> None:
        self._view = pn.Column(
            self.fields, self.list, self.more, self.upload,
            sizing_mode="stretch_width", margin=(8, 0),
        )  # fmt: skip

    def _set(self, name: str, value: Any) -> None:
        acts = {
            "compare": ("compare", "", list(self.checked)),
            "undo": ("restore", self._token, ""),
            "look": ("open", self._added, ""),
        }
        if name in acts:
            self._act(*acts[name])
            return
        self.fields.show(**{name.removesuffix(":typed"): value})
        self._draw()

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
        values = self.fields.values
        experiment = "" if values["experiment"] == ALL else values["experiment"]
        found = matching(self._entries, values["search"], STATES[values["state"]], experiment)
        rows = [
            row_of(
                entry,
                self._positions.get(entry.name),
                entry.name in self.checked,
                changeable=self._visitor.may_change(entry.owner),
            )
            for entry in found[: self._limit]
        ]
        if rows != self.list.rows:
            self.list.rows = rows
        self.list.empty = NO_MATCH if self._entries else NOTHING
        left = len(found) - len(rows)
        self.more.show(more=f"Show more ({left})" if left > 0 else "")
        n = len(self.checked)
        label = f"Compare {n}" if n else "Compare"
        self.fields.show(compare={"label": label, "disabled": n < 2})
