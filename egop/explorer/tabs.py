"""The interface of the tabs under the figures, and the comparison that they are given."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from egop import theme
from egop.analysis.planes import PathInPlane, Plane
from egop.analysis.stopping_target import StoppingTarget
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.explorer.compute import Estimate, Pair, Window
from egop.explorer.landscape import LandscapeImage
from egop.explorer.remarks import Remark
from egop.explorer.scene import OWN, Scene
from egop.methods import Method
from egop.objectives import Objective
from egop.refreshed import Refreshed
from egop.trajectory import Trajectory
from egop.ui.packing import Packet

IN_SLICE = 1e-6
"""Relative to a window: points that are nearer to a figure's slice are in it."""


class ShownRun(NamedTuple):
    """One run of a comparison, with its looks in every figure.

    Attributes:
        method: its name.
        rotated: whether the run is in the basis.
        path: the run.
    """

    method: str
    rotated: bool
    path: Trajectory


def looks_of(runs: Iterable[ShownRun]) -> dict[str, list]:
    """The columns "color" and "dash" of the lines of runs."""
    return {
        "color": [theme.color(each.method) for each in runs],
        "dash": [theme.dash(each.rotated) for each in runs],
    }


def heads_of(runs: Iterable[ShownRun]) -> dict[str, list]:
    """The columns "color" and "marker" of the present points of runs."""
    return {
        "color": [theme.color(each.method) for each in runs],
        "marker": [theme.marker(each.method) for each in runs],
    }


@dataclass(frozen=True)
class ComparisonResult:
    """Everything about the comparison on the page, as the last update computed it.

    Attributes:
        scene: the settings; a tab may set them (a tap that loads a run).
        objective: f, d variables.
        distribution: ρ.
        estimate: the EGOP eigenbasis with its bootstrap and sample.
        basis: of the right figure; the estimated one unless the scene chose another.
        basis_kind: which one that is, a key of `BASIS_NAMES`; the scene's may have moved on.
        refreshed: when the basis is estimated anew, beginning with `basis`; None: it stays.
        methods: the chosen ones at their rates in original coordinates, by name.
        rotated_methods: the same at their rates in the basis.
        pairs: their runs in both coordinate systems.
        start: (d,) x_0.
        schedule: (T,) factors of the rates by step.
        target: f* or the best value seen, and the gap that counts as arrived.
        planes: of the left and the right figure.
        windows: of the left and the right figure.
        pictures: the landscapes that are others than before; in two variables there is only one,
            which the right figure shows turned.
        remarks: on the left and the right figure, for their titles.
        in_planes: beyond two variables, each pair of paths as the two figures show it.
        name: what the objective is called.
        is_given: whether it was made elsewhere, and no other can be chosen on the page.
        found: what was computed of it so far, so that it is computed once, and can be ahead.
    """

    scene: Scene
    objective: Objective
    distribution: Distribution
    estimate: Estimate
    basis: Eigenbasis
    basis_kind: str
    refreshed: Refreshed | None
    methods: dict[str, Method]
    rotated_methods: dict[str, Method]
    pairs: list[Pair]
    start: np.ndarray
    schedule: np.ndarray
    target: StoppingTarget
    planes: list[Plane]
    windows: list[Window]
    pictures: list[LandscapeImage] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=lambda: [Remark(), Remark()])
    in_planes: list[tuple[PathInPlane, PathInPlane]] = field(default_factory=list)
    name: str = ""
    is_given: bool = False
    found: dict[Any, Any] = field(default_factory=dict, compare=False)

    def coordinates(self, run: ShownRun, side: int) -> np.ndarray:
        """(T+1, 2) a run as the left (0) or the right (1) figure shows it."""
        key = run.method, run.rotated, side
        if key not in self.found:
            self.found[key] = self.planes[side].project(run.path.points)
        return self.found[key]

    def minimizers(self, side: int) -> np.ndarray:
        """(n, d) the known minimizers in the slice that the left (0) or right (1) figure shows."""
        known = self.objective.minimizer
        if known is None:
            return np.empty((0, self.objective.dim))
        return known[self.planes[side].distance(known) <= IN_SLICE * self.windows[side].half]

    @property
    def runs(self) -> list[ShownRun]:
        """Every run, each method's original one before the rotated one."""
        return [
            ShownRun(pair.name, rotated, path)
            for pair in self.pairs
            for rotated, path in ((False, pair.original), (True, pair.rotated))
        ]

    @property
    def length(self) -> dict[str, Any]:
        """The number of steps and the factors of the rates, as what runs methods takes them."""
        return {"n_steps": len(self.schedule), "schedule": self.schedule}

    @property
    def key(self) -> tuple:
        """The objective, the start, the schedule, refreshes and moving axes: what runs share."""
        run = self.objective, tuple(self.start.tolist()), self.schedule.tobytes()
        return *run, self.refreshed_by, self.basis.n_active

    @property
    def refreshed_by(self) -> tuple:
        """The plain values on which refreshes depend; () where there are none."""
        if self.refreshed is None:
            return ()
        each = self.refreshed
        drawn = each.deviations(0)[:2].tobytes()  # which tell one ρ from another
        return each.every, each.n_samples, each.moments, each.seed, drawn

    @property
    def run_basis(self) -> Eigenbasis | Refreshed:
        """The basis of the rotated runs as `egop.run` takes it."""
        return self.refreshed or self.basis

    @property
    def tuned_apart(self) -> list[str]:
        """The methods whose rate in the basis is another one."""
        rates = {name: method.learning_rate for name, method in self.rotated_methods.items()}
        return [name for name, each in self.methods.items() if each.learning_rate != rates[name]]

    @property
    def basis_name(self) -> str:
        """The basis's name, as in "EGOP coordinates"."""
        return BASIS_NAMES[self.basis_kind]

    @property
    def basis_title(self) -> str:
        """The basis's name alone, as a title."""
        name = "your basis" if self.basis_kind == OWN else self.basis_name
        return f"{name[:1].upper()}{name[1:]}"

    @property
    def axes_of_egop(self) -> bool:
        """True if the right figure's axes are v₁ and v₂, eigenvectors of an EGOP."""
        return self.basis_kind in {"egop", "exact", "refreshed", "leading"}

    @property
    def theory_speaks(self) -> bool:
        """True if the rotated runs are in a whole basis of the EGOP that stays, as the theory's."""
        return self.axes_of_egop and self.refreshed is None and not self.moving_axes

    @property
    def is_at_an_angle(self) -> bool:
        """True if the rotated runs, of two variables, are runs of the dial at some angle."""
        return self.refreshed is None and not self.moving_axes

    @property
    def moving_axes(self) -> str:
        """The axes along which alone runs in the basis move, in words; "" where all are."""
        count, letter = self.basis.n_active, "v" if self.axes_of_egop else "z"
        if count is None or count == self.basis.dim:
            return ""
        first, last = theme.indexed(letter, 1), theme.indexed(letter, count)
        return first if count == 1 else f"{first} {'and' if count == 2 else '…'} {last}"


BASIS_NAMES = {
    "egop": "EGOP",
    "refreshed": "refreshed EGOP",
    "leading": "leading EGOP",
    "exact": "exact EGOP",
    "hessian": "Hessian",
    "random": "randomly rotated",
    "dial": "dialed",
    OWN: "your",
}


class Tab(Protocol):
    """One tab: it is shown the comparison whenever it is open and something changed."""

    title: str
    view: Any
    """A Panel object."""

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the comparison; what moves with playback goes into the packet."""
        ...

    def hide(self) -> None:
        """The tab was left: heavy work may stop."""
        ...
