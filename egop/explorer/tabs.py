"""What the tabs under the figures are given, and what they must offer."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from egop.distributions import Distribution
from egop.explorer.compute import Estimate, Pair
from egop.explorer.packing import Packet
from egop.explorer.state import Scene
from egop.methods import Method
from egop.objectives import Objective


@dataclass(frozen=True)
class Shown:
    """Everything about the comparison on the page, as the last update computed it.

    Attributes:
        scene: the settings; a tab may set them (a tap that loads a run).
        objective: f, d variables.
        distribution: ρ.
        estimate: the basis with its bootstrap and sample.
        methods: the chosen ones at their rates, by name.
        pairs: their runs in both coordinate systems.
        start: (d,) x_0.
        reference: f*, or the best value seen.
        is_minimum: whether the reference is a known minimum.
        tolerance: of f − reference.
    """

    scene: Scene
    objective: Objective
    distribution: Distribution
    estimate: Estimate
    methods: dict[str, Method]
    pairs: list[Pair]
    start: np.ndarray
    reference: float
    is_minimum: bool
    tolerance: float


class Tab(Protocol):
    """One tab: it is shown the comparison whenever it is open and something changed."""

    title: str
    view: Any
    """A Panel object."""

    def show(self, shown: Shown, packet: Packet) -> None:
        """Draws the comparison; what moves with playback goes into the packet."""
        ...

    def hide(self) -> None:
        """The tab was left: heavy work may stop."""
        ...
