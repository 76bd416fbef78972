"""The user's own objects in an explorer, which are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.explorer import catalog
from egop.explorer.scene import OWN, AnyScene, Scene
from egop.methods import MATRIX_METHODS, METHODS, MatrixRule, Method
from egop.objectives import LANDSCAPES, Objective


@dataclass(frozen=True, eq=False)
class Own:
    """Objects that were made elsewhere; those that are missing are chosen in the controls.

    Attributes:
        objective: f.
        distribution: ρ.
        shape: the scene's values that make an equal ρ; empty where the controls cannot make it.
        methods: by name, each called as it is here.
        basis: of the right figure.
        start: (d,) x_0.
        untuned: names of methods whose rate is tuned when they are shown.
    """

    objective: Objective | None = None
    distribution: Distribution | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    basis: Eigenbasis | None = None
    start: np.ndarray | None = None
    untuned: frozenset[str] = frozenset()

    def is_chosen(self, scene: AnyScene) -> bool:
        """Returns True if the scene's values are those of the user's own distribution."""
        if self.distribution is None:
            return False
        shape = self.shape or {"distribution": OWN}
        return all(getattr(scene, name) == value for name, value in shape.items())

    def distribution_of(self, scene: AnyScene) -> Distribution | None:
        """The own ρ, where the scene shows it.

        Raises:
            ValueError: it is asked for and there is none.
        """
        if self.distribution is not None and self.is_chosen(scene):
            return self.distribution
        if scene.distribution == OWN:
            raise ValueError("there is no ρ of your own here; give one to egop.explore")
        return None

    def basis_of(self, scene: AnyScene) -> Eigenbasis | None:
        """The own basis, where the scene shows it.

        Raises:
            ValueError: it is asked for and there is none.
        """
        if scene.basis != OWN:
            return None
        if self.basis is None:
            raise ValueError("there is no basis of your own here; give one to egop.explore")
        return self.basis

    def key_of(self, scene: AnyScene) -> str:
        """The name under which the catalog may know defaults of the scene's objective."""
        own = self.objective
        return scene.objective if own is None else own.name if own.name in LANDSCAPES else ""

    def name_of(self, scene: AnyScene) -> str:
        """The name of the scene's objective; a formula is its own."""
        if self.objective is not None:
            return self.objective.name
        return scene.formula if scene.objective == "formula" else catalog.name_of(scene.objective)

    def distributions(self, scene: AnyScene) -> dict[str, str]:
        """{label: key} of what ρ can be; the own one is called so while the scene shows it."""
        if self.distribution is None or (self.shape and not self.is_chosen(scene)):
            return catalog.DISTRIBUTIONS
        mine = self.shape.get("distribution", OWN)
        others = {name: key for name, key in catalog.DISTRIBUTIONS.items() if key != mine}
        return {f"Yours: {self.distribution.describe()}": mine} | others

    @property
    def choice(self) -> list[str]:
        """The methods that can be chosen, by name."""
        return [*METHODS, *(name for name in self.methods if name not in METHODS)]

    def steps_matrices(self, name: str) -> bool:
        """True if the method of a name takes variables that are matrices."""
        own = self.methods.get(name)
        return name in MATRIX_METHODS if own is None else isinstance(own.rule, MatrixRule)

    def methods_for(self, objective: Objective) -> list[str]:
        """The methods that can be chosen for an objective, by name."""
        return [n for n in self.choice if has_matrices(objective) or not self.steps_matrices(n)]

    @property
    def rates(self) -> dict[str, float]:
        """Learning rates of the own methods that have one."""
        tuned = {name: each for name, each in self.methods.items() if name not in self.untuned}
        return {name: float(each.learning_rate) for name, each in tuned.items()}


NOTHING = Own()


def has_matrices(objective: Objective) -> bool:
    """Returns True if some of an objective's variables make a matrix, which its shapes declare."""
    return any(len(shape) >= 2 for shape in objective.shapes)


def scene_with(own: Own, settings: Mapping[str, Any]) -> Scene:
    """A scene in which the own methods can be chosen, with these settings."""
    scene = Scene()
    scene.param.methods.objects = own.choice
    scene.param.update(**settings)
    return scene
