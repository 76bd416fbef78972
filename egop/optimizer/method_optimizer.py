"""Our methods as optimizers of PyTorch's form."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer

from egop.methods.blocks import RuleBlock, rule_block
from egop.methods.elementwise import divisor
from egop.methods.method import Method
from egop.methods.rule import MatrixRule
from egop.methods.spelling import unknown_argument
from egop.optimizer.sharding import SHARDED, local, local_gradient, sharded_like
from egop.optimizer.wide_state import restore_wide, wide

Group = dict[str, Any]


class ClassOfMethod(type):
    """The type of the classes that `from_method` makes, which are pickled by their methods."""


class MethodOptimizer(Optimizer, metaclass=ClassOfMethod):
    """A method of `egop.methods` that steps parameters; `from_method` makes a class of each.

    A matrix method steps each parameter of two axes or more as a matrix of its first axis and all
    others, and the rest by its rule for vectors. A method that couples all coordinates, such as
    AdaGrad-Norm, couples the parameters of a group that have gradients: the same ones in every
    step. Parameters narrower than float32 are stepped in float32, and have their state in it.

    Args:
        params: parameters, with or without names, or groups of them, as in `torch.optim`.
        lr: the learning rate; None: the method's.
        **hyperparameters: in place of the method's; a group may have its own.

    Attributes:
        method: whose rule steps.
        state: of each parameter the parts that the rule names, and "step", their number.

    Raises:
        TypeError: the method has no hyperparameter of a name.
        ValueError: a rate, a hyperparameter or a parameter that it does not take.
    """

    method: ClassVar[Method]

    def __init__(self, params: Any, lr: Any = None, **hyperparameters: Any) -> None:
        known = ["lr", *self.method.hyperparameters._fields]
        for key in hyperparameters.keys() - set(known):
            error = unknown_argument(f"the optimizer {self.method.name}", key, known)
            raise TypeError(f"{error}; lr is the rate") if key == "learning_rate" else error
        h = self.method.changed(**hyperparameters).hyperparameters
        rate = float(self.method.learning_rate) if lr is None else lr
        super().__init__(params, {"lr": rate, **h._asdict()})

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters, with their own hyperparameters where the group has such."""
        super().add_param_group(param_group)
        try:
            _check_group(self.method, self.param_groups[-1])
        except (TypeError, ValueError):
            self.param_groups.pop()
            raise

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Steps all parameters that have gradients once.

        Args:
            closure: evaluates the model anew and returns the loss.

        Raises:
            ValueError: a gradient is sparse, a group has a hyperparameter that the method does not
                take, parameters that are coupled have gradients in some steps alone, or no process
                has the matrix that the rule steps.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            known = [p for p in group["params"] if p.grad is not None and p.numel()]
            if self.couples and known:
                if {p for p in group["params"] if self.state.get(p)} not in (set(), {*known}):
                    raise ValueError(
                        f"{self.method.name} takes gradients of the same parameters in every "
                        "step, got those of others; give these a group of their own"
                    )
                self._step(group, known, group["params"][0])
            elif not self.couples:
                for p in known:
                    self._step(group, [p], p)
        return loss

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads what `state_dict` returned; the next step is the one that would have come.

        Raises:
            ValueError: it is that of another method.
        """
        _check_saved(self.method, state_dict)
        super().load_state_dict(state_dict)
        restore_wide(self, state_dict)

    @property
    def couples(self) -> bool:
        """True if the rule is one of a whole vector."""
        rule = self.method.rule
        return not (rule.elementwise or isinstance(rule, MatrixRule))

    def _step(self, group: Group, params: Sequence[Tensor], holder: Tensor) -> None:
        """Steps parameters as one vector, or a single one in its shape.

        Args:
            group: theirs.
            params: these.
            holder: the parameter whose state has what is not of the shape of all entries.
        """
        own = self.method.hyperparameters
        h = _checked(self.method, type(own)(*(group[name] for name in own._fields)))
        parts = [local(p.detach()) for p in params]
        shape = (sum(map(Tensor.numel, parts)),) if self.couples else tuple(parts[0].shape)
        block = _block(self.method, h, shape)
        _check(block, params, parts)
        dtype = max((wide(part.dtype) for part in parts), key=lambda each: each.itemsize)
        for p in params:
            self.state[p].setdefault("step", torch.tensor(0.0)).add_(1)
        step = max(int(self.state[p]["step"]) for p in params)
        shapes = block.state_shapes()
        owners = self._parts_of_state(block, params, holder)
        state = [_flat(some, dtype).view(s) for some, s in zip(owners, shapes, strict=True)]
        point, gradient = _flat(parts, dtype), _flat(map(_gradient, params), dtype)
        powers = tuple(beta**step for beta in block.method.betas)
        direction, divided, state = block.step(gradient, tuple(state), point, powers, step)
        change = direction * (group["lr"] * block.method.learning_rate)
        if isinstance(divided, Tensor) or divided != 1:
            change = change / divisor(direction, divided)
        _write(parts, point - change)
        for some, part, s in zip(owners, state, shapes, strict=True):
            _write(some, part.expand(s).reshape(-1))

    def _parts_of_state(
        self, block: RuleBlock, params: Sequence[Tensor], holder: Tensor
    ) -> list[list[Tensor]]:
        """The tensors that hold each part of the state, made where a parameter has none."""
        names, values = block.method.rule.state, block.method.initial_state
        found = []
        for name, shape, value in zip(names, block.state_shapes(), values, strict=True):
            of_entries = shape == block.shape
            owners = params if of_entries else [holder]
            for p in owners:
                part = local(p.detach())
                own = part.shape if of_entries else shape
                if name not in self.state[p]:
                    made = part.new_full(own, value, dtype=wide(part.dtype))
                    self.state[p][name] = sharded_like(made, p)
            found.append([local(self.state[p][name]) for p in owners])
        return found


@lru_cache(maxsize=1024)
def _block(method: Method, h: Any, shape: tuple[int, ...]) -> RuleBlock:
    """The rule's block of one tensor."""
    return rule_block(replace(method, hyperparameters=h), shape)


