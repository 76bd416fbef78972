"""R_med of the layers of any small model while an optimizer trains it, exact."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from egop.experiments.comparison.measures import in_evaluation, number_of_examples
from egop.experiments.sweep.layer_r_med import WHOLE, layers_of, measured_epochs
from egop.networks.bases import BlockBases
from egop.networks.criterion import Loss
from egop.networks.hessian_diagonals import HessianDiagonal, hessian_diagonal, keeps_layers
from egop.networks.module import ModuleNetwork
from egop.networks.rotation import Rotation

MOST_PARAMETERS = 4096
"""Products with the Hessian, one for each parameter, that a measurement takes at most."""


class ModuleRMed:
    """R_med of each weight matrix and of all parameters, in the coordinates of a run.

    Args:
        model: that is trained; R_med is that of the point where it is.
        loss: `loss(model, batch)`.
        epochs: of a training.
        count: of epochs at which it is measured.

    Attributes:
        network: the model, whose parameters are replaced.
        epochs: (E,) those epochs.
        layers: names of the layers.

    Raises:
        ValueError: the model has too many parameters.
    """

    def __init__(self, model: nn.Module, loss: Loss, epochs: int, count: int):
        with in_evaluation(model):
            network = ModuleNetwork(model, loss, "r_med_epochs")
        if network.n_parameters > MOST_PARAMETERS:
            raise ValueError(
                f"r_med_epochs takes a model of at most {MOST_PARAMETERS:,} parameters, since "
                f"each is a product with the Hessian, got {network.n_parameters:,}; take 0"
            )
        self.network, self.epochs = network, measured_epochs(epochs, count)
        self.layers = [*layers_of(network)]

    def of(self, bases: BlockBases | None, batches: Iterable[Any]) -> np.ndarray:
        """(2, layers) R_med and its error, 0, over all batches; NaN of layers that a basis mixes.

        Args:
            bases: V, of the coordinates of the run; None: original ones.
            batches: of the training set, which count by their numbers of examples.
        """
        network, model = self.network, self.network.module
        named = dict(model.named_parameters())
        point = torch.cat([named[block.name].detach().flatten() for block in network.blocks])
        point = point.double()[None, None]
        turned = None if bases is None else Rotation([bases], network.n_parameters, point)
        total, examples = torch.zeros_like(point), 0
        with in_evaluation(model):
            for batch in batches:
                some, of_trial = number_of_examples(batch), pytree.tree_map(_of_trial, batch)
                found = hessian_diagonal(network, point, of_trial, bases=turned)
                total, examples = total + some * found.diagonal, examples + some
        diagonal = HessianDiagonal((total / examples)[None], 0)
        apart = keeps_layers(turned, network)
        r_med = np.full((2, len(self.layers)), np.nan)
        for k, (name, entries) in enumerate(layers_of(network).items()):
            if apart or name == WHOLE:
                r_med[:, k] = np.ravel(diagonal.r_med(entries))
        return r_med


def _of_trial(leaf: Any) -> Any:
    """A tensor of a batch as that of a single trial, in float64 if it has such numbers."""
    if not isinstance(leaf, Tensor):
        return leaf
    return (leaf.double() if leaf.is_floating_point() else leaf)[None]
