"""A method: an update rule, its hyperparameters and a learning rate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from egop.arrays import is_integer
from egop.bounds import shown
from egop.methods.rule import MatrixRule, Rule
from egop.methods.spelling import unknown_argument


@dataclass(frozen=True, eq=False, repr=False)
class Method:
    """A method ready to run.

    Attributes:
        name: its name in `egop.methods`.
        learning_rate: positive number or array (...) that broadcasts with the starts; 0 stands
            still.
        hyperparameters: a NamedTuple of numbers, and of words where a matrix rule has choices.
        rule: the update rule; decides which compiled loop runs.

    Raises:
        ValueError: a rate is negative or not finite.
        TypeError: the rule is no `Rule`, or the hyperparameters are no NamedTuple.
    """

    name: str
    learning_rate: Any
    hyperparameters: Any
    rule: Rule

    def __post_init__(self):
        check_learning_rate(self.name, self.learning_rate)
        if not isinstance(self.rule, Rule):
            raise TypeError(
                f"{self.name} takes an egop.methods.Rule, got {type(self.rule).__name__}; "
                "egop.methods.from_update makes one of a function"
            )
        if not isinstance(self.hyperparameters, tuple) or not hasattr(
            self.hyperparameters, "_fields"
        ):
            raise TypeError(
                f"{self.name} takes its hyperparameters as a NamedTuple, "
                f"got {type(self.hyperparameters).__name__}; egop.methods.from_update makes one"
            )

    def __repr__(self) -> str:
        """The call that makes it; many rates by their number and range."""
        rates = np.asarray(self.learning_rate, dtype=float)
        many = f"<{rates.size} rates>"
        if rates.size:
            many = f"<{rates.size} rates from {rates.min():g} to {rates.max():g}>"
        given = {"learning_rate": many if rates.ndim else f"{rates:g}"}
        h = self.hyperparameters._asdict()
        given |= {key: repr(x) if isinstance(x, str) else f"{x:g}" for key, x in h.items()}
        name, *_ = self.name.partition("(")  # without options that it is called by
        return f"{name}({', '.join(f'{key}={x}' for key, x in given.items())})"

    def with_learning_rate(self, learning_rate) -> "Method":
        """The same method at another rate."""
        return replace(self, learning_rate=learning_rate)

    def changed(self, learning_rate=None, **hyperparameters: Any) -> "Method":
        """The method with another rate and other hyperparameters, where they are given.

        Raises:
            TypeError: it has no hyperparameter of that name.
            ValueError: a number is not finite or not one that the hyperparameter may be, or a word.
        """
        from egop.methods.registry import METHODS, is_built_in  # which is made of methods

        h = self.hyperparameters
        rate = self.learning_rate if learning_rate is None else learning_rate
        for key, value in hyperparameters.items():
            if key not in h._fields:
                raise unknown_argument(self.name, key, ["learning_rate", *h._fields])
            if not check_option(self.name, self.rule, key, value):
                check_number(self.name, key, value)
                hyperparameters[key] = type(getattr(h, key))(value)
        h = h._replace(**hyperparameters)
        if is_built_in(self) and self.name in METHODS:
            return METHODS[self.name](rate, **h._asdict())  # which checks what they may be
        return replace(self, hyperparameters=h, learning_rate=rate)

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """The words that hyperparameters which are no numbers may be."""
        return self.rule.choices if isinstance(self.rule, MatrixRule) else {}

    @property
    def betas(self) -> tuple[float, float]:
        """(β₁, β₂), 0 where the method has none."""
        h = self.hyperparameters
        return float(getattr(h, "beta1", 0.0)), float(getattr(h, "beta2", 0.0))

    @property
    def initial_state(self) -> tuple[float, ...]:
        """The value of each part of the state before the first step."""
        initial = self.rule.initial
        values = initial(self.hyperparameters) if callable(initial) else initial
        return tuple(map(float, values)) or (0.0,) * len(self.rule.state)


def initial_accumulator(h) -> tuple[float]:
    """The state of methods that add up squares, before the first step."""
    return (h.initial_accumulator,)


def check_learning_rate(name: str, learning_rate) -> None:
    """ValueError unless it is a number, or an array of numbers, finite and at least 0."""
    try:
        rates = np.asarray(learning_rate, dtype=float)
    except (TypeError, ValueError):
        rates = np.array(np.nan)
    if isinstance(learning_rate, str) or not np.isfinite(rates).all() or (rates < 0).any():
        raise ValueError(
            f"{name} takes learning rates that are finite and at least 0, got {learning_rate!r}"
        )


def check_hyperparameters(name: str, **values: float) -> None:
    """ValueError unless each is finite and in its range: decay factors in [0, 1), others ≥ 0."""
    for key, value in values.items():
        decays = key in DECAYS
        if not (_is_number(value) and value >= 0 and (value < 1 or not decays)):
            allowed = "at least 0 and below 1" if decays else "finite and at least 0"
            raise ValueError(f"{name} takes {key} {allowed}, got {shown(value)}")


DECAYS = frozenset({"beta1", "beta2", "momentum", "decay"})


def check_options(name: str, rule: MatrixRule, **values: Any) -> None:
    """ValueError unless each is a word or an integer that the hyperparameter of a rule may be."""
    for key, value in values.items():
        check_option(name, rule, key, value)


def check_option(name: str, rule: Rule, key: str, value: Any) -> bool:
    """True if a hyperparameter of a rule is a word or an integer; ValueError for another one."""
    if not isinstance(rule, MatrixRule):
        return False
    if key in rule.choices:
        check_choice(name, key, value, rule.choices[key])
    elif key in rule.counts:
        check_count(name, key, value, rule.counts[key])
    return key in rule.choices or key in rule.counts


def check_choice(name: str, key: str, value: Any, allowed: tuple[str, ...]) -> None:
    """ValueError unless a hyperparameter is one of the words that it may be."""
    if value not in allowed:
        raise ValueError(f"{name} takes {key} {' or '.join(map(repr, allowed))}, got {value!r}")


def check_count(name: str, key: str, value: Any, least: int = 1) -> None:
    """ValueError unless a hyperparameter is an integer of at least some, as a period of steps."""
    if not is_integer(value, least):
        raise ValueError(
            f"{name} takes {key} as an integer of at least {least}, got {shown(value)}"
        )


def check_number(name: str, key: str, value: Any) -> None:
    """ValueError unless a hyperparameter is one finite number; beta1 and beta2 are in [0, 1)."""
    if not _is_number(value):
        got = f"{key}={shown(value)}"
        raise ValueError(f"{name} takes finite numbers as hyperparameters, got {got}")
    if key in ("beta1", "beta2"):
        check_hyperparameters(name, **{key: value})


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, Real) and bool(np.isfinite(float(value)))
    except OverflowError:  # of an integer
        return False