@lru_cache(maxsize=1024)
def _checked(method: Method, h: Any) -> Any:
    """Hyperparameters of a group, which may be changed at any time; ValueError for wrong ones."""
    return method.changed(**h._asdict()).hyperparameters


def _check_saved(method: Method, state_dict: dict[str, Any]) -> None:
    """ValueError unless a checkpoint has the hyperparameters and the state of a method."""
    h = method.hyperparameters
    rules = [method.rule]
    if isinstance(method.rule, MatrixRule) and method.rule.vectors is not None:
        rules.append(method.rule.vectors(h).rule)
    parts = {"step"}.union(*(rule.state for rule in rules))
    for group in state_dict["param_groups"]:
        for name in h._fields:
            if name not in group:
                raise ValueError(f"{method.name} loads its own state, got one without {name}")
        method.changed(**{name: group[name] for name in h._fields})
    for state in state_dict["state"].values():
        for name in sorted(state.keys() - parts):
            raise ValueError(f"{method.name} loads its own state, got one with {name}")


def _check_group(method: Method, group: Group) -> None:
    """An error unless a group's rate, hyperparameters and parameters are such as a method takes."""
    rate = group["lr"].item() if isinstance(group["lr"], Tensor) else group["lr"]
    method.changed(rate, **{name: group[name] for name in method.hyperparameters._fields})
    for p in group["params"]:
        if not p.is_floating_point():
            raise ValueError(f"{method.name} takes real parameters, got one of {p.dtype}")


def _check(block: RuleBlock, params: Sequence[Tensor], parts: Sequence[Tensor]) -> None:
    """ValueError unless the gradients are dense and the rule sees all that it couples."""
    name = block.method.name
    for p, part in zip(params, parts, strict=True):
        if p.grad is not None and p.grad.layout != torch.strided:
            raise ValueError(
                f"{name} takes dense gradients, got a sparse one; make its layer with sparse=False"
            )
        if isinstance(p, SHARDED) and p.shape != part.shape and not block.method.rule.elementwise:
            raise ValueError(
                f"{name} steps whole parameters, got one of shape {tuple(p.shape)} that is sharded "
                "over processes; do not shard it, or take a method such as adam"
            )
    if len({part.device for part in parts}) > 1:
        raise ValueError(
            f"{name} couples the parameters of a group, got some on "
            f"{' and '.join(sorted({str(x.device) for x in parts}))}; give each device its group"
        )


def _gradient(p: Tensor) -> Tensor:
    gradient = local_gradient(p)
    assert gradient is not None
    return gradient


def _flat(tensors: Iterable[Tensor], dtype: torch.dtype) -> Tensor:
    """All entries as one vector."""
    flat = [x.reshape(-1).to(dtype) for x in tensors]
    return flat[0] if len(flat) == 1 else torch.cat(flat)


def _write(tensors: Sequence[Tensor], entries: Tensor) -> None:
    """Copies the entries of a vector into tensors, one after the other."""
    for x, part in zip(tensors, entries.split([x.numel() for x in tensors]), strict=True):
        x.copy_(part.view(x.shape))
