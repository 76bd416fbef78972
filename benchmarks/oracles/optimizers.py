"""Oracles: optimizers of torch and pytorch-optimizer, in their precision or in float64."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from benchmarks.oracles.comparison import Oracle, Path

SHORT = (torch.float32, torch.bfloat16, torch.float16)
CASTS = (torch.Tensor.float, torch.Tensor.bfloat16, torch.Tensor.half)

Make = Callable[[torch.Tensor], torch.optim.Optimizer]
"""Makes the optimizer of one parameter."""


class Float64(TorchFunctionMode):
    """Within it tensors of float64 stay so wherever code asks for fewer bits."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Calls the function with float64 in place of shorter types."""
        if func in CASTS:
            return args[0].to(torch.float64, copy=True)
        args = tuple(map(_long, args))
        return func(*args, **{key: _long(each) for key, each in (kwargs or {}).items()})


def _long(argument: Any) -> Any:
    short = isinstance(argument, torch.dtype) and argument in SHORT
    return torch.float64 if short else argument


def by(make: Make, mode: Callable[[], AbstractContextManager] = nullcontext) -> Oracle:
    """The path of an optimizer of PyTorch's form, of one parameter in float64.

    Args:
        make: the optimizer of a parameter.
        mode: in which it steps, such as `Float64`.
    """

    def path(first: np.ndarray) -> Path:
        point = torch.tensor(first, dtype=torch.float64, requires_grad=True)
        optimizer = make(point)
        while True:
            point.grad = torch.from_numpy((yield point.detach().numpy().copy()))
            with mode():
                optimizer.step()

    return path


def flat(make: Make) -> Oracle:
    """The path of an optimizer that is given W as one vector."""

    def path(first: np.ndarray) -> Path:
        inner = by(make)(first.ravel())
        point = next(inner)
        while True:
            point = inner.send((yield point.reshape(first.shape)).ravel())

    return path


def flat_vectors(make: Make) -> Oracle:
    """The path of an optimizer that is given W of one row or one column as a vector."""

    def path(first: np.ndarray) -> Path:
        return (flat if 1 in first.shape else by)(make)(first)

    return path


def scalable_shampoo(
    point: torch.Tensor, rate: float, beta2: float = 1.0, one_sided: bool = False, **options: Any
) -> torch.optim.Optimizer:
    """Shampoo of pytorch-optimizer without grafting and momentum, with sums where β₂ is 1."""
    plain = {
        "betas": (0.0, 0.5),
        "start_preconditioning_step": 1,
        "preconditioning_compute_steps": 1,
        "shape_interpretation": False,
        "graft_type": 0,
        "nesterov": False,
        "use_svd": True,
        "pre_conditioner_type": int(one_sided),
    }
    optimizer = library("ScalableShampoo")([point], rate, **(plain | options))
    optimizer.param_groups[0]["betas"] = 0.0, beta2
    return optimizer


def corrected_shampoo(point: torch.Tensor, rate: float, beta2: float, **options: Any):
    """`scalable_shampoo` with means divided by 1 − β₂ᵗ, and one root of power −1/2 of a vector."""
    if 1 in point.shape:
        side = 1 if point.shape[1] == 1 else 2
        options = options | {"pre_conditioner_type": side, "inverse_exponent_override": 2}
    optimizer = scalable_shampoo(point, rate, beta2, **options)

    def correct(optimizer, *_) -> None:
        group = optimizer.param_groups[0]
        group["lr"] = rate * (1 - beta2 ** (group.get("step", 0) + 1)) ** 0.5

    optimizer.register_step_pre_hook(correct)
    return optimizer


def library(name: str) -> Any:
    """A class of pytorch-optimizer."""
    import pytorch_optimizer

    return getattr(pytorch_optimizer, name)
