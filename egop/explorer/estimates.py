"""The estimates of one visitor's scenes: from the first samples at once, then from all of them."""

from collections.abc import Callable, Iterator
from operator import attrgetter

from egop.distributions import Distribution
from egop.explorer import compute
from egop.explorer.scene import AnyScene
from egop.objectives import Objective

VALUES = attrgetter(
    *("distribution", "mean", "scale", "elongation", "tilt", "degrees_of_freedom"),
    *("separation", "n_samples", "seed"),
)
"""The values of a scene on which its estimate depends."""


class SceneEstimates:
    """The estimate that is shown, made anew where what it depends on has changed.

    Attributes:
        rest: yields the estimate from all samples, where the one shown takes only the first; for
            `complete`, to be called elsewhere.
    """

    def __init__(self):
        self.rest: Callable[[], Iterator[compute.Estimate]] | None = None
        self._shown: compute.Estimate | None = None
        self._key: tuple = ()

    def find(
        self, scene: AnyScene, objective: Objective, distribution: Distribution
    ) -> compute.Estimate:
        """The estimate of a scene's EGOP eigenbasis."""
        shown = self._shown if self.holds(scene, objective) else None
        if shown is None:
            shown = self._shown = self._begin(scene, objective, distribution)
            self._key = key_of(scene, objective)
        return shown

    def holds(self, scene: AnyScene, objective: Objective) -> bool:
        """Returns True if the estimate that is shown is that of a scene."""
        known = self._shown is not None and self._key == key_of(scene, objective)
        return known and scene.distribution != "along_path"

    def complete(self, estimate: compute.Estimate) -> None:
        """Shows the estimate from all samples."""
        self._shown, self.rest = estimate, None

    def forget(self) -> None:
        """Lets the next estimate choose its signs without regard to the one that is shown."""
        self._shown = None

    def _begin(
        self, scene: AnyScene, objective: Objective, distribution: Distribution
    ) -> compute.Estimate:
        """The estimate from as many samples as a frame has time for; `rest` takes all of them."""
        before = None if self._shown is None else self._shown.basis
        count, seed = scene.n_samples, scene.seed
        first = compute.samples_at_once(objective.dim, count)
        if scene.distribution == "along_path":
            first = count
        taken = compute.estimate(objective, distribution, first, seed, before)

        def the_rest() -> Iterator[compute.Estimate]:
            yield compute.estimate(objective, distribution, count, seed, taken.basis)

        self.rest = None if first == count else the_rest
        return taken


def key_of(scene: AnyScene, objective: Objective) -> tuple:
    """The values an estimate depends on, but for the path along which ρ may lie."""
    return objective, *VALUES(scene)
