"""The arithmetic and the memory traffic of experiments, counted while they run.

What is counted is the least that the computation takes: matrix products of the steps, of the
gradient of the whole set after each epoch, of rotations, and of EGOPs from their gradients; tensors
that outlast a step read and written once in it, activations written and read once. Validation,
decompositions and the drawing of samples are not counted, so shares of a limit are understated.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.device_limits import synchronize
from egop.experiments.sweep import block_eigenbases, network_sweep
from egop.networks.bases import BlockBases
from egop.networks.ensemble import Training
from egop.networks.estimation import estimate_bases
from egop.networks.rotation import Rotation


@dataclass
class Work:
    """Operations and bytes of some work, and the time it took.

    Attributes:
        seconds: on the clock.
        flops: floating-point operations.
        moved: bytes.
    """

    seconds: float = 0.0
    flops: float = 0.0
    moved: float = 0.0

    @contextmanager
    def timed(self, device: torch.device | str) -> Iterator[None]:
        """A context whose seconds are added, all work on the device included."""
        synchronize(device)
        begin = time.perf_counter()
        yield
        synchronize(device)
        self.seconds += time.perf_counter() - begin


@dataclass
class Works:
    """The work of an experiment by its parts.

    Attributes:
        training: steps of all runs.
        measuring: losses, accuracies and gradients of whole sets after each epoch.
        egop: estimates of eigenbases.
    """

    training: Work = field(default_factory=Work)
    measuring: Work = field(default_factory=Work)
    egop: Work = field(default_factory=Work)


class CountedTraining(Training):
    """A training that adds up what it does."""

    def __init__(self, works: Works, *given: Any, **options: Any):
        super().__init__(*given, **options)
        self._works = works
        self._examples = step_examples(self.batches)
        turned = [(runs, each) for _, runs, each in self._rotations if isinstance(each, Rotation)]
        self._rotated = sum((r.stop - r.start) * each.multiplications for r, each in turned)
        self._vectors = sum(each.nbytes for _, each in turned)
        lasting = [self._points, self._gradients, self._shadows]
        lasting += [part for group in self._groups for part in group.state]
        self._lasting = sum(tensor.nbytes for tensor in lasting)

    def train_epoch(self) -> None:
        """Every step of the epoch that comes next."""
        work, trials = self._works.training, len(self.trials)
        with work.timed(self._points.device):
            super().train_epoch()
        for examples in self._examples:
            work.flops += self._gradient_flops(examples) + 4 * trials * self._rotated
            work.moved += 2 * (self._lasting + self._vectors) + self._activation_bytes(examples)

    def _measure(self):
        work = self._works.measuring
        with work.timed(self._points.device):
            measured = super()._measure()
        if self.gradient_norms:
            examples = examples_of(self.batches.whole["train"])
            work.flops += self._gradient_flops(examples)
            work.moved += self._points.nbytes + self._gradients.nbytes
            work.moved += self._activation_bytes(examples)
        return measured

    @property
    def _runs(self) -> int:
        return self._points.shape[0] * self._points.shape[1]

    def _gradient_flops(self, examples: int) -> float:
        return self._runs * self.network.flops(examples)

    def _activation_bytes(self, examples: int) -> float:
        itemsize = self._points.element_size()
        return 2 * itemsize * self._runs * self.network.activation_floats(examples)


def step_examples(batches: Any) -> list[int]:
    """Examples in each step of an epoch; 0 where a batch is its moments."""
    examples = examples_of(batches.whole["train"])
    if not examples:
        return [0] * batches.n_steps
    return [min(batches.size, examples - k * batches.size) for k in range(batches.n_steps)]


def examples_of(batch: Any) -> int:
    """Examples in a batch, 0 where it is its moments."""
    return batch.inputs.shape[1] if hasattr(batch, "inputs") else 0


@contextmanager
def counted() -> Iterator[Works]:
    """A context that counts what the experiments run in it do."""
    works = Works()

    def train(*given: Any, **options: Any) -> Training:
        return CountedTraining(works, *given, **options)

    def estimate(network, initialize, batches, n_samples, *more, **options) -> BlockBases:
        with works.egop.timed(options["device"]):
            bases = estimate_bases(network, initialize, batches, n_samples, *more, **options)
        count, dtype = min(len(batches), n_samples), options["dtype"]
        for number, batch in enumerate(batches[:count]):
            samples = len(range(number, n_samples, count))
            examples = examples_of(batch)
            works.egop.flops += samples * network.flops(examples)
            floats = network.n_parameters + network.activation_floats(examples)
            works.egop.moved += 2 * dtype.itemsize * samples * floats
        works.egop.flops += sum(2 * n_samples * basis.dim**2 for basis in bases)
        return bases

    with (
        patch.object(network_sweep, "Training", train),
        patch.object(block_eigenbases, "estimate_bases", estimate),
    ):
        yield works
