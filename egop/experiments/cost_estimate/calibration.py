"""The speed of this machine at what experiments consist of, measured once in half a second.

On the CPU one thread is measured, by its own clock: it stands still while the thread waits for a
core or for Python's lock, so that a page which is being loaded meanwhile does not count. What
further threads add is a share of that (`gain`). Each time is the least of a few.
"""

import math
import os
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from egop.networks.bases import BlockBases
from egop.networks.batches import Minibatches
from egop.networks.block_basis import DenseBasis
from egop.networks.classifier import Classifier
from egop.networks.ensemble import Training
from egop.networks.linear import LinearNetwork, Moments
from egop.networks.network import Batch, Block, Network
from egop.networks.plan import ORIGINAL, RunSpec
from egop.networks.rotation import Rotation
from egop.networks.spectral import eigenbasis

DIM = 768
"""The size of the matrices that are decomposed and multiplied with."""
REPEATS = 4
FURTHER = {"gradients": 0.6, "moments": 0.6, "products": 0.7, "doubles": 0.6}
"""Parts of a thread's work that each further one adds; steps and updates are done by one."""


class Rates(NamedTuple):
    """Seconds per unit of work.

    Attributes:
        gradients: operation of a classifier's gradients.
        moments: operation of a linear network's gradients from moments.
        products: operation of a product with eigenvectors.
        updates: number that a method updates.
        steps: step of a training, whatever its size.
        doubles: p³ of a decomposition in float64.
    """

    gradients: float
    moments: float
    products: float
    updates: float
    steps: float
    doubles: float


@cache
def rates(device: str) -> Rates:
    """The rates of a device, "cpu" or "cuda"; measured once, by the one thread that is allowed."""
    step = _training_step(Classifier((1, 1)), device)
    wide = Classifier((64, 32, 10))
    updated = _TRIALS * _RUNS * wide.n_parameters
    return Rates(
        gradients=_gradients(wide, _examples(300, 64, 10), 300, device),
        moments=_gradients(LinearNetwork(), _moments(), 0, device),
        products=_products(device),
        updates=max(0.0, _training_step(wide, device) - step) / updated,
        steps=step,
        doubles=_decomposition(device),
    )


def gain(kind: str, threads: int) -> float:
    """The factor by which some threads are faster than one at a kind of operation."""
    return 1 + FURTHER.get(kind, 0.0) * (threads - 1)


_TRIALS, _RUNS = 2, 24


def _gradients(network: Network, batch: Batch | Moments, examples: int, device: str) -> float:
    points = torch.full((_TRIALS, _RUNS, network.n_parameters), 0.1, device=device)
    write = network.prepare(points, torch.empty_like(points))
    there = batch.to(device, torch.float32)
    work = _TRIALS * _RUNS * network.flops(examples)
    return _least(lambda: write(there), device) / work


def _products(device: str) -> float:
    points = torch.full((_TRIALS, _RUNS, DIM), 0.1, device=device)
    block = Block("global", (DIM,), 0, DIM)
    basis = DenseBasis(block, torch.ones(DIM, dtype=torch.float64), torch.eye(DIM))
    rotation = Rotation([BlockBases((block,), (basis,))] * _TRIALS, DIM, points)
    out = torch.empty_like(points)
    return _least(lambda: rotation.to_basis(points, out), device) / (2 * points.numel() * DIM)


def _training_step(network: Classifier, device: str) -> float:
    """Seconds of a step on one example: what is left is updating."""
    batches = Minibatches(_examples(1, network.sizes[0], network.sizes[-1]), size=1)
    names = ("adagrad", "adam", "gradient_descent", "momentum")
    plan = [RunSpec(name, ORIGINAL, 0.01) for name in names for _ in range(_RUNS // len(names))]
    start = torch.zeros(_TRIALS, network.n_parameters)
    training = Training(network, batches, plan, start, n_epochs=1, device=device)
    next(iter(training))
    return _least(training.train_epoch, device)


def _decomposition(device: str) -> float:
    factor = torch.from_numpy(np.random.default_rng(0).standard_normal((DIM, DIM)))
    matrix = (factor @ factor.mT).to(device)
    return _least(lambda: eigenbasis(matrix.clone()), device, repeats=1) / DIM**3


def _examples(n: int, features: int, classes: int) -> Batch:
    inputs = torch.linspace(0, 1, n * features).view(1, n, features)
    return Batch(inputs, torch.arange(n)[None] % classes)


def _moments() -> Moments:
    return Moments(torch.eye(10)[None], torch.eye(10)[None])


def _least(work: Callable[[], object], device: str, repeats: int = REPEATS) -> float:
    """Seconds of the fastest of some calls: on the CPU those of this thread.

    Windows counts those of threads in steps of 16 ms, too long for what is measured here.
    """
    own = device == "cpu" and os.name == "posix"
    clock = time.thread_time if own else time.perf_counter
    best = math.inf
    for _ in range(repeats):
        began = clock()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, clock() - began)
    return best
