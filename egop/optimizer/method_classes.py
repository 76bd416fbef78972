"""The classes of optimizers that methods become."""

import copyreg
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch.optim import Optimizer

from egop.bounds import shown
from egop.methods import is_built_in
from egop.methods.method import Method
from egop.methods.rule import MatrixRule
from egop.networks.update import check_takes_tensors
from egop.optimizer.method_optimizer import ClassOfMethod, MethodOptimizer
from egop.optimizer.rotated_block import RotatedBlock


def from_method(method: Method) -> type[MethodOptimizer]:
    """The class of optimizers that step as a method does, usable as any of `torch.optim`.

        optimizer = from_method(egop.methods.muon())(model.parameters(), lr=0.02)

    Given to `EGOPOptimizer` as its base class, it steps in the coordinates of bases. Learning rate
    and hyperparameters are the method's where the optimizer is given no others. Equal methods have
    one class, whose name is the method's.

    Args:
        method: of `egop.methods`, or made by `egop.methods.from_update`.

    Raises:
        TypeError: it is no method.
        ValueError: it has several learning rates, or its rule does not take tensors.
    """
    if not isinstance(method, Method):
        hint = "; call it" if callable(method) else ""
        hint = "; egop.methods.method makes it of its name" if isinstance(method, str) else hint
        raise TypeError(
            f"from_method takes a method such as egop.methods.muon(), got {shown(method)}{hint}"
        )
    rate = np.asarray(method.learning_rate, dtype=float)
    if rate.size != 1:
        raise ValueError(
            f"from_method takes a method with one learning rate, got {method.name} with "
            f"{rate.size}; make an optimizer of each"
        )
    return _class_of(method.name, rate.item(), method.hyperparameters, method.rule)


@cache
def _class_of(name: str, rate: float, hyperparameters: Any, rule: Any) -> type[MethodOptimizer]:
    method = Method(name, rate, hyperparameters, rule)
    if not is_built_in(method) and not isinstance(rule, MatrixRule):
        check_takes_tensors(method, torch.ones(1, 1, 3))
    return ClassOfMethod(
        name, (MethodOptimizer,), {"method": method, "__module__": MethodOptimizer.__module__}
    )


def check_coordinates(optimizer: Optimizer, blocks: Sequence[RotatedBlock]) -> None:
    """ValueError if a matrix method is to step coordinates of which a basis drops some."""
    if isinstance(optimizer, MethodOptimizer) and isinstance(optimizer.method.rule, MatrixRule):
        for block in blocks:
            if block.n_coordinates < block.basis.dim:
                raise ValueError(
                    f"{optimizer.method.name} steps matrices, but the basis of {block.names[0]} "
                    f"leaves {block.n_coordinates} of {block.basis.dim} coordinates, which are no "
                    "matrix; take a basis of all directions, or a method such as adam"
                )


def _reduced(kind: ClassOfMethod) -> Any:
    """A class as it is pickled: by name, or by the method that it is made of."""
    method = getattr(kind, "method", None)
    return kind.__qualname__ if method is None else (from_method, (method,))


copyreg.pickle(ClassOfMethod, _reduced)  # type: ignore[arg-type]
