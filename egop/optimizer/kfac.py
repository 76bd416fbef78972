"""K-FAC: steps by the inverse of a Kronecker product of moments of each linear layer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from egop.methods.matrices import eigh
from egop.methods.method import check_count, check_hyperparameters, check_learning_rate
from egop.optimizer.wide_state import restore_wide, wide


class KFAC(Optimizer):
    """Natural gradient descent with a Kronecker-factored Fisher matrix for each linear layer.

    [W b] ← [W b] − η (B ⊗ A + λI)⁻¹ G of the gradient G of a layer's weights and bias, with A the
    mean of āāᵀ and B that of b̄b̄ᵀ over examples: ā is the mean of a layer's inputs, with a 1 for the
    bias, and b̄ the sum of the slopes of the example's loss by its outputs over all positions, such
    as those of a sequence (KFAC-reduce). For linear networks and squares B ⊗ A is the layer's
    Gauss-Newton matrix, if the slopes are those of targets drawn from the model (`observing`).

    The loss is a mean over examples, unscaled: where several passes add up gradients, one over the
    examples of all, so that each of k equal passes has the k-th part of its mean as its loss.

    Martens, Grosse, arXiv 1503.05671; Eschenhagen et al., arXiv 2311.00636, KFAC-reduce. From the
    papers' formulas, damped exactly.

    Args:
        model: whose `nn.Linear` layers are stepped; hooks see what goes through them.
        lr: η.
        damping: λ, above 0.
        momentum: μ in [0, 1) of the steps' heavy ball.
        decay: of the running means A and B, in [0, 1); the first moments are taken whole.
        refresh: f, the number of steps after which A, B and their eigenbases are made anew.
        other_lr: of trainable parameters outside linear layers, which momentum steps; None: there
            may be none.

    Raises:
        TypeError: it is given something else than a model.
        ValueError: a number outside its range, or parameters that nothing would step.
    """

    def __init__(
        self,
        model: nn.Module,
        lr: float = 0.01,
        *,
        damping: float = 1e-3,
        momentum: float = 0.9,
        decay: float = 0.95,
        refresh: int = 10,
        other_lr: float | None = None,
    ):
        if not isinstance(model, nn.Module):
            raise TypeError(
                f"KFAC takes a model, whose layers it watches, got {type(model).__name__}; make "
                "KFAC(model), which EGOPOptimizer and egop.compare cannot"
            )
        numbers = {"damping": damping, "momentum": momentum, "decay": decay, "refresh": refresh}
        for rate in (lr, lr if other_lr is None else other_lr):
            _check({"lr": rate, **numbers})
        layers = {
            name: layer
            for name, layer in model.named_modules()
            if isinstance(layer, nn.Linear) and layer.weight.requires_grad
        }
        own = {id(p) for layer in layers.values() for p in layer.parameters()}
        others = {
            name: p for name, p in model.named_parameters() if p.requires_grad and id(p) not in own
        }
        if not layers or (others and other_lr is None):
            raise ValueError(
                "KFAC takes a model whose trainable parameters are those of nn.Linear layers, got "
                f"{', '.join(others) or 'none'}; give other_lr, at which momentum steps others"
            )
        mine = [p for layer in layers.values() for p in layer.parameters()]
        if len(own) < len(mine):
            raise ValueError(
                "KFAC takes nn.Linear layers with weights of their own, got layers that share them"
            )
        groups: list[dict[str, Any]] = [
            {"params": mine, "decay": decay, "refresh": refresh, "steps": 0}
        ]
        if others:
            groups.append({"params": list(others.values()), "lr": other_lr})
        super().__init__(groups, {"lr": lr, "damping": damping, "momentum": momentum})
        self._layers, self._observed = layers, False
        self._seen: dict[str, list[tuple[Tensor, Tensor, int]]] = {}
        for name, layer in layers.items():
            layer.register_forward_hook(partial(self._watch, name))

    @contextmanager
    def observing(self) -> Iterator[None]:
        """A context whose backward passes alone make A and B, and leave gradients as they were.

        The loss in it is that of labels drawn from the model, for the Fisher matrix. Without it
        A and B are those of the gradients that are stepped along, the empirical Fisher matrix.
        """
        parameters = [p for group in self.param_groups for p in group["params"]]
        before = [p.grad for p in parameters]
        for p in parameters:
            p.grad = None
        self._seen, self._observed = {}, False
        try:
            yield
        finally:
            self._observed = True
            for p, gradient in zip(parameters, before, strict=True):
                p.grad = gradient

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Steps all parameters that have gradients once.

        Args:
            closure: evaluates the model anew and returns the loss.

        Raises:
            ValueError: a layer has a gradient, and no pass went through it since the last refresh.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        group = self.param_groups[0]
        _check(group)
        for name, layer in self._layers.items():
            if layer.weight.grad is not None:
                self._step_layer(name, layer, group)
        for group in self.param_groups[1:]:
            for p in group["params"]:
                if p.grad is not None:
                    self._move(p, p.grad, group)
        self.param_groups[0]["steps"] += 1
        self._seen, self._observed = {}, False
        return loss

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads what `state_dict` returned; the next step is the one that would have come.

        Raises:
            ValueError: it is that of another optimizer.
        """
        for name in sorted(self.param_groups[0].keys() - state_dict["param_groups"][0].keys()):
            raise ValueError(f"KFAC loads its own state, got one without {name}")
        _check(state_dict["param_groups"][0])
        super().load_state_dict(state_dict)
        restore_wide(self, state_dict)

    def __getstate__(self) -> dict[str, Any]:
        own = {"_layers": self._layers, "_observed": self._observed, "_seen": self._seen}
        return super().__getstate__() | own

    def _step_layer(self, name: str, layer: nn.Linear, group: dict[str, Any]) -> None:
        state, weight, bias = self.state[layer.weight], layer.weight, trained_bias(layer)
        if name in self._seen:
            self._renew(name, state, group["decay"])
        if "input_basis" not in state:
            raise ValueError(
                "KFAC takes a step after a forward and a backward pass of examples, got none "
                f"through {name}"
            )
        assert weight.grad is not None
        gradient = weight.grad.to(wide(weight.dtype))
        if bias is not None:
            last = torch.zeros_like(bias) if bias.grad is None else bias.grad
            gradient = torch.cat([gradient, last[:, None].to(gradient.dtype)], 1)
        inputs, slopes = state["input_basis"], state["slope_basis"]
        curvature = state["slope_values"][:, None] * state["input_values"] + group["damping"]
        step = slopes @ (slopes.mT @ gradient @ inputs / curvature) @ inputs.mT
        self._move(weight, step[:, : weight.shape[1]], group)
        if bias is not None:
            self._move(bias, step[:, -1], group)

    def _renew(self, name: str, state: dict[str, Any], decay: float) -> None:
        """A and B with the moments of all passes since the last step, and their eigenbases."""
        passes = self._seen[name]
        count = sum(examples for *_, examples in passes)
        for key, place, factor in (("input", 0, 1 / count), ("slope", 1, count)):
            moments = factor * sum(found[place] for found in passes)
            old = state.get(f"{key}_moments", moments)
            state[f"{key}_moments"] = old + (1 - decay) * (moments - old)
            state[f"{key}_values"], state[f"{key}_basis"] = eigh(state[f"{key}_moments"])
            state[f"{key}_values"] = state[f"{key}_values"].clamp_min(0)

    def _move(self, p: Tensor, step: Tensor, group: dict[str, Any]) -> None:
        state = self.state[p]
        step = step.to(wide(p.dtype))
        state["momentum"] = group["momentum"] * state.get("momentum", 0.0) + step
        p.sub_(group["lr"] * state["momentum"])

    def _watch(self, name: str, layer: nn.Linear, given: tuple[Tensor], output: Tensor) -> None:
        """Lets the backward pass of an output add its moments, where they are wanted."""
        group = self.param_groups[0]
        check_count("KFAC", "refresh", group["refresh"])
        due = group["steps"] % group["refresh"] == 0 and not self._observed
        if due and output.requires_grad:
            output.register_hook(partial(self._add, name, layer, given[0].detach()))

    def _add(self, name: str, layer: nn.Linear, inputs: Tensor, slopes: Tensor) -> None:
        """Adds Σ āāᵀ and Σ s̄s̄ᵀ over the examples of a pass: b̄ = N s̄ of N examples in all."""
        if self._observed or not slopes.numel():
            return  # of a forward pass before those that were observed, or of no examples
        if inputs.dim() == 1:
            inputs, slopes = inputs[None], slopes[None]
        n, dtype = len(inputs), wide(layer.weight.dtype)
        inputs, slopes = inputs.to(dtype), slopes.to(dtype)
        mean = inputs.reshape(n, -1, inputs.shape[-1]).mean(1)
        if trained_bias(layer) is not None:
            mean = torch.cat([mean, mean.new_ones(n, 1)], 1)
        total = slopes.reshape(n, -1, slopes.shape[-1]).sum(1)
        self._seen.setdefault(name, []).append((mean.mT @ mean, total.mT @ total, n))


def _check(group: dict[str, Any]) -> None:
    """ValueError for a number outside its range."""
    check_learning_rate("KFAC", group["lr"])
    check_hyperparameters("KFAC", **{key: group[key] for key in ("damping", "momentum", "decay")})
    check_count("KFAC", "refresh", group["refresh"])
    if group["damping"] == 0:
        raise ValueError("KFAC takes damping above 0, got 0")


def trained_bias(layer: nn.Linear) -> Tensor | None:
    """The bias of a layer, None where it has none or one that is kept."""
    return layer.bias if layer.bias is not None and layer.bias.requires_grad else None
