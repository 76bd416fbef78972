"""Losses of a model and a batch: functions as they are, and the losses of torch.nn."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Loss = Callable[[nn.Module, Any], Tensor]

ENTRYWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss)
ENTRYWISE_FUNCTIONS = (
    functional.mse_loss,
    functional.l1_loss,
    functional.smooth_l1_loss,
    functional.huber_loss,
)
"""Losses that broadcast outputs and targets of different shapes, which is never meant."""


class Criterion(nn.Module):
    """A loss of outputs and targets as one of a model and a batch (inputs, targets).

    Args:
        criterion: such as `nn.CrossEntropyLoss()` or `torch.nn.functional.cross_entropy`.
    """

    def __init__(self, criterion: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.criterion = criterion
        named = getattr(criterion, "__name__", None)
        self.title: str = named or type(criterion).__name__
        entrywise = isinstance(criterion, ENTRYWISE) or criterion in ENTRYWISE_FUNCTIONS
        self.entrywise = entrywise

    def forward(self, model: nn.Module, batch: Any) -> Tensor:
        """The loss of the model's outputs for the inputs against the targets."""
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise ValueError(
                f"{self.title} as the loss takes batches (inputs, targets), got "
                f"{_described(batch)}; for others give a function loss(model, batch)"
            )
        inputs, targets = batch
        outputs, reason = model(inputs), "they broadcast"
        if not self.entrywise or outputs.shape == targets.shape:
            if self.entrywise:  # vmap cannot take outputs of many runs with the targets of one
                targets = targets + torch.zeros_like(outputs)
            try:
                return self.criterion(outputs, targets)
            except (RuntimeError, ValueError, IndexError, AssertionError) as error:
                reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"{self.title} does not take outputs of shape {tuple(outputs.shape)} with targets of "
            f"shape {tuple(targets.shape)} and {targets.dtype}: {reason}"
        )


def as_loss(loss: Any) -> Any:
    """The function `loss(model, batch)` that a loss is or stands for.

    Args:
        loss: such a function; or a loss of outputs and targets, an instance of a class of
            `torch.nn` or a function of `torch.nn.functional`, for batches (inputs, targets).

    Raises:
        TypeError: something else.
    """
    if isinstance(loss, Criterion):
        return loss
    if isinstance(loss, nn.Module) or getattr(loss, "__module__", "") == functional.__name__:
        return Criterion(loss)
    if isinstance(loss, type) and issubclass(loss, nn.Module):
        raise TypeError(f"loss takes an instance, got the class; write nn.{loss.__name__}()")
    if not callable(loss):
        raise TypeError(f"loss takes a function loss(model, batch), got {loss!r}")
    try:
        inspect.signature(loss).bind("model", "batch")
    except ValueError:  # a function that does not say what it takes
        return loss
    except TypeError as error:
        raise TypeError(
            f"loss takes a function loss(model, batch), got one that is called otherwise: {error}"
        ) from None
    return loss


def scalar(value: Any) -> Tensor:
    """The loss as a tensor of no axes.

    Raises:
        ValueError: it is no tensor, or has several entries.
    """
    if not isinstance(value, Tensor):
        raise ValueError(
            f"loss returns a scalar that depends on the parameters, got {_described(value)}"
        )
    if value.numel() != 1:
        raise ValueError(
            "loss returns a scalar that depends on the parameters, got shape "
            f"{tuple(value.shape)}; return its mean"
        )
    return value.reshape(())


def differentiable(value: Any) -> Tensor:
    """The loss as a tensor of no axes that gradients can be taken of.

    Raises:
        ValueError: as `scalar`, or it has no gradient.
    """
    value = scalar(value)
    if not value.requires_grad:
        raise ValueError(
            "loss returns a scalar that depends on the parameters, got one without a gradient; "
            "leave out torch.no_grad(), .item() and .detach()"
        )
    return value


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"{len(value)} entries"
    return type(value).__name__
