"""From a scene to everything the page shows of it; what did not change is not computed again."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import Any, cast

import numpy as np

from egop.analysis.stopping_target import StoppingTarget, choose_yardstick
from egop.explorer import catalog, compute, update_cost
from egop.explorer.added_methods import Untuned
from egop.explorer.control_messages import ControlMessages, Say
from egop.explorer.estimates import SceneEstimates
from egop.explorer.figure_windows import FigureWindows
from egop.explorer.openings import default_start, opening_of
from egop.explorer.own_objects import Own
from egop.explorer.remarks import remarks_on, seen_in_planes
from egop.explorer.sampling import distribution_of, remark_on
from egop.explorer.scene import OWN, AnyScene, Scene, SceneValues, defaults_of
from egop.explorer.scene_basis import make_basis
from egop.explorer.tabs import ComparisonResult
from egop.explorer.typed_formula import PendingError
from egop.explorer.whole_start import WholeStart, axes_of, check_start
from egop.methods import Method
from egop.objectives import Objective
from egop.sentences import as_sentence

STEADY = 4
"""Leading values of `Scene.problem` that sliders keep: objective, formula, window, seed."""

ONLY_DRAWN = frozenset({"autoplay", "loaded", "linear", "mapped_back"})
"""Values of a scene that change how a comparison is drawn, and not the comparison."""
OF_PLANES = ("basis", "dial_angle", "seed", "first_axis", "second_axis")
"""Values of a scene on which the figures' planes depend, beside the estimate."""


class Comparison:
    """One visitor's comparison.

    Args:
        own: objects that were made elsewhere.
        given: names of settings that somebody set, which no default replaces at first.
        say: called with a slot among the controls, a sentence ("" for all is well) and its kind,
            "error" or "hint".
        make: what makes the objective of `Scene.problem`.

    Attributes:
        figures: planes, windows and landscapes of the left and the right figure.
        remarks: on the left and the right figure, for their titles.
        messages: beside the controls.
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
        self._own, self._given, self._make = own, given, make
        self.messages, self.figures = ControlMessages(say), FigureWindows()
        self._objective: Objective | None = None
        self._start: WholeStart | None = None
        self._problem: tuple | None = None
        self.remarks: list[str] = ["", ""]
        self.pending = ""
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
        made._make, made.messages, made.figures = make, self.messages.copy(say), copy(self.figures)
        made._start = None if self._start is None else self._start.copy()
        made.estimates = copy(self.estimates)
        return made

    def use(self, say: Say, wide: float) -> None:
        """Goes on on the event loop; arguments as of the class and its attribute."""
        self.messages.say, self.figures.wide = say, wide

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
            seconds += update_cost.seconds_of_pictures(objective, self.figures.wide)
        return seconds

    def _settings(self, scene: SceneValues, steady: bool) -> dict:
        """All that the comparison depends on."""
        held = {k: v for k, v in vars(scene).items() if k not in ONLY_DRAWN}
        return held | {"steady": steady, "wide": self.figures.wide, "rest": self.estimates.rest}

    def _needs_pictures(self, scene: SceneValues, objective: Objective, steady: bool) -> bool:
        """Returns True if `show` is going to draw landscapes anew."""
        if self._last is None or self.figures.changes(objective, self.start_of(scene), steady):
            return True
        turned = any(getattr(scene, name) != self._last[0][name] for name in OF_PLANES)
        return objective.dim > 2 and (turned or not self.estimates.holds(scene, objective))

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
            self.figures.pictures = []
            return self._last[1]
        self.messages.begin()
        self._last = None
        self.pending = ""
        try:
            shown = self._compare(scene, steady)
        except PendingError as pending:
            self.pending = str(pending)
            self.messages.clear()
            return None
        except ValueError as error:
            sentence = str(error)
            self.messages.fail(as_sentence(sentence))
            return None
        self.messages.clear()
        self._last = self._settings(scene.with_values(self.defaults), steady), shown
        return shown

    def refuse(self, sentence: str) -> None:
        """Says why a scene is not computed at all."""
        self.messages.slot, self._last = "methods", None
        self.messages.fail(sentence)

    def _compare(self, scene: SceneValues, steady: bool) -> ComparisonResult:
        """The comparison of a scene; `messages.slot` is where an error belongs.

        Planes, windows and pictures change last, so that a scene that fails leaves them.
        """
        objective = self._find_objective(scene)
        scene = scene.with_values(self.defaults)
        self.messages.slot = "start"
        start = self.start_of(scene)
        check_start(objective, start)
        self.messages.slot = "methods"
        methods = self._make_methods(scene, scene.rates_of_methods())
        rotated = self._make_methods(scene, scene.rates_of_methods(rotated=True))
        self.messages.slot = "distribution"
        distribution = self._own.distribution_of(scene)
        if distribution is None:
            distribution = distribution_of(
                scene, self._own.key_of(scene), objective, start, methods
            )
        estimate = self.estimates.find(scene, objective, distribution)
        self.messages.remark(remark_on(scene, estimate.sample, objective, distribution))
        self.messages.slot = "basis"
        basis = self._own.basis_of(scene)
        if basis is None:
            basis = make_basis(
                scene.basis, objective, distribution, estimate.basis, scene.dial_angle, scene.seed
            )
        if scene.basis in {"exact", "hessian", OWN}:
            basis = basis.oriented(estimate.basis)
        self.messages.slot = "objective"
        planes = compute.planes_of(objective, basis, axes_of(scene))
        self.messages.slot = "start"
        schedule = self._schedule(scene)
        pairs = compute.run_pairs(objective, (methods, rotated), start, basis, schedule)
        in_planes = seen_in_planes(objective, planes, pairs)
        yardstick = self._choose_yardstick(scene, objective, start, pairs)
        self.figures.show(objective, planes, start, steady)
        self.remarks = remarks_on(in_planes, self.figures.hatched)
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
            windows=self.figures.windows,
            in_planes=in_planes,
            name=self._own.name_of(scene),
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
            self.figures.windows[0].half if self.figures.windows else half,
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
            self.messages.say("objective", "", "error")
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
        key = self._own.key_of(scene)
        start = self._own.start if first else None
        if start is None:
            start = default_start(key, objective, scene.problem_seed)
        opening = opening_of(key, objective, scene.problem_seed)
        given = self._given if first else frozenset()
        self.defaults = defaults_of(scene, objective, opening, self._own.rates, given)
        self._start = WholeStart(start, axes_of(scene.with_values(self.defaults)))

    def _is_another(self, problem: tuple, objective: Objective) -> bool:
        assert self._problem is not None
        assert self._objective is not None
        (name, _, window, *_), (before, _, window_before, *_) = problem, self._problem
        return (name, window, objective.dim) != (before, window_before, self._objective.dim)

    def _choose_yardstick(self, scene, objective, start, pairs) -> StoppingTarget:
        paths = [path for pair in pairs for path in (pair.original, pair.rotated)]
        return choose_yardstick(
            float(objective.value(start)),
            objective.minimum,
            [path.values for path in paths if path.values is not None],
            scene.tolerance or None,
        )
