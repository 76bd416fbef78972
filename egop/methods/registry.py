"""The methods by name: those of this package, and those that were registered."""

from collections.abc import Callable
from typing import Any

from egop.methods import adaptive, coupled, descent
from egop.methods.adafactor import ADAFACTOR, Adafactor, adafactor
from egop.methods.adaptive import adadelta, adagrad, adam, adamax, adamw, amsgrad, rmsprop
from egop.methods.agd import AGD, AGD_RULE, agd
from egop.methods.aro import ARO, Aro, aro
from egop.methods.asgo import (
    ACCUMULATING_ASGO,
    ASGO,
    DASGO,
    AccumulatingAsgo,
    Asgo,
    Dasgo,
    accumulating_asgo,
    asgo,
    dasgo,
)
from egop.methods.cosmos import COSMOS, Cosmos, cosmos
from egop.methods.coupled import adagrad_norm, full_adagrad, normalized_momentum
from egop.methods.descent import gradient_descent, lion, momentum, sign_momentum
from egop.methods.galore import CONDA, GALORE, Conda, GaLore, conda, galore
from egop.methods.kl_shampoo import KL_SHAMPOO, KLShampoo, kl_shampoo
from egop.methods.kl_soap import KL_SOAP, KLSoap, kl_soap
from egop.methods.method import Method
from egop.methods.muon import (
    MUON,
    SPECTRAL_MOMENTUM,
    Muon,
    SpectralMomentum,
    muon,
    spectral_momentum,
)
from egop.methods.pisa import PISA, PISA_RULE, pisa
from egop.methods.rows import VECTOR_ADAM, VectorAdam, vector_adam
from egop.methods.rule import MatrixRule, Rule
from egop.methods.shampoo import (
    ONE_SIDED_SHAMPOO,
    SHAMPOO,
    OneSidedShampoo,
    Shampoo,
    one_sided_shampoo,
    shampoo,
)
from egop.methods.soap import SOAP, Soap, soap
from egop.methods.spelling import method_hint
from egop.methods.splus import SPLUS, SPlus, splus
from egop.methods.written import read_call, write_call

METHODS: dict[str, Callable[..., Method]] = {
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
    "lion": lion,
    "agd": agd,
    "pisa": pisa,
    "vector_adam": vector_adam,
    "adafactor": adafactor,
    "muon": muon,
    "spectral_momentum": spectral_momentum,
    "shampoo": shampoo,
    "soap": soap,
    "one_sided_shampoo": one_sided_shampoo,
    "kl_shampoo": kl_shampoo,
    "galore": galore,
    "conda": conda,
    "kl_soap": kl_soap,
    "aro": aro,
    "cosmos": cosmos,
    "asgo": asgo,
    "accumulating_asgo": accumulating_asgo,
    "dasgo": dasgo,
    "splus": splus,
}
"""Every built-in method by name: a function of the learning rate and hyperparameters."""

MATRIX_METHODS = tuple(n for n, make in METHODS.items() if isinstance(make().rule, MatrixRule))
"""Names of built-in methods that step matrices, and take variables of a declared shape."""

VECTOR_METHODS = tuple(name for name in METHODS if name not in MATRIX_METHODS)
"""Names of built-in methods that step any vector."""

NETWORK_METHODS = tuple(name for name in METHODS if name != "full_adagrad")
"""Names of built-in methods whose state grows with the entries or sides of matrices."""

RULES: dict[type, Rule] = {
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
    descent.Lion: descent.LION,
    AGD: AGD_RULE,
    PISA: PISA_RULE,
    VectorAdam: VECTOR_ADAM,
    Adafactor: ADAFACTOR,
    Muon: MUON,
    SpectralMomentum: SPECTRAL_MOMENTUM,
    Shampoo: SHAMPOO,
    Soap: SOAP,
    OneSidedShampoo: ONE_SIDED_SHAMPOO,
    KLShampoo: KL_SHAMPOO,
    GaLore: GALORE,
    Conda: CONDA,
    KLSoap: KL_SOAP,
    Aro: ARO,
    Cosmos: COSMOS,
    Asgo: ASGO,
    AccumulatingAsgo: ACCUMULATING_ASGO,
    Dasgo: DASGO,
    SPlus: SPLUS,
}
"""The rule that belongs to each type of hyperparameters; compiled loops look it up here."""

_registered: dict[str, Method] = {}


def register(method: Method) -> None:
    """Lets the method's name stand for it, as `from_update` does; an earlier one is replaced.

    Raises:
        ValueError: the name is that of a built-in method, or no identifier.
        TypeError: no method.
    """
    if not isinstance(method, Method):
        raise TypeError(f"register takes a method, such as methods.adam(), got {method!r}")
    check_name(method.name)
    _registered[method.name] = method


def registered(name: str) -> Method | None:
    """The method that was registered under the name; None for a built-in one, or for none."""
    return _registered.get(name)


def is_built_in(method: Method) -> bool:
    """Returns True if the method's rule is this package's for its hyperparameters."""
    return RULES.get(type(method.hyperparameters)) == method.rule


def names() -> list[str]:
    """The names of all methods: the built-in ones first."""
    return [*METHODS, *_registered]


def method(name: str, learning_rate: Any = None, **hyperparameters: Any) -> Method:
    """The method of that name.

    >>> method("galore(rank=4)", 0.02).hyperparameters.rank
    4

    Args:
        name: of a built-in method or of one that was registered; options may follow in brackets.
        learning_rate: η; None: the method's own.
        **hyperparameters: in place of the method's own.

    Raises:
        ValueError: no method has the name; the sentence gives the nearest. Or what is written in
            brackets are no options.
        TypeError: it has no hyperparameter of a name, or the name is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"method takes a name, such as 'adam', got {name!r}")
    name, options = read_call(name)
    given = options if learning_rate is None else options | {"learning_rate": learning_rate}
    given |= hyperparameters
    if name in _registered:
        return _registered[name].changed(**given)
    if name not in METHODS:
        raise ValueError(f"unknown method {name!r}; {method_hint(name, names())}")
    return METHODS[name](**given)


def written(given: Method, usual: Method | None = None) -> str:
    """The method's name with the options that are not the usual ones, such as "galore(rank=4)".

    `egop.methods.method` makes the method of it again, but for its learning rate.

    Args:
        given: built-in, or registered.
        usual: the method that the name alone stands for; None: as in `egop.methods.method`.

    Raises:
        ValueError: the name stands for no method, or for another one.
    """
    if usual is None and given.name in names():
        usual = method(given.name)
    kind = type(given.hyperparameters)
    if usual is None or (usual.rule, type(usual.hyperparameters)) != (given.rule, kind):
        raise ValueError(
            f"a method is found by its name, and {given.name} is not the one that is known by it; "
            "egop.methods.register makes it known"
        )
    ours, theirs = given.hyperparameters._asdict(), usual.hyperparameters._asdict()
    return write_call(given.name, {k: x for k, x in ours.items() if x != theirs[k]})


def check_name(name: str) -> None:
    """ValueError unless a method of one's own can have the name."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            "a method's name takes letters, digits and underscores, such as 'my_lion', "
            f"got {name!r}"
        )
    if name in METHODS:
        raise ValueError(f"{name!r} is a method of egop; give your own another name")
