"""Random gradients whose second moment is the Hessian of every single layer of a classifier.

With the other layers held, the outputs of ReLU and linear layers are piecewise linear in one
layer's weights, so that the diagonal blocks of the Hessian are those of the Gauss-Newton matrix,
E[J_nᵀ(diag p_n − p_np_nᵀ)J_n] over the examples n, with J_n the slopes of the outputs and p_n their
softmax. Labels drawn from p_n and random signs give gradients g with E[ggᵀ] equal to it (Martens,
Sutskever, Swersky, ICML 2012, draw such factors too; Liu et al., arXiv 2305.14342, such labels).
"""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from egop.networks.blocking import for_each, parts
from egop.networks.classifier import Classifier
from egop.networks.network import Batch, Network, check_parameters

PIECE_FLOATS = 2_000_000
"""Numbers in the activations of the runs that are computed together."""


def gauss_newton_gradients(
    network: Network, parameters: Tensor, batch: Batch, randoms: Sequence[np.random.Generator]
) -> Tensor:
    """(trials, runs, p) random g, for which E[g_b g_bᵀ] is the Hessian of each block b.

    Args:
        network: a `Classifier`.
        parameters: (trials, runs, p).
        batch: examples of each trial.
        randoms: one for each trial; all its runs draw with the same random numbers.

    Raises:
        TypeError: another network.
    """
    if not isinstance(network, Classifier):
        raise TypeError(
            f"gauss_newton_gradients takes a Classifier, got {network!r}; estimator='exact' or "
            "'hutchinson' of hessian_diagonal takes any network"
        )
    check_parameters(parameters, network)
    gradients, n = torch.empty_like(parameters), batch.inputs.shape[1]
    drawn = torch.from_numpy(np.stack([random.random((2, n)) for random in randoms]))
    trials, runs, _ = parameters.shape
    fits = max(1, PIECE_FLOATS // (trials * network.activation_floats(n)))
    each = ceil(runs / torch.get_num_threads())
    drawn = drawn.to(parameters)

    def write(some: slice) -> None:
        _write(network, parameters[:, some], batch, drawn, gradients[:, some])

    for_each(write, parts(runs, min(fits, each)), parameters.device)
    return gradients


@torch.no_grad()
def _write(
    network: Classifier, parameters: Tensor, batch: Batch, drawn: Tensor, gradients: Tensor
) -> None:
    weights, biases = network.blocks[::2], network.blocks[1::2]
    inputs = batch.inputs.to(parameters.dtype)[:, None]
    outputs = [inputs]
    for k, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        sums = outputs[k] @ weight.of(parameters).mT + bias.of(parameters)[..., None, :]
        outputs.append(sums.relu_() if k + 1 < len(weights) else sums)
    slopes = _slopes(outputs.pop().softmax(-1), drawn)
    for k in reversed(range(len(weights))):
        weights[k].of(gradients).copy_(slopes.mT @ outputs[k])
        biases[k].of(gradients).copy_(slopes.sum(-2))
        if k:
            slopes = (slopes @ weights[k].of(parameters)).mul_(outputs[k] > 0)


def _slopes(shares: Tensor, drawn: Tensor) -> Tensor:
    """(T, R, n, classes) ±(p_n − e_label)/√n with labels drawn from p_n, and random signs."""
    n, classes = shares.shape[-2:]
    levels, signs = drawn[:, :1, :, None], drawn[:, 1:, :, None].sub(0.5).sign()
    labels = (shares.cumsum(-1) < levels).sum(-1).clamp_(max=classes - 1)
    return (shares - one_hot(labels, classes)) * (signs / sqrt(n))
