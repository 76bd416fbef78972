"""Methods: update rules with their hyperparameters, one family per file."""

from egop.methods import adaptive, coupled, descent
from egop.methods.adaptive import adadelta, adagrad, adam, adamax, adamw, amsgrad, rmsprop
from egop.methods.coupled import adagrad_norm, full_adagrad, normalized_momentum
from egop.methods.descent import gradient_descent, momentum, sign_momentum
from egop.methods.method import Method, Rule, nearest

METHODS = {
    "gradient_descent": gradient_descent,
    "momentum": momentum,
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adamw,
    "adamax": adamax,
    "amsgrad": amsgrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adagrad_norm": adagrad_norm,
    "full_adagrad": full_adagrad,
    "sign_momentum": sign_momentum,
    "normalized_momentum": normalized_momentum,
}
"""Every method by name: a function of the learning rate and hyperparameters."""

RULES = {
    descent.GradientDescent: descent.GRADIENT_DESCENT,
    descent.Momentum: descent.MOMENTUM,
    descent.SignMomentum: descent.SIGN_MOMENTUM,
    adaptive.Adagrad: adaptive.ADAGRAD,
    adaptive.Adam: adaptive.ADAM,
    adaptive.AdamW: adaptive.ADAMW,
    adaptive.Adamax: adaptive.ADAMAX,
    adaptive.Amsgrad: adaptive.AMSGRAD,
    adaptive.Adadelta: adaptive.ADADELTA,
    adaptive.RMSprop: adaptive.RMSPROP,
    coupled.AdagradNorm: coupled.ADAGRAD_NORM,
    coupled.FullAdagrad: coupled.FULL_ADAGRAD,
    coupled.NormalizedMomentum: coupled.NORMALIZED_MOMENTUM,
}
"""The rule that belongs to each type of hyperparameters; compiled loops look it up here."""


def method(name: str, learning_rate, **hyperparameters) -> Method:
    """The method of that name.

    Raises:
        ValueError: no method has the name; the sentence gives the nearest.
    """
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; {nearest(name, METHODS)}")
    return METHODS[name](learning_rate, **hyperparameters)


__all__ = [
    "METHODS",
    "RULES",
    "Method",
    "Rule",
    "adadelta",
    "adagrad",
    "adagrad_norm",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "full_adagrad",
    "gradient_descent",
    "method",
    "momentum",
    "nearest",
    "normalized_momentum",
    "rmsprop",
    "sign_momentum",
]
