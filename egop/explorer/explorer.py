"""The explorer: one scene, its controls, its figures and its clock, as a Panel component."""

from itertools import count
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from egop.explorer import catalog, compute
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

FIGURE_1_TOLERANCE = 1e-4
"""f − f* that counts as reached on the paper's log-sum-exp; elsewhere it is relative."""
RELATIVE_TOLERANCE = 1e-4
"""Share of f(x_0) − f* that counts as reached."""


class Explorer(pn.viewable.Viewer):
    """The scene of Figure 1 or any other; `controls` and `view` can be laid out apart.

    Args:
        objective: f of two variables; None: chosen in the controls.
        **settings: values of `Scene`.
    """

    def __init__(self, objective: Objective | None = None, **settings: Any):
        super().__init__()
        self.scene = Scene(**settings)
        self._own = objective
        self._prefix = f"egop{next(_NUMBERS)}"
        self._contours = Contours(self._prefix)
        self._channel = Channel(self._prefix, self._contours.left)
        self.controls = Controls(self.scene, own=objective)
        self.tabs: list[Tab] = [Overview(self._prefix)]
        self.playback = Playback(
            prefix=self._prefix,
            autoplay=self.scene.autoplay,
            stylesheets=cell("3 / 1 / 4 / 3", "44px"),
        )
        self._objective: Objective | None = None
        self._window: compute.Window | None = None
        self._estimate: compute.Estimate | None = None
        self._problem: tuple | None = None
        self._waiting = False
        self._lay_out()
        self._listen()
        self._update()

    def __panel__(self):
        return pn.Row(
            pn.Column(self.controls, width=300, height=690, scroll="y"), self.view,
            sizing_mode="stretch_width",
        )  # fmt: skip

    def _lay_out(self) -> None:
        self._tabs = pmui.Tabs(
            *((tab.title, tab.view) for tab in self.tabs), dynamic=True,
            sizing_mode="stretch_both", margin=0, stylesheets=cell("2 / 1 / 3 / 3", "auto"),
        )  # fmt: skip
        bottom = self._tabs if len(self.tabs) > 1 else pn.Column(
            self.tabs[0].view, sizing_mode="stretch_both", margin=0,
            stylesheets=cell("2 / 1 / 3 / 3", "auto"),
        )  # fmt: skip
        self.view = pn.Column(
            framed(self._contours.left, "1 / 1 / 2 / 2", "340px"),
            framed(self._contours.right, "1 / 2 / 2 / 3", "340px"),
            bottom,
            self.playback,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[GRID],
        )

    def _listen(self) -> None:
        names = [name for name in self.scene.param if name not in {"name", "autoplay"}]
        self.scene.param.watch(lambda *events: self._request(), names)
        self._tabs.param.watch(lambda event: self._open(event.old), "active")
        for fig, rotated in ((self._contours.left, False), (self._contours.right, True)):
            Pointer(
                fig,
                lambda rotated=rotated: (
                    np.asarray(self.scene.start) @ self._axes(rotated),
                    NEAR * (1.0 if self._window is None else self._window.half),
                ),
                lambda point, rotated=rotated: self._move_start(self._axes(rotated) @ point),
            )

    def _axes(self, rotated: bool) -> np.ndarray:
        """The axes of a figure as columns, (2, 2)."""
        if not rotated or self._estimate is None:
            return np.eye(2)
        return self._estimate.basis.eigenvectors

    def _move_start(self, point: np.ndarray) -> None:
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
            packet = Packet(self.scene.n_steps)
            if self._find_objective() and self._find_estimate(packet):
                shown = self._run(packet)
                self.tabs[self._tabs.active].show(shown, packet)
                self._channel.send(packet)

    def _find_objective(self) -> bool:
        scene, say = self.scene, self.controls.messages["objective"].say
        problem = scene.problem()
        try:
            objective = self._own or catalog.make_objective(*problem)
            if objective.dim != 2:
                raise ValueError(
                    f"The picture takes two variables, {objective.name} has {objective.dim}."
                )
        except ValueError as error:
            say(str(error))
            return False
        if problem != self._problem:
            say("")
            if self._problem is not None and problem[0] != self._problem[0]:
                self._choose_defaults(objective)
            self._problem = problem
        window = compute.window_of(objective, scene.start)
        known = self._window
        if objective is not self._objective or known is None or window.half != known.half:
            self._objective, self._window = objective, window
            self._contours.show_landscape(compute.landscape(objective, window))
        return True

    def _choose_defaults(self, objective: Objective) -> None:
        """A start, a width of ρ and rates at which another objective is worth seeing."""
        key = self.scene.objective
        window = compute.window_of(objective, catalog.default_start(key, objective))
        self.scene.param.update(
            start=catalog.default_start(key, objective),
            mean=tuple(np.round(window.center, 3).tolist()),
            scale=50.0 if key == "log_sum_exp" else float(f"{window.half / 2:.3g}"),
            rates=catalog.default_rates(key),
        )

    def _find_estimate(self, packet: Packet) -> bool:
        scene, say = self.scene, self.controls.messages["distribution"].say
        assert self._objective is not None
        assert self._window is not None
        try:
            self._distribution = catalog.make_distribution(
                scene.distribution, scene.mean, scene.scale, scene.elongation, scene.tilt
            )
            previous = None if self._estimate is None else self._estimate.basis
            found = compute.estimate(
                self._objective, self._distribution, scene.n_samples, scene.seed, previous
            )
        except ValueError as error:
            say(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return False
        excluded = found.sample.n_excluded
        say(f"{excluded} of {scene.n_samples} gradients are not finite and left out."
            if excluded else "", "hint")  # fmt: skip
        self._estimate = found
        curve = compute.ellipse(self._distribution)
        self._contours.pack_scene(packet, self._window, found, curve, self._objective)
        return True

    def _run(self, packet: Packet) -> Shown:
        scene, objective, found = self.scene, self._objective, self._estimate
        assert objective is not None
        assert found is not None
        methods = compute.make_methods(scene.rates_of_methods(), scene.accumulator)
        pairs = compute.run_pairs(objective, methods, scene.start, found.basis, scene.n_steps)
        axes = found.basis.eigenvectors
        self._contours.pack_runs(packet, pairs, scene.start, axes, scene.mapped_back)
        reference, known = compute.reference_value(objective, pairs)
        gap = float(objective.value(scene.start)) - reference
        figure_1 = scene.objective == "log_sum_exp" and self._own is None
        tolerance = FIGURE_1_TOLERANCE if figure_1 else RELATIVE_TOLERANCE * gap
        return Shown(
            scene, objective, self._distribution, found, methods, pairs, np.array(scene.start),
            reference, known, max(tolerance, compute.FLOOR) if np.isfinite(gap) else 1.0,
        )  # fmt: skip
