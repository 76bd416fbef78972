"""Suggestions for unknown names of methods and of their arguments."""

import difflib
import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from egop.bounds import shown

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_NAME = 100
"""Characters of a name that are compared with others."""

OTHER_METHODS = {
    "sgd": ("gradient_descent", "momentum"),
    "gd": ("gradient_descent",),
    "heavy_ball": ("momentum",),
    "nesterov": ("momentum",),
    "nag": ("momentum",),
    "sign_sgd": ("sign_momentum",),
    "signsgd": ("sign_momentum",),
    "signum": ("sign_momentum",),
    "normalized_sgd": ("normalized_momentum",),
}
"""Names of methods elsewhere, with the name here."""

OTHER_ARGUMENTS = {
    "lr": "learning_rate",
    "rate": "learning_rate",
    "step_size": "learning_rate",
    "stepsize": "learning_rate",
    "eta": "learning_rate",
    "betas": "beta1 and beta2",
    "b1": "beta1",
    "b2": "beta2",
    "beta": "beta1",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
    "mu": "momentum",
    "rho": "decay",
    "alpha": "decay",
    "initial_accumulator_value": "initial_accumulator",
    "wd": "weight_decay",
    "frequency": "refresh",
    "precondition_frequency": "refresh",
    "update_proj_gap": "refresh",
    "T": "n_steps",
    "steps": "n_steps",
    "iterations": "n_steps",
    "max_iter": "n_steps",
    "n_iter": "n_steps",
    "epochs": "n_steps",
    "x0": "start",
    "x_0": "start",
    "optimizer": "method",
    "scheduler": "schedule",
}
"""Names of arguments elsewhere, with the name here."""


def nearest(name: object, known: Iterable[str]) -> str:
    """The end of an error sentence, such as "did you mean 'adam'?", or a list of what there is."""
    known = list(known)
    word = name[:LONGEST_NAME] if isinstance(name, str) else shown(name)
    close = difflib.get_close_matches(word.lower(), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"


def method_hint(name: str, known: Iterable[str]) -> str:
    """Returns what `nearest` does, for methods, whose names elsewhere it knows."""
    others = OTHER_METHODS.get(str(name).lower())
    return nearest(name, known) if others is None else f"did you mean {' or '.join(others)}?"


def argument_hint(name: str, known: Iterable[str]) -> str:
    """Returns what `nearest` does, for arguments of a method."""
    known = list(known)
    meant = OTHER_ARGUMENTS.get(name, name).split(" and ")
    return f"did you mean {' and '.join(meant)}?" if {*meant} <= {*known} else nearest(name, known)


def unknown_argument(name: str, key: str, known: Iterable[str]) -> TypeError:
    """The error of a method that takes no argument of a name, with those that it takes once."""
    known = list(known)
    hint = argument_hint(key, known)
    end = f"; {hint}" if "did you mean" in hint else ""
    return TypeError(f"{name} takes {', '.join(known)}, got {key}{end}")


def explains_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which answers an argument that it does not take by those that it takes."""
    signature = inspect.signature(function)
    known = list(signature.parameters)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            check(args, kwargs)  # which takes longer than many a call
            raise

    def check(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for key in kwargs:
            if key not in known:
                raise unknown_argument(function.__name__, key, known) from None
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            takes = f"{function.__name__} takes {', '.join(known)}"
            raise TypeError(f"{takes}: {error}") from None

    return checked
