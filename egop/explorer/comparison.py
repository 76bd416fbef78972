"""Computes from a scene all that the page shows of it; what did not change is kept."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, cast

import numpy as np

from egop.analysis.stopping_target import choose_target
from egop.explorer import catalog, compute, update_cost
from egop.explorer.added_methods import Untuned
from egop.explorer.estimates import SceneEstimates
from egop.explorer.figure_windows import AT_REST, FigureWindows, View
from egop.explorer.openings import default_start, opening_of
from egop.explorer.own_objects import Own
from egop.explorer.remarks import remarks_on, seen_in_planes
from egop.explorer.sampling import distribution_of, remark_on
from egop.explorer.scene import OWN, AnyScene, Scene, SceneValues, defaults_of
from egop.explorer.scene_basis import first_basis, make_basis, make_refreshed
from egop.explorer.tabs import ComparisonResult
from egop.explorer.typed_formula import TypedFormula
from egop.explorer.whole_start import WholeStart, axes_of, check_start
from egop.methods import Method
from egop.objectives import Objective
from egop.sentences import as_sentence, fill, listed
from egop.theme import label
from egop.ui.fields import Messages

ONLY_DRAWN = frozenset({"autoplay", "loaded", "linear", "mapped_back"})
"""Values of a scene that change how a comparison is drawn, and not the comparison."""
SLIDERS = {"condition_number", "angle", "dim", "decay"}
"""Values of `Scene.problem` under which another objective is the same one, changed a little."""
OF_PLANES = ("basis", "leading", "dial_angle", "seed", "first_axis", "second_axis")
"""Values of a scene on which the figures' planes depend, beside the estimate."""
KEEP_COORDINATES = {"leading", OWN}
"""Bases in which runs may keep coordinates of the start, which the right slice has, too."""


