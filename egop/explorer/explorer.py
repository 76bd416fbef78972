"""The explorer: one scene, its controls, its figures and its clock, as a Panel component."""

from itertools import count
from typing import Any

import numpy as np
import panel as pn
from bokeh.events import Pan, PanEnd, PanStart, Tap

from egop import metrics
from egop.explorer import catalog, compute, verdict
from egop.explorer.packing import Packet
from egop.explorer.playback import Channel, Playback
from egop.explorer.state import Scene
from egop.explorer.views.contours import Contours
from egop.explorer.views.controls import Controls
from egop.explorer.views.spectrum import Spectrum
from egop.explorer.views.values import Values
from egop.objectives import Objective
from egop.theme import number

_NUMBERS = count()
NEAR = 0.09
"""How close to the start, as a share of the window's half, a drag must begin to move it."""

STYLE = """
:host { display: grid !important; gap: 6px 10px; width: 100%; box-sizing: border-box;
  height: var(--egop-height, 640px); padding: 6px 10px 2px;
  grid-template: minmax(220px, 1fr) minmax(170px, 36%) 44px / 1.1fr 1.7fr 1.2fr 1.5fr; }
@media (max-width: 900px) {
  :host { grid-template: none; grid-auto-rows: auto; grid-template-columns: 1fr; height: auto; } }
"""
SENTENCES = """
:host { overflow: auto; font: 13px/1.4 system-ui, sans-serif; }
ul.egop-verdict { list-style: none; margin: 4px 0 8px; padding: 0; }
ul.egop-verdict li { position: relative; padding-left: 14px; margin-bottom: 6px; }
ul.egop-verdict i { position: absolute; left: 0; top: 0.2em; width: 5px; height: 1em;
  border-radius: 2px; }
.egop-facts { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 12px; opacity: 0.85; }
.egop-facts b { font-weight: 600; }
"""


def cell(area: str, narrow: str) -> list[str]:
    """Where a child stands in the grid, and how high it is on a phone."""
    return [
        f":host {{ grid-area: {area}; min-width: 0; min-height: 0; }}"
        f"@media (max-width: 900px) {{ :host {{ grid-area: auto; height: {narrow} !important; }} }}"
    ]


