"""Checks that a device computes what the CPU does: a small training of digits in float64.

All four methods, in original coordinates and in random orthonormal bases of both layers, in which
every coordinate has a slope; long enough that captured graphs of both sizes of minibatch are
replayed.
"""

import sys
from unittest.mock import patch

import numpy as np
import torch

from egop.networks import cuda_graph
from egop.networks.bases import BlockBases
from egop.networks.batches import Minibatches
from egop.networks.block_basis import DenseBasis
from egop.networks.classifier import Classifier
from egop.networks.data import load
from egop.networks.ensemble import Training
from egop.networks.initialization import xavier_normal
from egop.networks.plan import ORIGINAL, RunSpec

ALLOWED = 1e-6
"""The largest relative difference: round-off of float64 after `EPOCHS` epochs is far below."""

TRIALS, EPOCHS, HIDDEN, ROTATED = 2, 6, 8, "rotated"
METHODS = ("adagrad", "adam", "gradient_descent", "momentum")
PLAN = [
    RunSpec(name, basis, rate)
    for name in METHODS
    for basis in (ORIGINAL, ROTATED)
    for rate in (0.01, 0.05)
]

Numbers = dict[str, np.ndarray]


def differences(device: str) -> dict[str, float]:
    """The largest relative differences, by what is compared.

    The device is compared with the CPU, and on the device replayed steps with plain ones; on the
    CPU these are the same thing.
    """
    expected, found = trained("cpu"), trained(device)
    with patch.object(cuda_graph, "WARM_UP", sys.maxsize):  # no step is ever captured
        plain = trained(device)
    return {
        f"{device} and CPU": largest_difference(found, expected),
        "replayed and plain steps": largest_difference(found, plain),
    }


def check(device: str) -> dict[str, float]:
    """The differences, once they are small.

    Raises:
        ArithmeticError: one of them is larger than `ALLOWED`, or no number.
    """
    found = differences(device)
    for what, difference in found.items():
        if not difference <= ALLOWED:
            raise ArithmeticError(
                f"a training of digits in float64 differs by {difference:.2g} between {what}, "
                f"{ALLOWED:g} is allowed: nothing measured here can be trusted"
            )
    return found


def trained(device: str) -> Numbers:
    """Returns the metrics of a training after each epoch (…, epochs + 1), and its last points."""
    data = load("digits")
    network = Classifier((data.n_features, HIDDEN, data.n_classes))
    training = Training(
        network,
        Minibatches.of(data, size=300),
        PLAN,
        xavier_normal().sample(network.blocks, range(TRIALS), 0, "start"),
        n_epochs=EPOCHS,
        bases={ROTATED: [random_bases(network, trial) for trial in range(TRIALS)]},
        device=device,
        dtype=torch.float64,
    )
    epochs = list(training)
    series = ("training_loss", "validation_loss", "gradient_norm")
    numbers = {name: np.stack([getattr(e, name) for e in epochs], -1) for name in series}
    return numbers | {"points": training.points.cpu().numpy()}


def random_bases(network: Classifier, seed: int) -> BlockBases:
    """Orthonormal bases of all weight matrices, uniformly distributed up to signs."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for block in network.matrices:
        dim = block.stop - block.start
        normal = torch.randn(dim, dim, generator=generator, dtype=torch.float64)
        ones = torch.ones(dim, dtype=torch.float64)
        made.append(DenseBasis(block, ones, torch.linalg.qr(normal)[0]))
    return BlockBases(network.blocks, tuple(made))


def largest_difference(found: Numbers, expected: Numbers) -> float:
    """The largest ‖found − expected‖/‖expected‖ over all runs, over epochs or parameters."""
    return max(
        float((np.linalg.norm(found[name] - like, axis=-1) / np.linalg.norm(like, axis=-1)).max())
        for name, like in expected.items()
    )