class Comparison:
    """One visitor's comparison.

    Args:
        own: objects that were made elsewhere.
        given: names of settings that somebody set, which no default replaces at first.

    Attributes:
        formula: makes the objectives of formulas.
        figures: planes, windows and landscapes of the left and the right figure.
        failure: why the last scene could not be shown; empty when it was.
        estimates: the estimate that is shown, and the samples that are still to come.
        defaults: values that `show` has chosen in place of the scene's, for another objective or
            other coordinates.
    """

    def __init__(self, own: Own, given: frozenset[str]):
        self._own, self._given = own, given
        self.formula, self.figures = TypedFormula(), FigureWindows()
        self.estimates = SceneEstimates()
        self.failure = self._slot = self._remark = self._left_out = ""
        self.defaults: dict[str, Any] = {}
        self._objective: Objective | None = None
        self._start: WholeStart | None = None
        self._problem: dict[str, Any] = {}
        self._last: tuple[dict, ComparisonResult] | None = None
        self._fitted: tuple[Objective, list[str]] | None = None

    def copy(self) -> "Comparison":
        """One that goes on from here apart from this one, for another thread."""
        made = copy(self)
        made.figures, made.estimates = copy(self.figures), copy(self.estimates)
        return made

    @property
    def messages(self) -> Messages:
        """Remarks on ρ and the methods, and why the last scene could not be shown."""
        failed = {self._slot: ("error", self.failure)} if self.failure else {}
        left_out = {"methods": ("hint", self._left_out)} if self._left_out else {}
        return {"distribution": ("hint", self._remark)} | left_out | failed

    def seconds_to_show(self, scene: SceneValues, view: View) -> float:
        """About how long `show` will take; ∞ where something is made or compiled first."""
        if self._last is not None and self._settings(scene, view) == self._last[0]:
            return 0.0
        objective = self.objective_made_before(scene)
        if objective is None:
            return np.inf
        both = [each for methods in self._both_methods(scene) for each in methods.values()]
        held = self.estimates.holds(scene, objective)
        n_samples = 0 if held else compute.samples_at_once(objective.dim, scene.n_samples)
        wide = view.wide if self._needs_pictures(scene, objective, view) else 0.0
        seconds = update_cost.seconds_of_comparison(objective, both, scene.n_steps, n_samples, wide)
        if scene.basis == "refreshed":
            refreshes = len(scene.methods) * scene.n_steps / scene.every
            seconds += refreshes * update_cost.seconds_of_refresh(objective, scene.n_samples)
            seconds += len(scene.methods) * scene.n_steps * update_cost.GENERAL
        return seconds

    def _settings(self, scene: SceneValues, view: View) -> dict:
        """All that the comparison depends on."""
        held = {k: v for k, v in vars(scene).items() if k not in ONLY_DRAWN}
        return held | {"view": view, "rest": self.estimates.rest}

    def _needs_pictures(self, scene: SceneValues, objective: Objective, view: View) -> bool:
        """Returns True if `show` is going to draw landscapes anew."""
        if self._last is None or self.figures.changes(objective, self.start_of(scene), view):
            return True
        turned = any(getattr(scene, name) != self._last[0][name] for name in OF_PLANES)
        slid = scene.basis in KEEP_COORDINATES and scene.start != self._last[0]["start"]
        return objective.dim > 2 and (turned or slid or not self.estimates.holds(scene, objective))

    def keep(self, names: Iterable[str]) -> None:
        """Protects the settings of these names from the defaults of the next objective."""
        self._given, self._problem, self._last = frozenset(names), {}, None

    def show(self, scene: SceneValues, view: View = AT_REST) -> ComparisonResult | None:
        """The comparison of a scene with `defaults`; None when `failure` says why there is none."""
        settings, self.defaults = self._settings(scene, view), {}
        if self._last is not None and settings == self._last[0]:
            return self._last[1]
        self._last, self._remark = None, ""
        try:
            shown = self._compare(scene, view)
        except ValueError as error:
            self.failure = as_sentence(str(error))
            return None
        self.failure = ""
        settled = scene.with_values(self.defaults)
        self._last = self._settings(settled, view), replace(shown, pictures=[])
        return shown

    def refuse(self, sentence: str) -> None:
        """Says why a scene is not computed at all."""
        self.failure, self._slot, self._last = as_sentence(sentence), "methods", None

    def _compare(self, scene: SceneValues, view: View) -> ComparisonResult:
        """The comparison of a scene; `_slot` is where an error belongs.

        Planes, windows and pictures change last, so that a scene that fails leaves them.
        """
        own, self._slot = self._own, "objective"
        objective = self._find_objective(scene)
        scene = scene.with_values(self.defaults)
        self._slot = "start"
        start = self.start_of(scene)
        check_start(objective, start)
        self._slot = "methods"
        methods, rotated = self._both_methods(scene)
        self._slot = "distribution"
        distribution = own.distribution_of(scene) or distribution_of(
            scene, objective, start, methods
        )
        estimate = self.estimates.find(scene, objective, distribution)
        self._remark = remark_on(scene, estimate.sample, objective, distribution)
        self._slot = "basis"
        refreshed = make_refreshed(scene, distribution)
        basis = own.basis_of(scene)
        basis = basis or make_basis(scene, objective, distribution, estimate.basis)
        if refreshed is not None:
            basis = first_basis(refreshed, objective, start)
        if scene.basis in {"exact", "hessian", "refreshed", OWN}:
            basis = basis.oriented(estimate.basis)
        self._slot = "objective"
        planes = compute.planes_of(objective, basis, axes_of(scene), start, refreshed is not None)
        self._slot = "start"
        schedule = scene.schedule()
        both = methods, rotated
        pairs = compute.run_pairs(objective, both, start, refreshed or basis, schedule)
        in_planes = seen_in_planes(objective, planes, pairs)
        values = [run.values for pair in pairs for run in (pair.original, pair.rotated)]
        target = choose_target(
            float(objective.value(start)),
            objective.minimum,
            [each for each in values if each is not None],
            scene.tolerance or None,
        )
        pictures = self.figures.show(objective, planes, start, view)
        return ComparisonResult(
            scene=cast(Scene, scene),  # the scene itself takes its place in `Draft.take_over`
            objective=objective,
            distribution=distribution,
            estimate=estimate,
            basis=basis,
            basis_kind=scene.basis,
            refreshed=refreshed,
            methods=methods,
            rotated_methods=rotated,
            pairs=pairs,
            start=start,
            schedule=schedule,
            target=target,
            planes=planes,
            windows=self.figures.windows,
            pictures=pictures,
            remarks=remarks_on(in_planes, self.figures.hatched),
            in_planes=in_planes,
            name=own.name_of(scene),
            is_given=own.objective is not None,
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
            scene.schedule().tobytes(),
            scene.tolerance,
            self.figures.windows[0].half if self.figures.windows else half,
        )

    def start_of(self, scene: AnyScene) -> np.ndarray:
        """x_0 (d,): beyond two variables the objective's own, moved in the left figure's plane."""
        assert self._start is not None
        return self._start.point(scene)

    def _both_methods(self, scene: AnyScene) -> tuple[dict[str, Method], dict[str, Method]]:
        """The methods at their rates in original and in rotated coordinates."""
        original, rotated = scene.rates_of_methods(), scene.rates_of_methods(rotated=True)
        return self._make_methods(scene, original), self._make_methods(scene, rotated)

    def _make_methods(self, scene: AnyScene, rates: Mapping[str, float]) -> dict[str, Method]:
        return compute.make_methods(rates, scene.accumulator, self._own.methods)

    def objective_made_before(self, scene: AnyScene) -> Objective | None:
        """The scene's objective where it is at hand."""
        if self._own.objective is not None:
            return self._own.objective
        if scene.objective == "formula":
            return self.formula.made_before(scene.formula, scene.window)
        return catalog.made_before(**scene.problem())

    def _find_objective(self, scene: SceneValues) -> Objective:
        """The scene's objective; for another one than before chooses `defaults` and the start."""
        problem, before = scene.problem(), self._problem
        objective = self._own.objective or (
            self.formula.objective(scene.formula, scene.window)
            if scene.objective == "formula"
            else catalog.make_objective(**problem)
        )
        other = {name for name, value in problem.items() if before.get(name) != value}
        if not other <= SLIDERS:
            self.estimates.forget()  # signs follow the previous frame under a slider only
        old = self._objective
        if other & {"objective", "window"} or (old is not None and old.dim != objective.dim):
            self._open(scene, objective, first=not before)
        self._problem, self._objective = problem, objective
        self._fit_methods(scene, objective)
        assert self._start is not None
        start = self._start.follow(scene.with_values(self.defaults))
        if start is not self._start:
            self._start, self.defaults = start, self.defaults | {"start": start.shown}
        return objective

    def _fit_methods(self, scene: SceneValues, objective: Objective) -> None:
        """Leaves out methods of matrices where the objective has none; until then it says which."""
        fitting = self._own.methods_for(objective)
        lost = [label(name) for name in scene.methods if name not in fitting]
        kept = [name for name in scene.methods if name in fitting]
        if lost:
            kept = self.defaults["methods"] = kept or list(Scene.param.methods.default)
            fewer = {"methods": listed(lost), "objective": self._own.name_of(scene)}
            self._left_out = fill("methods of matrices", **fewer)
        elif (objective, kept) != self._fitted:
            self._left_out = ""
        self._fitted = objective, kept

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
