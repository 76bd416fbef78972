"""Reads methods and rates for `egop.explore`: objects, names, and names with options."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from egop.methods import METHODS, Method, method, method_hint, names, registered, written
from egop.methods.written import read_call
from egop.run_arguments import check_method as check_method_type


def read_methods(methods: Any) -> tuple[list[str], dict[str, Method], list[str]]:
    """The names of all methods in their order, the own ones by name, and those without a rate.

    Those with options are own ones, which are called as they are written.
    """
    if isinstance(methods, str | Method) or not isinstance(methods, Iterable):
        methods = [methods]
    if isinstance(methods, Mapping):
        raise TypeError(
            "methods takes methods or their names, got a dict; learning rates by name are given as "
            f"rates={methods!r}"
        )
    chosen: list[str] = []
    own: dict[str, Method] = {}
    untuned: list[str] = []
    for given in methods:
        is_text = isinstance(given, str)
        each = in_writing("methods", given) if is_text else given
        name = check_method(each)
        if isinstance(each, Method) and not (is_text and is_equal(each, own.get(name))):
            name = free_name(name, chosen)
            own[name] = replace(each, name=name)
            untuned += [name] if is_text and lacks_rate(given) else []
        chosen += [name] if name not in chosen else []
    if not chosen:
        raise ValueError("methods takes one method or more, such as 'adam', got none")
    return chosen, own, untuned


def in_writing(argument: str, text: str) -> Method | str:
    """A method with options, called as they are written, or a registered one; else the name."""
    if "(" not in text:
        return registered(text) or text
    try:
        made = method(text)
        return replace(made, name=written(made))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{argument}: {error}") from None


def is_equal(method: Method, other: Method | None) -> bool:
    """True if two methods of one name have the same rate and hyperparameters."""
    ours = method.learning_rate, method.hyperparameters
    return other is not None and ours == (other.learning_rate, other.hyperparameters)


def lacks_rate(text: str) -> bool:
    """True if a method in writing is a built-in one, and no learning rate is among its options."""
    name, options = read_call(text)
    return name in METHODS and "learning_rate" not in options


def read_rates(argument: str, rates: Mapping[str, Any], own: Mapping[str, Method]) -> dict:
    """The learning rates by the names of methods that there are; options as they are written."""
    found = {}
    for name, rate in rates.items():
        is_text = isinstance(name, str) and name not in own
        made = in_writing(argument, name) if is_text else name
        called = made.name if isinstance(made, Method) else made
        if called not in own and isinstance(made, Method):
            raise ValueError(f"{argument} takes no {called!r}; name it in methods, too")
        found[called if called in own else check_method(called)] = rate
    return found


def check_method(method: Any) -> str:
    """The name of a method or a name of one that exists."""
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(f"methods takes no {method!r}; {method_hint(method, names())}")
        return method
    check_method_type(method, "explore")
    if np.ndim(method.learning_rate):
        raise ValueError(
            f"the explorer takes one learning rate a method, got {np.size(method.learning_rate)} "
            f"for {method.name}"
        )
    if method.learning_rate == 0:
        raise ValueError(f"the explorer takes learning rates above 0, got 0 for {method.name}")
    return method.name


def free_name(name: str, taken: list[str]) -> str:
    """The name, or "name_2" and so on where it is taken; options stay behind it."""
    first, *options = name.partition("(")
    others = (f"{first}_{count}{''.join(options)}" for count in range(2, len(taken) + 2))
    names = [name, *others]
    return next(each for each in names if each not in taken)
