"""Losses and accuracies of a model over all batches of a loader."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils import _pytree as pytree

from egop.networks.criterion import Criterion, Loss, scalar

OF_CLASSES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)
FUNCTIONS_OF_CLASSES = (
    functional.cross_entropy,
    functional.nll_loss,
    functional.multi_margin_loss,
)
"""Losses whose targets are classes, and whose largest output is the class that is predicted."""
IGNORED = -100
"""The target that these losses leave out, unless they say another."""


def predicts_classes(loss: Any, batch: Any) -> bool:
    """True if a loss has classes, so that a share of right ones can be measured.

    Args:
        loss: as `egop.networks.criterion.as_loss` gives it.
        batch: one that it takes.
    """
    if not isinstance(loss, Criterion):
        return False
    criterion = loss.criterion
    known = isinstance(criterion, OF_CLASSES) or criterion in FUNCTIONS_OF_CLASSES
    return known and not batch[1].is_floating_point()


class Measures:
    """The measures of one model.

    Args:
        model: whose loss it is.
        loss: `loss(model, batch)`.
        accuracies: whether the loss has classes.
    """

    def __init__(self, model: nn.Module, loss: Loss, accuracies: bool):
        self.model, self.loss, self.accuracies = model, loss, accuracies

    @torch.no_grad()
    def over(self, batches: Iterable[Any]) -> tuple[float, float]:
        """The mean loss, and the share of right classes, NaN where there are none.

        Batches count by their numbers of examples.
        """
        with in_evaluation(self.model):
            sums = torch.stack([self._of_batch(batch) for batch in batches]).sum(dim=0)
        total, examples, right, classified = sums.tolist()
        return total / examples, right / classified if classified else float("nan")

    def _of_batch(self, batch: Any) -> Tensor:
        """(4,) the loss times the number of examples, that number; right classes, and classes."""
        outputs: list[Tensor] = []

        def model(inputs: Any) -> Tensor:
            outputs.append(self.model(inputs))
            return outputs[0]

        value = scalar(self.loss(model if self.accuracies else self.model, batch))  # type: ignore[arg-type]
        examples = number_of_examples(batch)
        counts = value.new_tensor([0.0, 0.0], dtype=torch.float64)
        if self.accuracies:
            ignored = getattr(self.loss.criterion, "ignore_index", IGNORED)
            known = batch[1] != ignored
            right = (outputs[0].argmax(dim=1 if outputs[0].ndim > 1 else 0) == batch[1]) & known
            counts = torch.stack([right.sum(), known.sum()]).double()
        value = value.double() * examples
        return torch.cat([torch.stack([value, torch.full_like(value, examples)]), counts])


@contextmanager
def in_evaluation(model: nn.Module) -> Iterator[None]:
    """A context in which a model is in evaluation mode; then each module is as it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def number_of_examples(batch: Any) -> int:
    """The number of examples of a batch: the length of its first tensor."""
    for leaf in pytree.tree_leaves(batch):
        if isinstance(leaf, Tensor):
            return len(leaf) if leaf.ndim else 1
    return 1
