"""Learning rates of methods that were added to a scene: tuned in original coordinates."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from egop.analysis.rate_grids import rate_grid
from egop.analysis.stopping_target import choose_target
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
        tolerance: of the scene; 0: the rule of `choose_target`.
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


class TunedRate(NamedTuple):
    """The best rate of a method, and a sentence where the method diverges at every one."""

    rate: float
    sentence: str


def find_rates(untuned: Untuned) -> dict[str, TunedRate]:
    """The best rate of each method in original coordinates, from the scene's own start.

    By the rule of `egop.analysis.tuning`: the lowest last value, and among equal ones the fewest
    steps. Where every rate diverges it is the lowest that was tried, and a sentence says so.
    """
    objective, start = untuned.objective, np.array(untuned.start)
    schedule = np.frombuffer(untuned.factors)
    value = float(objective.value(start))
    target = choose_target(value, objective.minimum, tolerance=untuned.tolerance or None)
    found = {}
    for method in untuned.methods:
        rates = rate_grid(*DECADES)
        if method.name.partition("(")[0] not in NO_LENGTH:
            rates = rates[rates <= max(untuned.reach, rates[0])]
        goal = {"target": target.value, "level": objective.minimum}
        length = {"n_steps": len(schedule), "schedule": schedule}
        *_, tuning = tune(
            objective, [method], [None], start, rates=rates, threads=1, **goal, **length
        )
        curve = tuning.curves[method.name]
        best = float(curve.best[0])
        diverges = np.isnan(best)
        found[method.name] = TunedRate(
            float(rates[0]) if diverges else best, curve.tried if diverges else ""
        )
    return found


class AddedMethods:
    """Tunes what was added to one scene, off the event loop; the picture stays meanwhile.

    Args:
        scene: whose `rates` are set.
        changed: called when there is something else to be said.
    """

    def __init__(self, scene: Scene, changed: Callable[[], None]):
        self._scene, self._changed = scene, changed
        self._found: dict[str, TunedRate] = {}
        self._failure = ""
        self._asked: tuple | None = None
        self._work: Background[dict[str, TunedRate]] = Background(self._take, self._fail)

    @property
    def is_tuning(self) -> bool:
        """True while rates are looked for."""
        return self._work.is_running

    @property
    def kept(self) -> frozenset[str]:
        """Methods that still have the rate that was found for them."""
        rates = self._scene.rates
        return frozenset(name for name, (rate, _) in self._found.items() if rates.get(name) == rate)

    @property
    def message(self) -> tuple[str, str]:
        """The kind of what is to be said of the methods, "error" or "hint", and the sentence."""
        if self._failure:
            return "error", self._failure
        shown = self.kept & {*self._scene.methods}
        said = [found.sentence for name, found in self._found.items() if name in shown]
        return "hint", " ".join(filter(None, said))

    def follow(self, untuned: Untuned | None) -> None:
        """Tunes what has no rate yet; an equal request that is under way goes on."""
        if untuned is None or not untuned.methods:
            self._asked, self._failure = None, ""
            self._work.cancel()
            return
        key = untuned.key
        if key == self._asked:
            return
        self._asked = key

        def work() -> Iterator[dict[str, TunedRate]]:
            yield find_rates(untuned)

        self._work.start(work)

    def _take(self, found: dict[str, TunedRate]) -> None:
        self._found, self._failure = self._found | found, ""
        rates = {name: tuned.rate for name, tuned in found.items()}
        self._scene.rates = {**self._scene.rates, **rates}

    def _fail(self, sentence: str) -> None:
        self._failure = sentence
        self._changed()
