"""What a method is: an update rule, its hyperparameters and a learning rate."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Rule:
    """How a method turns gradients into steps: x ← x − learning_rate · direction/preconditioner.

    Attributes:
        update: `(gradient, state, point, powers, h) -> (direction, preconditioner, state)`, pure,
            in plain arithmetic plus `maximum` and `sign`. `state` is a tuple of as many parts as
            `state` below names, `point` the current iterate, `powers` the running products
            (β₁ᵗ, β₂ᵗ) at step t = 1, 2, …, and `h` the hyperparameters. Elementwise rules receive
            single numbers (compiled), arrays or tensors; others arrays (..., d) with leading run
            axes.
        state: the names of the state's parts, each of the shape of the gradient.
        initial: each part's value before the first step, from the hyperparameters.
        elementwise: each coordinate is updated from that coordinate alone.
        equivariant: the path is the same in every orthonormal basis (NETWORKS table).
        reference: where the rule comes from.
    """

    update: Callable[..., Any]
    state: tuple[str, ...] = ()
    initial: Callable[[Any], tuple[float, ...]] = lambda h: ()
    elementwise: bool = True
    equivariant: bool = False
    reference: str = ""


@dataclass(frozen=True, eq=False)
class Method:
    """A method ready to run.

    Attributes:
        name: its name in `egop.methods`.
        learning_rate: positive number or array (...) that broadcasts with the starts; 0 stands
            still.
        hyperparameters: a NamedTuple; its type decides which compiled loop runs.
        rule: the update rule.
    """

    name: str
    learning_rate: Any
    hyperparameters: Any
    rule: Rule

    def __post_init__(self):
        rate = np.asarray(self.learning_rate, dtype=float)
        if not np.isfinite(rate).all() or (rate < 0).any():
            raise ValueError(
                f"{self.name} takes learning rates that are finite and at least 0, "
                f"got {self.learning_rate!r}"
            )

    def with_learning_rate(self, learning_rate) -> "Method":
        """The same method at another rate."""
        return replace(self, learning_rate=learning_rate)

    @property
    def betas(self) -> tuple[float, float]:
        """(β₁, β₂), 0 where the method has none."""
        h = self.hyperparameters
        return float(getattr(h, "beta1", 0.0)), float(getattr(h, "beta2", 0.0))

    @property
    def initial_state(self) -> tuple[float, ...]:
        """What each part of the state holds before the first step."""
        return self.rule.initial(self.hyperparameters)


def check_hyperparameters(name: str, **values: float) -> None:
    """ValueError unless each is finite and in its range: decay factors in [0, 1), others ≥ 0."""
    for key, value in values.items():
        decays = key in ("beta1", "beta2", "momentum", "decay")
        if not (np.isfinite(value) and value >= 0 and (value < 1 or not decays)):
            allowed = "at least 0 and below 1" if decays else "finite and at least 0"
            raise ValueError(f"{name} takes {key} {allowed}, got {value!r}")


def nearest(name: str, known) -> str:
    """The end of an error sentence, such as "did you mean 'adam'?", or a list of what there is."""
    close = difflib.get_close_matches(str(name).lower(), list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
