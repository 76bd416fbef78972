"""The tabs under the figures, each built when it is first opened."""

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from egop.explorer.tabs import Tab
from egop.ui.layout import EARLIER, cell, column

LOOKS = {"& .MuiTabs-root, & .MuiTab-root": {"minHeight": "36px", "textTransform": "none"}}


class TabPanel:
    """Tabs whose figures are made at their first opening.

    Args:
        makers: by title, what makes the tab.
        area: of the grid, as in `cell`.

    Attributes:
        view: Panel's tabs, whose `active` is the place of the open one.
        built: the tabs so far, by their place.
    """

    def __init__(self, makers: dict[str, Callable[[], Tab]], area: str):
        self._makers = list(makers.values())
        self.built: dict[int, Tab] = {}
        self._holders = [column() for _ in makers]
        self.view = pmui.Tabs(
            *zip(makers, self._holders, strict=True),
            dynamic=False,
            min_height=120,
            sx=LOOKS,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[*cell(area, "auto"), EARLIER, ".tabs { min-height: 0 !important; }"],
        )

    def __len__(self) -> int:
        return len(self._makers)

    def __getitem__(self, place: int) -> Tab:
        """The tab at a place, built and in the page."""
        if place not in self.built:
            self.make(place)
            self.insert(place)
        return self.built[place]

    @property
    def active(self) -> int:
        """The place of the open tab."""
        return self.known(self.view.active)

    def known(self, place: Any) -> int:
        """The place itself, or that of the first tab where a browser names a tab that is none."""
        return place if place in range(len(self)) else 0

    def make(self, place: int) -> None:
        """Builds a tab that is not in the page yet."""
        self.built[place] = self._makers[place]()

    def insert(self, place: int) -> None:
        """Puts a tab that was built into the page."""
        self._holders[place][:] = [self.built[place].view]
