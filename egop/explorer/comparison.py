"""From a scene to everything the page shows of it; what did not change is not computed again."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any, cast

import numpy as np

from egop.analysis.stopping_target import StoppingTarget, choose_yardstick
from egop.explorer import catalog, compute, update_cost
from egop.explorer.added_methods import Untuned
from egop.explorer.estimates import SceneEstimates
from egop.explorer.landscape import LandscapeImage, landscape
from egop.explorer.openings import default_start, opening_of
from egop.explorer.own_objects import Own
from egop.explorer.remarks import remarks_on, seen_in_planes
from egop.explorer.sampling import distribution_of, remark_on
from egop.explorer.scene import OWN, AnyScene, Scene, SceneValues, defaults_of
from egop.explorer.tabs import ComparisonResult
from egop.explorer.typed_formula import PendingError
from egop.explorer.whole_start import WholeStart, axes_of
from egop.methods import Method
from egop.objectives import LANDSCAPES, Objective
from egop.sentences import as_sentence
from egop.theme import number

MOST_COORDINATES = 4
"""Of a point that are written in a sentence."""
STEADY = 4
"""Leading values of `Scene.problem` that sliders keep: objective, formula, window, seed."""

ONLY_DRAWN = frozenset({"autoplay", "loaded", "linear", "mapped_back"})
"""Values of a scene that change how a comparison is drawn, and not the comparison."""
OF_PLANES = ("basis", "dial_angle", "seed", "first_axis", "second_axis")
"""Values of a scene on which the figures' planes depend, beside the estimate."""

Say = Callable[[str, str, str], None]


