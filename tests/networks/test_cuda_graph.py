"""Conditions on a step that is captured as a graph, as far as they are tested without a GPU."""

import gc
import weakref

import pytest

pytest.importorskip("torch")

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from egop.networks import Batch, Classifier, LinearNetwork
from egop.networks.batches import Minibatches, MomentMinibatches
from egop.networks.block_basis import DenseBasis, KroneckerBasis, matrix_shape
from egop.networks.ensemble import Training
from egop.networks.footprint import free_memory
from egop.networks.partial_basis import PartialBasis
from egop.networks.plan import RunSpec

METHODS = ("gradient_descent", "momentum", "adagrad", "adam", "adamw", "amsgrad", "adamax")
PLAN = [RunSpec(name, basis, 0.1) for name in METHODS for basis in ("original", "egop")]
SOLUTION = torch.ones(1, 4, 6)
CASES = {
    "classifier": (
        Classifier((6, 5, 4)),
        Minibatches(Batch(torch.ones(1, 7, 6), torch.ones(1, 7, dtype=torch.int64)), size=4),
    ),
    "linear": (
        LinearNetwork((6, 5, 4)),
        MomentMinibatches(torch.ones(1, 7, 6), solution=SOLUTION, size=4),
    ),
}


class OnDevice(TorchDispatchMode):
    """Refuses what cannot be captured: other tensors than the device's, and reading values."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        found = [x for x in tree_leaves((args, kwargs, made)) if isinstance(x, torch.Tensor)]
        elsewhere = {str(x.device) for x in found} - {"meta"}
        assert not elsewhere, f"{func} has tensors on {elsewhere}"
        assert "_local_scalar_dense" not in str(func), "a value is read inside the step"
        return made


def dense(block):
    return DenseBasis(block, torch.ones(1), torch.eye(block.stop - block.start))


def kronecker(block):
    m, n = matrix_shape(block)
    return KroneckerBasis(block, torch.eye(m), torch.eye(n), torch.ones(m), torch.ones(n))


def data(block):
    m, n = matrix_shape(block)
    return KroneckerBasis(block, None, torch.eye(n), torch.ones(m), torch.ones(n), "data")


def partial(block):
    return PartialBasis(block, torch.ones(2), torch.eye(block.stop - block.start)[:, :2])


KINDS = {each.__name__: each for each in (dense, kronecker, data, partial)}


def training(case: str, device: str, kind: str = "dense") -> Training:
    network, batches = CASES[case]
    blocks = [KINDS[kind](block) for block in network.matrices]
    start = torch.ones(2, network.n_parameters)
    bases = {"egop": [blocks, blocks]}
    return Training(network, batches, PLAN, start, n_epochs=1, bases=bases, device=device)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_a_step_stays_on_its_device(case, kind):
    """On the meta device, where every operation is named and none has numbers."""
    train = training(case, "meta", kind)
    for batch in train.batches.epoch(0, [0, 1]):
        with torch.no_grad(), OnDevice():
            train._take_step(batch)


def test_a_tensor_on_the_cpu_is_what_that_refuses():
    train = training("classifier", "meta")
    train._factor = torch.ones(())
    batch = next(iter(train.batches.epoch(0, [0, 1])))
    with torch.no_grad(), OnDevice(), pytest.raises(AssertionError, match="has tensors on"):
        train._take_step(batch)


def test_a_training_nobody_holds_gives_its_memory_back():
    """At once: what waits for the garbage collector is in the way of the next training."""
    train = training("classifier", "cpu")
    next(iter(train))
    train.train_epoch()
    points = weakref.ref(train._points)
    gc.disable()
    try:
        del train
        assert points() is None
    finally:
        gc.enable()


def test_memory_that_pytorch_keeps_is_free(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (100, 1000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 700)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 50)
    assert free_memory(torch.device("cuda")) == 750
