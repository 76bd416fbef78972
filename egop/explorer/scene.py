"""The scene: every setting of the explorer, one row each, per visitor."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import param

from egop.explorer.catalog import BASES, DISTRIBUTIONS, VALUES, domain_of, objective_groups
from egop.explorer.glossary import TERMS
from egop.explorer.openings import FIRST, OPENINGS, Opening
from egop.explorer.parameters import (
    BoundedNumber,
    Choice,
    Flag,
    Integer,
    Methods,
    Point,
    RatesByMethod,
    Text,
)
from egop.methods import METHODS
from egop.objectives import Objective
from egop.objectives.expression import DOMAIN
from egop.refreshed import MOMENTS
from egop.theme import label
from egop.ui.packing import MOST_STEPS

OBJECTIVES = [key for group in objective_groups().values() for key in group.values()]
OPENING = OPENINGS[FIRST]
"""The values of the scene that is shown when nothing else was asked for."""
OWN = "own"
"""Key of a distribution or a basis that was made elsewhere, which the catalog does not know."""
MOST_SAMPLES = 20_000


class Scene(param.Parameterized):
    """All settings; the names are also those of `egop.explore(**state)`."""

    objective: Any = Choice(default=FIRST, objects=OBJECTIVES, label="Objective")
    formula: Any = Text(
        default="(1-x)^2 + 100*(y-x^2)^2",
        label="f(x, y) =",
        doc="In x, y with + − * / ^ and the usual functions; Enter runs it.",
    )
    window: Any = Point(
        default=DOMAIN,
        label="Window, from and to",
        doc="Each variable's range in the figures; start, ρ and rates are chosen to suit it.",
    )
    problem_seed: Any = Integer(default=0, bounds=(0, 9999), label="Problem seed")
    condition_number: Any = BoundedNumber(
        default=100.0, bounds=(1.0, 1e6), label="Condition number κ"
    )
    angle: Any = BoundedNumber(
        default=35.0, bounds=(-180.0, 180.0), label="Angle", doc="Of the steepest axis, degrees."
    )
    dim: Any = Integer(default=2, bounds=(2, 200), label="Variables d")
    decay: Any = BoundedNumber(
        default=2.0,
        bounds=(0.0, 4.0),
        label="Decay p of k⁻ᵖ",
        doc="Of the inputs' singular values, or of the frequencies of a memory's pairs.",
    )
    first_axis: Any = Integer(default=1, bounds=(1, 200), label="Coordinate across the left figure")
    second_axis: Any = Integer(default=2, bounds=(1, 200), label="Coordinate up the left figure")

    distribution: Any = Choice(
        default="gaussian",
        objects=[*DISTRIBUTIONS.values(), OWN],
        label="Sampling distribution ρ",
        doc=TERMS["ρ"],
    )
    mean: Any = Point(default=(0.0, 0.0), label="Mean of ρ")
    scale: Any = BoundedNumber(
        default=OPENING.scale, bounds=(1e-6, 1e6), label="Width c of ρ", doc=TERMS["c"]
    )
    elongation: Any = BoundedNumber(
        default=1.0, bounds=(1.0, 100.0), label="Elongation", doc="Ratio of ρ's axes."
    )
    tilt: Any = BoundedNumber(default=0.0, bounds=(-90.0, 90.0), label="Tilt of ρ, degrees")
    degrees_of_freedom: Any = BoundedNumber(
        default=3.0, bounds=(0.5, 100.0), label="Degrees of freedom"
    )
    separation: Any = BoundedNumber(
        default=2.0, bounds=(0.0, 20.0), label="Distance of the modes, in widths"
    )
    n_samples: Any = Integer(
        default=2000, bounds=(1, MOST_SAMPLES), label="Gradient samples M", doc=TERMS["M"]
    )

    basis: Any = Choice(
        default="egop",
        objects=[*BASES.values(), OWN],
        label="Basis of the right figure",
        doc=TERMS["basis"],
    )
    every: Any = Integer(
        default=20,
        bounds=(1, MOST_STEPS),
        label="Steps τ per refresh",
        doc=TERMS["refreshed"],
    )
    moments: Any = Choice(
        default="rotate", objects=list(MOMENTS), label="Moments at a refresh", doc=TERMS["moments"]
    )
    leading: Any = Integer(default=1, bounds=(1, 200), label="k", doc=TERMS["leading"])
    dial_angle: Any = BoundedNumber(default=0.0, bounds=(-180.0, 180.0), label="Dial, degrees")

    methods: Any = Methods(
        default=["adagrad", "adam"], objects={label(name): name for name in METHODS}
    )
    rates: Any = RatesByMethod(
        default=OPENING.rates, doc="Learning rate by method; others are tuned when they are added."
    )
    rotated_rates: Any = RatesByMethod(
        default={}, doc="Learning rate in the basis by method, where it is tuned apart."
    )
    change_step: Any = Integer(
        default=0, bounds=(0, MOST_STEPS), label="Change the rates at step (0: never)"
    )
    change_factor: Any = BoundedNumber(default=0.1, bounds=(0.0, 1e6), label="… by the factor")
    accumulator: Any = BoundedNumber(
        default=OPENING.accumulator, bounds=(0.0, 1e6), label="Adagrad's initial accumulator"
    )
    n_steps: Any = Integer(default=OPENING.n_steps, bounds=(1, MOST_STEPS), label="Steps T")
    tolerance: Any = BoundedNumber(
        default=OPENING.tolerance,
        bounds=(0.0, 1e12),
        label="Tolerance",
        doc=f"{TERMS['tolerance']} 0: 10⁻⁴ of f(x₀) − f*.",
    )
    start: Any = Point(default=OPENING.start, label="Start x₀", doc=TERMS["start"])
    seed: Any = Integer(default=0, bounds=(0, 9999), label="Seed of the samples")
    linear: Any = Flag(default=False, label="Values on a linear axis")
    mapped_back: Any = Flag(default=False, label="Rotated paths on the left, too")
    autoplay: Any = Flag(default=True)
    loaded: Any = Integer(
        default=0,
        bounds=(0, 2**31 - 1),
        doc="Counts the runs that were loaded from a map or a comparison.",
    )

    def rates_of_methods(self, rotated: bool = False) -> dict[str, float]:
        """Learning rates of the chosen methods, in original or in rotated coordinates.

        A method that was added is missing until its rate is tuned.
        """
        own = self.rotated_rates if rotated else {}
        tuned = [name for name in self.methods if name in self.rates]
        return {name: float(own.get(name, self.rates[name])) for name in tuned}

    def schedule(self) -> np.ndarray:
        """Factors of the rates by step, (T,)."""
        factors = np.ones(self.n_steps)
        if self.change_step > 0:
            factors[self.change_step :] = self.change_factor
        return factors

    @property
    def played(self) -> str:
        """The objective and the loaded runs in a text, at whose change playback begins anew."""
        formula = self.formula if self.objective == "formula" else ""
        return f"{self.objective} {formula} {self.problem_seed} {self.loaded}"

    def problem(self) -> dict[str, Any]:
        """The arguments of `catalog.make_objective`, which change with the objective alone."""
        names = "objective", *VALUES.get(self.objective, ())
        return {name: getattr(self, name) for name in names}

    def snapshot(self) -> "SceneValues":
        """The values at this moment."""
        held = self.param.values()
        del held["name"]
        return SceneValues(**held)


class SceneValues(SimpleNamespace):
    """The values of a scene at one moment, which nobody else reads or sets: for a thread."""

    rates_of_methods = Scene.rates_of_methods
    schedule = Scene.schedule
    problem = Scene.problem

    def with_values(self, changes: dict[str, Any]) -> "SceneValues":
        """A copy with some values changed."""
        return SceneValues(**vars(self) | changes)


AnyScene = Scene | SceneValues
"""A scene that is only read."""


def defaults_of(
    scene: SceneValues,
    objective: Objective,
    opening: Opening,
    own_rates: dict[str, float],
    given: frozenset[str],
) -> dict[str, Any]:
    """A start, a ρ, rates and more at which another objective is worth seeing.

    Args:
        scene: the settings so far.
        objective: f.
        opening: its opening.
        own_rates: of methods that were made elsewhere.
        given: names of settings that stay.
    """
    in_two = objective.dim == 2
    middle = domain_of(objective)[0]
    defaults = {
        "start": opening.start,
        "mean": tuple(np.round(middle[:2], 3).tolist()) if in_two else (0.0, 0.0),
        "scale": opening.scale,
        "accumulator": opening.accumulator,
        "tolerance": opening.tolerance,
        "n_steps": opening.n_steps,
        "rotated_rates": {},
        "first_axis": 1,
        "second_axis": 2,
    }
    if scene.basis == "dial" and not in_two:  # else what was chosen meanwhile stays
        defaults["basis"] = "egop"
    if scene.leading > objective.dim:
        defaults["leading"] = objective.dim
    rates = opening.rates | own_rates | (scene.rates if "rates" in given else {})
    return {name: each for name, each in defaults.items() if name not in given} | {"rates": rates}