class Comparison:
    """One visitor's comparison.

    Args:
        own: objects that were made elsewhere.
        given: names of settings that somebody set, which no default replaces at first.
        say: called with a place among the controls, a sentence ("" for all is well) and its kind,
            "error" or "hint".
        make: what makes the objective of `Scene.problem`.

    Attributes:
        planes: of the left and the right figure.
        windows: of the left and the right figure.
        pictures: landscapes to be drawn anew; empty when they stay.
        turn: V (2, 2) when the right landscape is the left one turned.
        wide: ratio of the sides of the widest figure on the page; somebody sets it.
        hatched: of each landscape, whether f is not defined somewhere in it.
        remarks: on the left and the right figure, for their titles.
        failure: why the last scene could not be shown; empty when it was.
        pending: why it cannot be shown yet; empty when it is shown, or never will be.
        estimates: the estimate that is shown, and the samples that are still to come.
        defaults: values that `show` has chosen in place of the scene's, for another objective or
            other coordinates.
    """

    def __init__(
        self,
        own: Own,
        given: frozenset[str],
        say: Say,
        make: Callable[..., Objective] = catalog.make_objective,
    ):
        self._own, self._given, self._say, self._make = own, given, say, make
        self._objective: Objective | None = None
        self._start: WholeStart | None = None
        self._problem: tuple | None = None
        self._drawn: tuple = ()
        self.planes: list[compute.Plane] = []
        self.windows: list[compute.Window] = []
        self.pictures: list[LandscapeImage] = []
        self.turn: np.ndarray | None = None
        self.wide = compute.WIDE
        self.hatched: list[bool] = []
        self.remarks: list[str] = ["", ""]
        self.failure = self.pending = self._failed = self._place = ""
        self._remarked = False
        self.estimates = SceneEstimates()
        self.defaults: dict[str, Any] = {}
        self._last: tuple[dict, ComparisonResult] | None = None

    def copy(self, say: Say, make: Callable[..., Objective]) -> "Comparison":
        """One that goes on from here apart from this one, for another thread.

        Args:
            say: as of the class.
            make: as of the class; called in that thread.
        """
        made = copy(self)
        made._say, made._make = say, make
        made._start = None if self._start is None else self._start.copy()
        made.estimates = copy(self.estimates)
        return made

    def use(self, say: Say, wide: float) -> None:
        """Goes on on the event loop; arguments as of the class and its attribute."""
        self._say, self.wide = say, wide

    def seconds_to_show(
        self, scene: SceneValues, objective: Objective, steady: bool = False
    ) -> float:
        """About how long `show` will take; ∞ where something is compiled first.

        Args:
            scene: the settings.
            objective: that of the scene.
            steady: as in `show`.
        """
        if self._last is not None and self._settings(scene, steady) == self._last[0]:
            return 0.0
        both = [
            method
            for rotated in (False, True)
            for method in self._make_methods(scene, scene.rates_of_methods(rotated)).values()
        ]
        evaluation = update_cost.seconds_of_evaluation(objective)
        if not (np.isfinite(evaluation) and update_cost.is_ready(both)):
            return np.inf
        seconds = update_cost.seconds_of_runs(objective, both, scene.n_steps, evaluation)
        if not self.estimates.holds(scene, objective):
            count = compute.samples_at_once(objective.dim, scene.n_samples)
            seconds += update_cost.seconds_of_estimate(objective, count)
        if self._needs_pictures(scene, objective, steady):
            seconds += update_cost.seconds_of_pictures(objective, self.wide)
        return seconds

    def _settings(self, scene: SceneValues, steady: bool) -> dict:
        """All that the comparison depends on."""
        held = {k: v for k, v in vars(scene).items() if k not in ONLY_DRAWN}
        return held | {"steady": steady, "wide": self.wide, "rest": self.estimates.rest}

    def _needs_pictures(self, scene: SceneValues, objective: Objective, steady: bool) -> bool:
        """Returns True if `show` is going to draw landscapes anew."""
        if self._drawn[:1] != (objective,) or self._last is None:
            return True
        start = self.start_of(scene)
        kept = self.windows[0].half if steady else None
        windows = compute.windows_of(objective, self.planes, start, kept, self.wide)
        moved = (windows[0].half, self.wide) != self._drawn[1:3]
        turned = any(getattr(scene, name) != self._last[0][name] for name in OF_PLANES)
        return moved or (
            objective.dim > 2 and (turned or not self.estimates.holds(scene, objective))
        )

    def keep(self, names: Iterable[str]) -> None:
        """At the next objective no default replaces the settings of these names."""
        self._given, self._problem, self._last = frozenset(names), None, None

    def show(self, scene: SceneValues, steady: bool = False) -> ComparisonResult | None:
        """The comparison of a scene with `defaults`; None when a sentence says why there is none.

        Args:
            scene: the settings.
            steady: whether the windows keep their size, as under the hand that drags in them.
        """
        settings, self.defaults = self._settings(scene, steady), {}
        if self._last is not None and settings == self._last[0]:
            self.pictures = []
            return self._last[1]
        self._place, self._remarked, self._last = "objective", False, None
        self.pending = ""
        try:
            shown = self._compare(scene, steady)
        except PendingError as pending:
            self.pending = str(pending)
            self._clear()
            return None
        except ValueError as error:
            sentence = str(error)
            self._fail(as_sentence(sentence))
            return None
        self._clear()
        self._last = self._settings(scene.with_values(self.defaults), steady), shown
        return shown

    def refuse(self, sentence: str) -> None:
        """Says why a scene is not computed at all."""
        self._place, self._last = "methods", None
        self._fail(sentence)

    def _fail(self, sentence: str) -> None:
        """Says what is wrong beside its control, and takes away what was wrong before."""
        if self._failed != self._place:
            self._clear()
        if not self._remarked:
            self._say("distribution", "", "hint")
        self.failure, self._failed = sentence, self._place
        self._say(self._place, sentence, "error")

    def _clear(self) -> None:
        """Takes away the sentence of a scene that failed."""
        if self._failed and not (self._failed == "distribution" and self._remarked):
            self._say(self._failed, "", "error")
        self.failure = self._failed = ""

    def _compare(self, scene: SceneValues, steady: bool) -> ComparisonResult:
        """The comparison of a scene; `_place` stands where an error belongs.

        Planes, windows and pictures change last, so that a scene that fails leaves them.
        """
        objective = self._find_objective(scene)
        scene = scene.with_values(self.defaults)
        self._place = "start"
        start = self.start_of(scene)
        check_start(objective, start)
        self._place = "methods"
        methods = self._make_methods(scene, scene.rates_of_methods())
        rotated = self._make_methods(scene, scene.rates_of_methods(rotated=True))
        self._place = "distribution"
        distribution = self._own.distribution_of(scene)
        if distribution is None:
            distribution = distribution_of(scene, self._key(scene), objective, start, methods)
        estimate = self.estimates.find(scene, objective, distribution)
        remark = remark_on(scene, estimate.sample, objective, distribution)
        self._say("distribution", remark, "hint")
        self._remarked = True
        self._place = "basis"
        basis = self._own.basis_of(scene)
        if basis is None:
            basis = catalog.make_basis(
                scene.basis, objective, distribution, estimate.basis, scene.dial_angle, scene.seed
            )
        if scene.basis in {"exact", "hessian", OWN}:
            basis = basis.oriented(estimate.basis)
        self._place = "objective"
        planes = compute.planes_of(objective, basis, axes_of(scene))
        self._place = "start"
        schedule = self._schedule(scene)
        pairs = compute.run_pairs(objective, (methods, rotated), start, basis, schedule)
        in_planes = seen_in_planes(objective, planes, pairs)
        yardstick = self._choose_yardstick(scene, objective, start, pairs)
        self.planes = planes
        self._frame(objective, start, steady)
        self.remarks = remarks_on(in_planes, self.hatched)
        return ComparisonResult(
            scene=cast(Scene, scene),  # the scene itself takes its place in `Draft.take_over`
            objective=objective,
            distribution=distribution,
            estimate=estimate,
            basis=basis,
            basis_kind=scene.basis,
            methods=methods,
            rotated_methods=rotated,
            pairs=pairs,
            start=start,
            schedule=schedule,
            yardstick=yardstick,
            planes=planes,
            windows=self.windows,
            in_planes=in_planes,
            name=self._name(scene),
        )

    def untuned(self, scene: AnyScene) -> Untuned | None:
        """The methods of a scene that have no rate yet, with what one is to be found for."""
        if self._objective is None:
            return None
        names = [name for name in scene.methods if name not in scene.rates]
        half = float(catalog.domain_of(self._objective)[1].max())
        return Untuned(
            self._objective,
            tuple(self._make_methods(scene, dict.fromkeys(names, 0.0)).values()),
            tuple(self.start_of(scene).tolist()),
            self._schedule(scene).tobytes(),
            scene.tolerance,
            self.windows[0].half if self.windows else half,
        )

    def start_of(self, scene: AnyScene) -> np.ndarray:
        """x_0 (d,): beyond two variables the objective's own, moved in the left figure's plane."""
        assert self._start is not None
        return self._start.point(scene)

    def _make_methods(self, scene: AnyScene, rates: Mapping[str, float]) -> dict[str, Method]:
        return compute.make_methods(rates, scene.accumulator, self._own.methods)

    @staticmethod
    def _schedule(scene: AnyScene) -> np.ndarray:
        """Factors of the rates by step, (T,)."""
        schedule = scene.schedule()
        return np.ones(scene.n_steps) if schedule is None else schedule

    def _find_objective(self, scene: SceneValues) -> Objective:
        """The scene's objective; for another one than before chooses `defaults` and the start."""
        problem = scene.problem()
        objective = self._own.objective or self._make(*problem)
        if problem != self._problem:
            self._say("objective", "", "error")
            if self._problem is None or problem[:STEADY] != self._problem[:STEADY]:
                self.estimates.forget()  # signs follow the previous frame under a slider only
            first = self._problem is None
            if first or self._is_another(problem, objective):
                self._open(scene, objective, first)
            self._problem = problem
        self._objective = objective
        if self._start is not None:
            self.defaults |= self._start.follow(scene.with_values(self.defaults))
        return objective

    def _open(self, scene: SceneValues, objective: Objective, first: bool) -> None:
        """Chooses the values that another objective begins with, but for those that were given."""
        key = self._key(scene)
        start = self._own.start if first else None
        if start is None:
            start = default_start(key, objective, scene.problem_seed)
        opening = opening_of(key, objective, scene.problem_seed)
        given = self._given if first else frozenset()
        self.defaults = defaults_of(scene, objective, opening, self._own.rates, given)
        self._start = WholeStart(start, axes_of(scene.with_values(self.defaults)))

    def _key(self, scene: AnyScene) -> str:
        """The name under which the catalog may know defaults."""
        own = self._own.objective
        return scene.objective if own is None else own.name if own.name in LANDSCAPES else ""

    def _name(self, scene: AnyScene) -> str:
        """The objective's name."""
        if self._own.objective is not None:
            return self._own.objective.name
        return scene.formula if scene.objective == "formula" else catalog.name_of(scene.objective)

    def _is_another(self, problem: tuple, objective: Objective) -> bool:
        assert self._problem is not None
        assert self._objective is not None
        (name, _, window, *_), (before, _, window_before, *_) = problem, self._problem
        return (name, window, objective.dim) != (before, window_before, self._objective.dim)

    def _frame(self, objective: Objective, start: np.ndarray, steady: bool) -> None:
        """Windows for both figures, of one size, and new landscapes where they changed."""
        same = self._drawn[:1] == (objective,)
        kept = self.windows[0].half if steady and same else None
        self.windows = compute.windows_of(objective, self.planes, start, kept, self.wide)
        in_two = objective.dim == 2
        self.turn = self.planes[1].axes if in_two else None
        chosen = [] if in_two else [plane.axes.tobytes() for plane in self.planes]
        drawn = (objective, self.windows[0].half, self.wide, *chosen)
        self.pictures = []
        if drawn != self._drawn:
            self._drawn = drawn
            count = 1 if in_two else 2
            self.pictures = [
                landscape(objective, plane, window)
                for plane, window in zip(self.planes[:count], self.windows, strict=False)
            ]
            self.hatched = [not picture.whole for picture in self.pictures]

    def _choose_yardstick(self, scene, objective, start, pairs) -> StoppingTarget:
        paths = [path for pair in pairs for path in (pair.original, pair.rotated)]
        return choose_yardstick(
            float(objective.value(start)),
            objective.minimum,
            [path.values for path in paths if path.values is not None],
            scene.tolerance or None,
        )


def check_start(objective: Objective, start: np.ndarray) -> None:
    """ValueError in one sentence where no run can begin."""
    if not np.isfinite(objective.value(start)):
        at = ", ".join(number(each, 3) for each in start[:MOST_COORDINATES])
        more = ", …" if len(start) > MOST_COORDINATES else ""
        raise ValueError(
            f"f is not defined at the start ({at}{more}); click where it is, or type another point"
        )
