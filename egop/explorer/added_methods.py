"""Learning rates of methods that were added to a scene: tuned in original coordinates."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from egop.analysis.rate_grids import rate_grid
from egop.analysis.stopping_target import choose_yardstick
from egop.analysis.tuning import tune
from egop.explorer.scene import Scene
from egop.methods import Method
from egop.objectives import Objective
from egop.ui.background import Background

NO_LENGTH = frozenset({"gradient_descent", "momentum", "adadelta"})
"""Methods whose rate is not about the length of a step, so that any may be the best."""
DECADES = (-6, 3)
"""Powers of ten between which rates are tried."""


class Untuned(NamedTuple):
    """Methods of a scene that have no rate yet, and the runs that one is to be found for.

    Attributes:
        objective: f.
        methods: at any rate.
        start: x_0 as a tuple.
        factors: the schedule of T factors, as bytes.
        tolerance: of the scene; 0: the rule of `choose_yardstick`.
        reach: no rate above it is taken where the rate is about the length of a step: half the
            side of the picture.
    """

    objective: Objective
    methods: tuple[Method, ...]
    start: tuple[float, ...]
    factors: bytes
    tolerance: float
    reach: float

    @property
    def key(self) -> tuple:
        """Equal for equal requests."""
        methods = tuple((each.name, each.hyperparameters) for each in self.methods)
        return (id(self.objective), methods, *self[2:])


class TunedRates(NamedTuple):
    """The tuned rates by method, and what is to be said of those that have none."""

    rates: dict[str, float]
    sentences: list[str]


def find_rates(untuned: Untuned) -> TunedRates:
    """The best rate of each method in original coordinates, from the scene's own start.

    By the rule of `egop.analysis.tuning`: the lowest last value, and among equal ones the fewest
    steps. Where every rate diverges it is the lowest that was tried, and a sentence says so.
    """
    objective, start = untuned.objective, np.array(untuned.start)
    schedule = np.frombuffer(untuned.factors)
    value = float(objective.value(start))
    yardstick = choose_yardstick(value, objective.minimum, tolerance=untuned.tolerance or None)
    found = TunedRates({}, [])
    for method in untuned.methods:
        rates = rate_grid(*DECADES)
        if method.name not in NO_LENGTH:
            rates = rates[rates <= max(untuned.reach, rates[0])]
        goal = {"target": yardstick.target, "level": objective.minimum}
        length = {"n_steps": len(schedule), "schedule": schedule}
        *_, tuning = tune(
            objective, [method], [None], start, rates=rates, threads=1, **goal, **length
        )
        curve = tuning.curves[method.name]
        best = float(curve.best[0])
        if np.isnan(best):
            found.sentences.append(curve.tried)
            best = float(rates[0])
        found.rates[method.name] = best
    return found


class AddedMethods:
    """Tunes what was added to one scene, off the event loop; the picture stays meanwhile.

    Args:
        scene: whose `rates` are set.
        say: called with a place among the controls, a sentence and its kind.

    Attributes:
        tuned: the rates that were found, by method.
    """

    def __init__(self, scene: Scene, say: Callable[[str, str, str], None]):
        self.tuned: dict[str, float] = {}
        self._scene, self._say = scene, say
        self._asked: tuple | None = None
        self._work: Background[TunedRates] = Background(
            self._take, lambda sentence: say("methods", sentence, "error")
        )

    @property
    def kept(self) -> frozenset[str]:
        """Methods that still have the rate that was found for them."""
        rates = self._scene.rates
        return frozenset(name for name, rate in self.tuned.items() if rates.get(name) == rate)

    def follow(self, untuned: Untuned | None) -> None:
        """Tunes what has no rate yet; an equal request that is under way goes on."""
        if untuned is None or not untuned.methods:
            self._asked = None
            self._work.cancel()
            return
        key = untuned.key
        if key == self._asked:
            return
        self._asked = key

        def work() -> Iterator[TunedRates]:
            yield find_rates(untuned)

        self._work.start(work)

    def _take(self, found: TunedRates) -> None:
        self.tuned |= found.rates
        self._say("methods", " ".join(found.sentences), "hint")
        self._scene.rates = {**self._scene.rates, **found.rates}
