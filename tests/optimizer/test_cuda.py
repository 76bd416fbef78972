"""EGOPOptimizer and estimates of bases on a GPU: the numbers of the CPU, and captured steps."""

import copy

import pytest
import torch
from torch import nn

from egop.networks import estimate_block_bases, xavier_normal
from egop.networks.network import Block
from egop.networks.partial_basis import PIECE, PartialBasis
from egop.optimizer import EGOPOptimizer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

LOSS = nn.CrossEntropyLoss()
STRUCTURES = {
    "dense": {},
    "partial": {"structure": "partial", "k": 5},
    "dropped": {"structure": "partial", "k": 5, "complement": "dropped"},
    "sketch": {"structure": "sketch", "k": 5},
    "kronecker": {"structure": "kronecker"},
    "nearest": {"structure": "kronecker", "factors": "nearest"},
    "rows": {"structure": "rows"},
    "data": {"structure": "data"},
    "random": {"structure": "random"},
    "auto": {"structure": "auto"},
    "examples": {"per_example": True},
}


def model_and_batches(device, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 4)).to(device, dtype)
    batches = [
        (
            torch.randn(30, 12, generator=generator).to(device, dtype),
            torch.randint(4, (30,), generator=generator).to(device),
        )
        for _ in range(3)
    ]
    return model, batches


def trained(device, options, steps=40):
    model, batches = model_and_batches(device)
    bases = estimate_block_bases(model, LOSS, batches, xavier_normal(), 25, seed=2, **options)
    optimizer = EGOPOptimizer(torch.optim.Adam, model.named_parameters(), bases, lr=0.01)
    for step in range(steps):
        optimizer.zero_grad()
        inputs, targets = batches[step % 3]
        LOSS(model(inputs), targets).backward()
        optimizer.step()
    return [p.detach().cpu() for p in model.parameters()]


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_gpu_estimates_and_steps_as_the_cpu_does(name):
    for there, here in zip(
        trained("cuda", STRUCTURES[name]), trained("cpu", STRUCTURES[name]), strict=True
    ):
        torch.testing.assert_close(there, here, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("size", [2 * PIECE - 1, 2 * PIECE, 5 * PIECE + 77])
def test_long_blocks_are_rotated_in_pieces(size):
    generator = torch.Generator().manual_seed(0)
    vectors = torch.linalg.qr(torch.randn(size, 6, generator=generator).double())[0]
    basis = PartialBasis(Block("g", (size,), 0, size), torch.ones(6).double(), vectors)
    points = torch.randn(3, size, generator=generator).double()
    there = basis.to("cuda")
    found = there.to_basis(points.cuda()).cpu()
    torch.testing.assert_close(found, basis.to_basis(points), rtol=0, atol=1e-11)
    torch.testing.assert_close(there.from_basis(found.cuda()).cpu(), points, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["dense", "kronecker", "data", "partial"])
def test_a_captured_step_is_the_plain_step(name):
    model, batches = model_and_batches("cuda", torch.float32)
    bases = estimate_block_bases(
        model, LOSS, batches, xavier_normal(), 25, seed=2, **STRUCTURES[name]
    )
    plain_model = copy.deepcopy(model)
    inputs, targets = batches[0]

    def step(of, optimizer):
        optimizer.zero_grad(set_to_none=True)
        LOSS(of(inputs), targets).backward()
        optimizer.step()

    made = [
        EGOPOptimizer(torch.optim.Adam, each.named_parameters(), bases, lr=0.01, capturable=True)
        for each in (model, plain_model)
    ]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step(model, made[0])
    torch.cuda.current_stream().wait_stream(side)
    for _ in range(3):
        step(plain_model, made[1])
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(model, made[0])
    for _ in range(20):
        graph.replay()
        step(plain_model, made[1])
    for captured, plain in zip(model.parameters(), plain_model.parameters(), strict=True):
        torch.testing.assert_close(captured, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["dense", "kronecker", "partial"])
def test_a_step_waits_for_nothing(name):
    model, batches = model_and_batches("cuda", torch.float32)
    bases = estimate_block_bases(
        model, LOSS, batches, xavier_normal(), 25, seed=2, **STRUCTURES[name]
    )
    optimizer = EGOPOptimizer(torch.optim.Adam, model.named_parameters(), bases, lr=0.01)
    inputs, targets = batches[0]
    for k in range(5):
        optimizer.zero_grad()
        LOSS(model(inputs), targets).backward()
        torch.cuda.set_sync_debug_mode("error" if k > 2 else "default")
        try:
            optimizer.step()
        finally:
            torch.cuda.set_sync_debug_mode("default")


def test_half_precision_weights_on_a_gpu():
    model, batches = model_and_batches("cuda", torch.bfloat16)
    bases = estimate_block_bases(model, LOSS, batches, xavier_normal(), 25, structure="kronecker")
    optimizer = EGOPOptimizer(torch.optim.AdamW, model.named_parameters(), bases, lr=0.01)
    first = None
    for step in range(60):
        optimizer.zero_grad()
        inputs, targets = batches[step % 3]
        loss = LOSS(model(inputs).float(), targets)
        first = loss.item() if first is None else first
        loss.backward()
        optimizer.step()
    assert loss.item() < first
