"""One step of a method's rule on all runs of a group, in place."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from egop.methods import Method, is_built_in
from egop.methods.blocks import RuleBlock
from egop.methods.elementwise import divisor
from egop.networks.blocking import parts

STATE_FLOATS = 25_000
"""Numbers of one tensor in a piece of an update on the CPU: its temporaries stay in the cache."""

MATRIX_FLOATS = 50_000
"""The same where a rule steps matrices, whose products are faster the more there are at once."""


@dataclass(frozen=True, eq=False)
class Updated:
    """Tensors (trials, runs, p) that a group's rule reads and writes.

    Attributes:
        block: whose rule it is; the tensors hold the block's entries only.
        gradients: in the group's own coordinates.
        points: in the group's own coordinates; changed in place.
        state: one tensor for each part of the rule's state; changed in place.
        runs: where the group's runs are among all runs.
    """

    block: RuleBlock
    gradients: Tensor
    points: Tensor
    state: tuple[Tensor, ...]
    runs: slice

    @property
    def can_vanish(self) -> bool:
        """True if the preconditioner can be 0: the ε of a built-in method keeps it from that."""
        method = self.block.method
        eps = getattr(method.hyperparameters, "eps", 0.0)
        return not is_built_in(method) or eps < torch.finfo(self.points.dtype).tiny

    def pieces(self) -> list[tuple["Updated", slice, slice]]:
        """This group with slices of its trials and runs, each small enough for the caches."""
        trials, runs, dim = self.points.shape
        if self.points.device.type != "cpu":
            return [(self, slice(0, trials), slice(0, runs))]
        fits = max(1, (MATRIX_FLOATS if self.block.is_matrix else STATE_FLOATS) // dim)
        return [
            (self, trial, some)
            for trial in parts(trials, max(1, fits // runs))
            for some in parts(runs, fits)
        ]

    def begin(self) -> None:
        """Gives all runs the state that they have before the first step."""
        for part, value in zip(self.state, self.block.method.initial_state, strict=True):
            part.fill_(value)

    def advance(self, trials: slice, runs: slice, rates: Tensor, powers: Any, step: int) -> None:
        """x ← x − rate · direction/preconditioner, for some trials and runs of the group.

        Args:
            trials: which trials.
            runs: which runs, counted within the group.
            rates: (trials, all runs) this step's rates; NaN for a run that has diverged.
            powers: the running products (β₁ᵗ, β₂ᵗ).
            step: t = 1, 2, …
        """
        first = self.runs.start
        rate = rates[trials, first + runs.start : first + runs.stop, None]
        state = tuple(part[trials, runs] for part in self.state)
        points = self.points[trials, runs]
        direction, preconditioner, new = self.block.step(
            self.gradients[trials, runs], state, points, powers, step
        )
        factor = rate * self.block.method.learning_rate
        if isinstance(preconditioner, Tensor) and self.can_vanish:
            preconditioner = divisor(direction, preconditioner)
        if isinstance(preconditioner, Tensor) or preconditioner != 1:
            points.sub_((direction * factor).div_(preconditioner))
        else:
            points.addcmul_(direction, factor, value=-1)
        for old, part in zip(state, new, strict=True):
            old.copy_(part)


def new_state(block: RuleBlock, points: Tensor) -> tuple[Tensor, ...]:
    """The rule's state before the first step, for points (trials, runs, entries).

    Raises:
        ValueError: the rule is not one of this package, and does not take tensors.
    """
    if not is_built_in(block.method) and not block.is_matrix:
        check_takes_tensors(block.method, points.new_ones(1, 1, 3))
    return block.new_state(points)


def check_takes_tensors(method: Method, gradient: Tensor) -> None:
    """ValueError unless the rule makes tensors of a tensor."""
    state = tuple(torch.full_like(gradient, value) for value in method.initial_state)
    try:
        direction, preconditioner, new = method.rule.update(
            gradient, state, gradient, method.betas, method.hyperparameters
        )
        change = (direction / preconditioner).expand_as(gradient)
        made = [part.expand_as(gradient) for part in new]
    except Exception as error:
        raise ValueError(
            f"the update of {method.name} failed on tensors with {type(error).__name__}: "
            f"{' '.join(str(error).split())}; write it in plain arithmetic with maximum, sign and "
            "where of egop.methods"
        ) from error
    if any(part.dtype != gradient.dtype for part in (change, *made)):
        raise ValueError(
            f"the update of {method.name} changes the type of tensors, {gradient.dtype}; write it "
            "in plain arithmetic with maximum, sign and where of egop.methods"
        )
