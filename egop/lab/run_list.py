"""The list of runs: search and filters, what can be done with each, and which are compared."""

from typing import Any

import panel as pn

from egop.lab.run_row_format import matching, row_of
from egop.lab.run_rows import Act, RunRows
from egop.lab.settings import groups, title
from egop.lab.snapshot import Snapshot
from egop.lab.upload import LARGEST, Upload
from egop.runs.ownership import Visitor
from egop.ui.fields import Fields, button, choice, side_by_side, text
from egop.ui.layout import WIDE

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
        act: called with what is pressed, besides "check", and with "compare".

    Attributes:
        checked: the names of the runs that are chosen to be compared.
    """

    def __init__(self, act: Act):
        super().__init__()
        self._act = act
        self._snapshot, self._visitor = Snapshot(), Visitor()
        self._limit = PART
        self.checked: list[str] = []
        names = [name for group in groups().values() for name in group]
        experiments = {ALL: ALL} | {title(name): name for name in names}
        self.fields = Fields(
            [
                side_by_side(
                    text("search", "Search", typed=True),
                    choice("experiment", "Experiments", experiments),
                    choice("state", "States", {each: each for each in STATES}),
                    button("compare"),
                )
            ],
            {"search": "", "search:hint": "name or experiment", "experiment": ALL, "state": ALL},
            self._set,
        )
        self.more = Fields([button("more")], {"more": ""}, lambda name, value: self._show_more())
        self.list = RunRows(sizing_mode="stretch_width", margin=(6, 0))
        self.list.on_act(self._pressed)
        below = WIDE | {"margin": (10, 0)}
        self.upload = Upload(label="Add a result", hint=ADDS, accept=".nc", **below)
        parts = self.fields, self.list, self.more, self.upload
        self._view = pn.Column(*parts, sizing_mode="stretch_width", margin=(8, 0))

    def __panel__(self):
        return self._view

    def show(self, snapshot: Snapshot, visitor: Visitor) -> None:
        """Shows the runs, as far as the filters let them through.

        Args:
            snapshot: of all runs.
            visitor: who sees them.
        """
        self._snapshot, self._visitor = snapshot, visitor
        there = {entry.name for entry in snapshot.entries}
        self.checked = [name for name in self.checked if name in there]
        self._draw()

    def _set(self, name: str, value: Any) -> None:
        if name == "compare":
            self._act("compare", "", list(self.checked))
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
        values, snapshot = self.fields.values, self._snapshot
        experiment = "" if values["experiment"] == ALL else values["experiment"]
        found = matching(snapshot.entries, values["search"], STATES[values["state"]], experiment)
        self.list.rows = [
            row_of(
                each, snapshot.positions.get(each.name), each.name in self.checked, self._visitor
            )
            for each in found[: self._limit]
        ]
        self.list.empty = NO_MATCH if snapshot.entries else NOTHING
        left = len(found) - self._limit
        self.more.show(more=f"Show more ({left})" if left > 0 else "")
        n = len(self.checked)
        self.fields.show(compare={"label": f"Compare {n}" if n else "Compare", "disabled": n < 2})
