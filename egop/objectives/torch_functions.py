"""Objectives from anybody's PyTorch functions; PyTorch is imported when one is made."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from egop.extras import needed
from egop.objectives.functions import check_known, with_known
from egop.objectives.objective import Objective, check_dim

UNNAMED = "torch function"
FEW = 4
"""Up to so many points, one by one is quicker than `vmap`."""

CHUNK = 4096
"""Points that are differentiated together at most, for the sake of memory."""


def from_torch(function: Callable, dim: int, name: str | None = None, **known: Any) -> Objective:
    """An objective from a PyTorch function of one point, differentiated by autograd in float64.

    Many points are evaluated together by `torch.func.vmap` where the function allows it (no
    `.item()`, no branches that depend on values), else one by one. Runs take the general loop.

    Args:
        function: a float64 tensor (d,) → a tensor of one number, also an `nn.Module` (in float64).
        dim: number of variables d ≥ 1.
        name: what to call it; None: the function's name.
        **known: as in `from_functions`.

    Raises:
        ImportError: PyTorch is not installed.
        TypeError: function cannot be called, or an unknown keyword.
        ValueError: dim is not a positive integer, the function fails, or gives something else than
            one number that autograd can follow back to the point.
    """
    if not callable(function):
        raise TypeError(f"from_torch takes a function of a tensor, got {function!r}")
    check_known("from_torch", known)
    with needed("egop.objectives.from_torch", extra="networks"):
        import torch  # noqa: F401
    own = str(name or getattr(function, "__name__", type(function).__name__))
    own = UNNAMED if own == "<lambda>" else own
    call = TorchFunction(function, check_dim(dim), own).probed()
    hessian = call.hessian if call.batched and call.twice_differentiable() else None
    objective = Objective(
        own,
        call.dim,
        functions=(call.value, call.gradient),
        both=call.value_and_gradient,
        hessian_function=hessian,
    )
    return with_known(objective, known)


@dataclass(frozen=True)
class TorchFunction:
    """Value, gradient and Hessian in numpy of a PyTorch function of one point.

    Attributes:
        function: (d,) → one number.
        dim: d.
        name: for messages.
        batched: whether `torch.func.vmap` takes it.
    """

    function: Callable
    dim: int
    name: str
    batched: bool = False

    def value(self, x: np.ndarray) -> np.ndarray:
        """f at x, (..., d) → (...)."""
        import torch

        with torch.no_grad():
            return self._at(x, self._values)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """∇f at x, (..., d) → (..., d)."""
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """f (...) and ∇f (..., d) at x (..., d), from one forward and one backward pass."""
        both = self._at(x, self._values_and_slopes)
        return both[..., 0], both[..., 1:]

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """∇²f at x, (..., d) → (..., d, d)."""
        import torch

        return self._at(x, torch.func.vmap(torch.func.jacrev(torch.func.grad(self._number))))

    def probed(self) -> "TorchFunction":
        """The function, told whether vmap takes it.

        Raises:
            ValueError: it cannot be differentiated even at one point.
        """
        points = np.random.default_rng(0).standard_normal((FEW + 1, self.dim))
        one_by_one = self.gradient(points)
        batched = replace(self, batched=True)
        try:
            together = batched.gradient(points)
        except ValueError:
            return self
        agree = np.allclose(together, one_by_one, rtol=1e-6, equal_nan=True)
        return batched if agree else self

    def twice_differentiable(self) -> bool:
        """Returns True if PyTorch knows the second derivatives as well."""
        try:
            self.hessian(np.random.default_rng(0).standard_normal((1, self.dim)))
        except ValueError:
            return False
        return True

    def _at(self, x: np.ndarray, evaluate: Callable) -> np.ndarray:
        """Evaluates points x (..., d) as a tensor (n, d) and returns numpy arrays."""
        import torch

        if x.size == 0:  # vmap takes one point at least
            one = self._at(np.zeros((1, self.dim)), evaluate)
            return np.empty((*x.shape[:-1], *one.shape[1:]))
        points = torch.from_numpy(np.array(x, dtype=float).reshape(-1, self.dim))
        try:
            chunks = [evaluate(chunk) for chunk in points.split(CHUNK)]
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(
                f"{self.name} failed at a point of shape ({self.dim},) with "
                f"{type(error).__name__}: {_first_line(error)}; it takes one point, a float64 "
                f"tensor of {self.dim} numbers"
            ) from error
        results = torch.cat(chunks).detach().numpy()
        return results.reshape(*x.shape[:-1], *results.shape[1:])

    def _values(self, points: Any) -> Any:
        """f at a tensor (n, d), a tensor (n) in float64."""
        import torch

        if self.batched and len(points) > FEW:
            return torch.func.vmap(self._number)(points)
        return torch.stack([self._number(point) for point in points])

    def _values_and_slopes(self, points: Any) -> Any:
        """f and ∇f at a tensor (n, d) by autograd, a tensor (n, 1 + d)."""
        import torch

        with torch.enable_grad():
            points = points.requires_grad_()
            values = self._values(points)
            if not values.requires_grad:
                raise ValueError(
                    f"{self.name} gave a number that autograd cannot follow back to the point; "
                    "compute it with torch alone, without detach, item or numpy"
                )
            slopes = torch.autograd.grad(values.sum(), points, materialize_grads=True)[0]
        return torch.cat([values.detach()[:, None], slopes], dim=1)

    def _number(self, point: Any) -> Any:
        """f at a tensor (d,), a tensor () in float64; the function gets a point of its own."""
        import torch

        result = self.function(point.clone())
        if not isinstance(result, torch.Tensor) or result.numel() != 1:
            got = (
                f"shape {tuple(result.shape)}"
                if isinstance(result, torch.Tensor)
                else type(result).__name__
            )
            raise ValueError(
                f"{self.name} must map a tensor ({self.dim},) to a tensor of one number, got {got}"
            )
        return result.reshape(()).double()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:160]
