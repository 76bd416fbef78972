"""The optimizer that is wrapped: made over other tensors, and lent hyperparameters and state."""

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import is_
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

OWN = {"params", "param_names"}
"""Entries of a group that differ between the wrapper and what it wraps."""

Groups = Sequence[dict[str, Any]]
Shadows = Mapping[Tensor, Tensor]
"""The tensor that is stepped in place of each rotated parameter."""


def same(some: Collection[Any], others: Collection[Any]) -> bool:
    """True if both hold the very same objects in one order; comparing tensors would take longer."""
    return len(some) == len(others) and all(map(is_, some, others))


class WrappedOptimizer:
    """An optimizer made by `base_class` over the shadows of parameters.

    Hyperparameters and state belong to the wrapper, where schedulers and people change them; they
    are lent for each step and taken back after it, since a step may change both.

    Attributes:
        optimizer: it.
        needs_closure: True if a step must be given a closure.
    """

    def __init__(
        self, base_class: Any, hyperparameters: dict[str, Any], groups: Groups, shadows: Shadows
    ) -> None:
        if isinstance(base_class, Optimizer) or not callable(base_class):
            kind = type(base_class).__name__
            raise TypeError(
                "EGOPOptimizer takes the class of an optimizer, such as torch.optim.Adam, got "
                f"{'an instance of ' * isinstance(base_class, Optimizer)}{kind}; its "
                "hyperparameters come after the bases"
            )
        self._base_class, self._hyperparameters = base_class, hyperparameters
        given = [
            {key: value for key, value in group.items() if key not in OWN}
            | {"params": [shadows.get(p, p) for p in group["params"]]}
            for group in groups
        ]
        self.optimizer = self._make([dict(group) for group in given])
        self.connect(shadows)
        closure = inspect.signature(self.optimizer.step).parameters.get("closure")
        self.needs_closure = closure is not None and closure.default is inspect.Parameter.empty
        kept = [[id(p) for p in group["params"]] for group in self.optimizer.param_groups]
        if kept != [[id(p) for p in group["params"]] for group in given]:
            raise TypeError(
                f"EGOPOptimizer takes an optimizer that keeps its groups of parameters as they "
                f"are given, got {type(self.optimizer).__name__}, which makes others"
            )

    def at_rate_zero(self) -> set[Tensor]:
        """Tensors whose learning rate is 0, as far as that is known without asking a device."""
        resting: set[Tensor] = set()
        for group in self.optimizer.param_groups:
            rate = group.get("lr")
            if not (isinstance(rate, Tensor) and rate.device.type != "cpu") and rate == 0:
                resting.update(group["params"])
        return resting

    def connect(self, shadows: Shadows) -> None:
        """Makes known which tensor is stepped in place of each rotated parameter."""
        self._shadows = shadows
        self._weights = {shadow: w for w, shadow in shadows.items()}
        self._members: list[list[Tensor]] = []
        self._keys, self._base_keys, self._entries = [object()], [object()], [object()]

    def has_other_members(self, groups: Groups) -> bool:
        """True if the groups have not the parameters that they had when they were last lent."""
        members = [own["params"] for own in groups]
        return len(members) != len(self._members) or not all(map(same, members, self._members))

    def lend(self, groups: Groups, state: Mapping[Any, Any]) -> None:
        """Gives the optimizer hyperparameters, parameters and state as the wrapper has them."""
        for own, base in zip(groups, self.optimizer.param_groups, strict=True):
            base.update({key: value for key, value in own.items() if key not in OWN})
        if self.has_other_members(groups):
            for own, base in zip(groups, self.optimizer.param_groups, strict=True):
                base["params"][:] = [self._shadows.get(p, p) for p in own["params"]]
            self._members = [list(own["params"]) for own in groups]
        if not (same(state, self._keys) and same(state.values(), self._entries)):
            lent = {self._shadows.get(key, key): value for key, value in state.items()}
            self.optimizer.state.clear()
            self.optimizer.state.update(lent)
            self._note(state)

    def take(self, groups: Groups, state: dict[Any, Any]) -> None:
        """Takes hyperparameters and state as the optimizer has left them."""
        for own, base in zip(groups, self.optimizer.param_groups, strict=True):
            own.update({key: value for key, value in base.items() if key not in OWN})
        base = self.optimizer.state
        if not (same(base, self._base_keys) and same(base.values(), self._entries)):
            state.clear()
            state.update({self._weights.get(key, key): value for key, value in base.items()})
            self._note(state)

    def _note(self, state: Mapping[Any, Any]) -> None:
        """Takes note that both states have the same entries, by which changes are found."""
        self._keys, self._base_keys = list(state), list(self.optimizer.state)
        self._entries = list(state.values())

    def step(self, closure: Callable[[], Any] | None) -> Any:
        """Steps the optimizer; hooks of all optimizers are called once, for the wrapper."""
        step: Any = type(self.optimizer).step
        own = self.optimizer
        if getattr(step, "hooked", False) and not (
            own._optimizer_step_pre_hooks or own._optimizer_step_post_hooks
        ):
            step = step.__wrapped__
        return step(own) if closure is None else step(own, closure)

    def forget(self, tensors: Sequence[Tensor] | None) -> None:
        """Gives tensors the state that they have before the first step; None: all of them.

        An optimizer that couples the tensors of a group has one state of all of them.
        """
        if tensors is None:
            self.optimizer = self._make([dict(group) for group in self.optimizer.param_groups])
            self.connect(self._shadows)
            return
        forgotten = set(tensors)
        for group in self.optimizer.param_groups:
            those = [p for p in group["params"] if p in forgotten]
            if those:
                if getattr(self.optimizer, "couples", False):
                    those = group["params"]
                fresh = self._make([{**group, "params": those}])
                for p in those:
                    self.optimizer.state.pop(p, None)
                    if fresh.state.get(p):
                        self.optimizer.state[p] = fresh.state[p]

    def _make(self, groups: list[dict[str, Any]]) -> Optimizer:
        made = self._base_class(groups, **self._hyperparameters)
        if not isinstance(made, Optimizer):
            name = getattr(self._base_class, "__name__", repr(self._base_class))
            raise TypeError(
                f"EGOPOptimizer takes a class that makes a torch.optim.Optimizer, got {name}, "
                f"which makes a {type(made).__name__}"
            )
        return made