class Explorer(pn.viewable.Viewer):
    """The scene of Figure 1 or any other; `controls` and `view` can be laid out apart."""

    def __init__(self, objective: Objective | None = None, **settings: Any):
        super().__init__()
        self.scene = Scene(**settings)
        self._own = objective
        self._prefix = f"egop{next(_NUMBERS)}"
        self._contours, self._spectrum = Contours(self._prefix), Spectrum(self._prefix)
        self._values = Values(self._prefix)
        self._channel = Channel(self._prefix, self._values.figure)
        self.playback = Playback(
            prefix=self._prefix, autoplay=self.scene.autoplay, sizing_mode="stretch_width",
            stylesheets=cell("3 / 1 / 4 / 5", "44px"),
        )  # fmt: skip
        self.controls = Controls(self.scene)
        self._sentences = pn.pane.HTML(
            "", sizing_mode="stretch_both", margin=0,
            stylesheets=[SENTENCES, *cell("2 / 4 / 3 / 5", "auto")],
        )  # fmt: skip
        self._objective: Objective | None = None
        self._window: compute.Window | None = None
        self._estimate: compute.Estimate | None = None
        self._problem: tuple | None = None
        self._waiting = False
        self._dragging: np.ndarray | None = None
        self._listen()
        self._update()
        self.view = self._lay_out()

    def __panel__(self):
        return pn.Row(
            pn.Column(self.controls, width=300, scroll="y"), self.view, sizing_mode="stretch_width",
            height=680,
        )  # fmt: skip

    def _lay_out(self):
        def framed(fig, area, narrow):
            pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", margin=0)
            return pn.Column(
                pane, sizing_mode="stretch_both", margin=0, stylesheets=cell(area, narrow)
            )

        return pn.Column(
            framed(self._contours.left, "1 / 1 / 2 / 3", "340px"),
            framed(self._contours.right, "1 / 3 / 2 / 5", "340px"),
            framed(self._spectrum.figure, "2 / 1 / 3 / 2", "220px"),
            framed(self._values.figure, "2 / 2 / 3 / 4", "260px"),
            self._sentences,
            self.playback,
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[STYLE],
        )

    def _listen(self) -> None:
        names = [name for name in self.scene.param if name not in {"name", "autoplay"}]
        self.scene.param.watch(lambda *events: self._request(), names)
        for fig, rotated in ((self._contours.left, False), (self._contours.right, True)):
            fig.on_event(Tap, lambda event, rotated=rotated: self._move_start(event, rotated))
            fig.on_event(PanStart, lambda event, rotated=rotated: self._grab(event, rotated))
            fig.on_event(Pan, lambda event, rotated=rotated: self._drag(event, rotated))
            fig.on_event(PanEnd, lambda event: setattr(self, "_dragging", None))

    def _request(self) -> None:
        """Asks for an update after the events at hand: of many, the last one is drawn."""
        document = pn.state.curdoc
        if document is None:
            self._update()
        elif not self._waiting:
            self._waiting = True
            document.add_next_tick_callback(self._update)

    def _original(self, event, rotated: bool) -> np.ndarray:
        point = np.array([event.x, event.y], dtype=float)
        return self._axes() @ point if rotated else point

    def _axes(self) -> np.ndarray:
        assert self._estimate is not None
        return self._estimate.basis.eigenvectors

    def _move_start(self, event, rotated: bool) -> None:
        if event.x is not None and event.y is not None:
            point = self._original(event, rotated)
            self.scene.start = tuple(float(f"{c:.6g}") for c in point)

    def _grab(self, event, rotated: bool) -> None:
        if event.x is None or self._window is None:
            return
        away = np.linalg.norm(self._original(event, rotated) - self.scene.start)
        self._dragging = np.array([rotated]) if away < NEAR * 2 * self._window.half else None

    def _drag(self, event, rotated: bool) -> None:
        if self._dragging is not None:
            self._move_start(event, rotated)

    def _update(self) -> None:
        """From the scene to the page; what is wrong becomes a sentence and the picture stays."""
        self._waiting = False
        with pn.io.hold():
            packet = Packet(self.scene.n_steps)
            if self._find_objective() and self._find_estimate(packet):
                self._show_runs(packet)
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
            key_changed = self._problem is not None and problem[0] != self._problem[0]
            self._problem = problem
            say("")
            if key_changed:
                self._choose_defaults(objective)
        window = compute.window_of(objective, scene.start)
        if objective is not self._objective or window.half != self._half():
            self._objective, self._window = objective, window
            self._contours.show_landscape(compute.landscape(objective, window))
        return True

    def _half(self) -> float | None:
        return None if self._window is None else self._window.half

    def _choose_defaults(self, objective: Objective) -> None:
        """A start, a width of ρ and rates at which another objective is worth seeing."""
        scene = self.scene
        key = scene.objective
        window = compute.window_of(objective, (0.0, 0.0))
        width = 50.0 if key == "log_sum_exp" else float(f"{window.half / 2:.3g}")
        scene.param.update(
            start=catalog.default_start(key, objective),
            mean=tuple(np.round(window.center, 3).tolist()),
            scale=width,
            rates=catalog.default_rates(key),
        )

    def _find_estimate(self, packet: Packet) -> bool:
        scene, say = self.scene, self.controls.messages["distribution"].say
        assert self._objective is not None and self._window is not None
        try:
            rho = catalog.make_distribution(
                scene.distribution, scene.mean, scene.scale, scene.elongation, scene.tilt
            )
            previous = None if self._estimate is None else self._estimate.basis
            found = compute.estimate(self._objective, rho, scene.n_samples, scene.seed, previous)
        except ValueError as error:
            say(str(error)[0].upper() + str(error)[1:] + ".")
            return False
        left_out = found.sample.n_excluded
        say(f"{left_out} of {scene.n_samples} gradients are not finite and left out." if left_out
            else "", "hint")  # fmt: skip
        self._estimate = found
        self._contours.pack_scene(
            packet, self._window, found, compute.ellipse(rho), self._objective
        )
        self._spectrum.pack(packet, found)
        return True

    def _show_runs(self, packet: Packet) -> None:
        scene = self.scene
        assert self._objective is not None and self._estimate is not None
        basis = self._estimate.basis
        methods = compute.make_methods(scene.rates_of_methods(), scene.accumulator)
        pairs = compute.run_pairs(self._objective, methods, scene.start, basis, scene.n_steps)
        reference = compute.reference_value(self._objective, pairs)
        first = float(self._objective.value(scene.start))
        tolerance = max(1e-4 * (first - reference[0]), compute.FLOOR)
        if scene.objective == "log_sum_exp":
            tolerance = 1e-4
        self._contours.pack_runs(packet, pairs, scene.start, basis.eigenvectors, scene.mapped_back)
        self._values.pack(packet, pairs, reference, tolerance)
        lines = verdict.sentences(pairs, reference[0], tolerance)
        packet.say(words=" ".join(text for _, text in lines))
        self._sentences.object = verdict.to_html(lines, self._facts())

    def _facts(self) -> list[tuple[str, str]]:
        assert self._estimate is not None
        found = self._estimate
        ratio = metrics.stable_rank(found.band.eigenvalues)
        density = metrics.density(found.basis.eigenvectors)
        return [
            ("stable rank", number(ratio, 3)),
            ("density β₁", number(density[0], 3)),
            ("λ₁/λ₂", number(metrics.spectral_gap(found.band.eigenvalues), 3)),
            ("error of v₁", f"{number(found.band.angle_of_v1_degrees)}°"),
        ]
