"""The explorer: one scene, its controls, its figures and its clock, as a Panel component."""

from itertools import count
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from egop.explorer.comparison import Comparison
from egop.explorer.layout import GRID, cell, framed
from egop.explorer.packing import Packet
from egop.explorer.playback import Channel, Playback
from egop.explorer.pointer import NEAR, Pointer
from egop.explorer.state import Scene
from egop.explorer.tabs import Shown, Tab
from egop.explorer.views.contours import Contours
from egop.explorer.views.controls import Controls
from egop.explorer.views.overview import Overview
from egop.objectives import Objective

_NUMBERS = count()


class Explorer(pn.viewable.Viewer):
    """The scene of Figure 1 or any other; `controls` and `view` can be laid out apart.

    Args:
        objective: f; None: chosen in the controls.
        **settings: values of `Scene`.
    """

    def __init__(self, objective: Objective | None = None, **settings: Any):
        super().__init__()
        self.scene = Scene(**settings)
        self._prefix = f"egop{next(_NUMBERS)}"
        self._contours = Contours(self._prefix)
        self._channel = Channel(self._prefix, self._contours.left)
        self.controls = Controls(self.scene, own=objective)
        self._comparison = Comparison(objective, self.controls.say)
        self._shown: Shown | None = None
        self.tabs: list[Tab] = [Overview(self._prefix)]
        self.playback = Playback(
            prefix=self._prefix,
            autoplay=self.scene.autoplay,
            stylesheets=cell("3 / 1 / 4 / 3", "44px"),
        )
        self._waiting = False
        self._lay_out()
        self._listen()
        self._update()

    def __panel__(self):
        controls = pn.Column(self.controls, width=300, height=690, scroll="y")
        return pn.Row(controls, self.view, sizing_mode="stretch_width")

    def _lay_out(self) -> None:
        self._tabs = pmui.Tabs(
            *((tab.title, tab.view) for tab in self.tabs),
            dynamic=True,
            sx={"& .MuiTabs-root, & .MuiTab-root": {"minHeight": "36px", "textTransform": "none"}},
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=cell("2 / 1 / 3 / 3", "auto"),
        )
        self.view = pn.Column(
            framed(self._contours.left, "1 / 1 / 2 / 2", "340px"),
            framed(self._contours.right, "1 / 2 / 2 / 3", "340px"),
            self._tabs,
            self.playback,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[GRID],
        )

    def _listen(self) -> None:
        names = [name for name in self.scene.param if name not in {"name", "autoplay"}]
        self.scene.param.watch(lambda *events: self._request(), names)
        self._tabs.param.watch(lambda event: self._open(event.old), "active")
        for fig, side in ((self._contours.left, 0), (self._contours.right, 1)):
            Pointer(
                fig,
                lambda side=side: self._start_in(side),
                lambda point, side=side: self._move_start(point, side),
            )

    def _start_in(self, side: int) -> tuple[np.ndarray, float]:
        """Where a figure shows the start, and how near a drag must begin to move it."""
        comparison = self._comparison
        start = comparison.start_of(self.scene)
        return comparison.planes[side].project(start), NEAR * comparison.windows[side].half

    def _move_start(self, point: np.ndarray, side: int) -> None:
        plane = self._comparison.planes[side]
        if len(plane.axes) == 2:
            point = plane.lift(point)
        elif side == 1:
            return  # beyond two variables the start moves along original coordinates only
        self.scene.start = tuple(float(f"{c:.6g}") for c in point)

    def _open(self, left: int) -> None:
        self.tabs[left].hide()
        self._request()

    def _request(self) -> None:
        """Asks for an update after the events at hand: of many, the last one is drawn."""
        document = pn.state.curdoc
        if document is None:
            self._update()
        elif not self._waiting:
            self._waiting = True
            document.add_next_tick_callback(self._update)

    def _update(self) -> None:
        """From the scene to the page; what is wrong becomes a sentence and the picture stays."""
        self._waiting = False
        with pn.io.hold():
            shown = self._comparison.show(self.scene)
            self.controls.follow(shown)
            if shown is None:
                return
            self._shown = shown
            self._draw(shown)

    def _draw(self, shown: Shown) -> None:
        comparison, contours = self._comparison, self._contours
        packet = Packet(len(shown.schedule))
        contours.show_landscape(comparison.pictures)
        names = "Original coordinates", f"{shown.basis_name} coordinates  z = Vᵀx"
        names = [name[:1].upper() + name[1:] for name in names]
        contours.name_axes(comparison.planes, names)
        contours.pack_windows(packet, comparison.windows, comparison.turn)
        contours.pack_scene(packet, comparison.planes, comparison.windows, shown)
        contours.pack_runs(packet, comparison.planes, shown)
        self.tabs[self._tabs.active].show(shown, packet)
        self._channel.send(packet)
