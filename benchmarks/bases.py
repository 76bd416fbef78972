"""The EGOP of the digits network: M = 2368 gradients of minibatches of 300, and its eigenbases."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.stopwatch import Row, measure, measure_in_turn
from egop.networks import Batch, Classifier, estimate_bases, xavier_normal

N_SAMPLES = 64 * 32 + 32 * 10
BATCH_SIZE = 300
N_BATCHES = 12


def rows() -> Iterator[Row]:
    """Gradients alone, beside a loop of backward passes; then all of it, in both precisions."""
    network, batches = Classifier((64, 32, 10)), digits()
    drawn = xavier_normal().sample(network.blocks, range(N_SAMPLES)).float()
    module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    def together() -> None:
        for k, batch in enumerate(batches):
            network.gradients(drawn[None, k::N_BATCHES], batch)

    def in_a_loop() -> None:
        for i, flat in enumerate(drawn):
            backward(module, flat, batches[i % N_BATCHES])

    ours, loop = measure_in_turn(together, in_a_loop, seconds=3.0)
    question = f"digits network: {N_SAMPLES} gradients, batch {BATCH_SIZE}"
    yield Row(question, ours, None, "a loop of backward passes", loop, allowed=1 / 2.5)
    for dtype, budget in ((torch.float32, 2.0), (torch.float64, 4.0)):
        taken = measure(
            lambda dtype=dtype: estimate_bases(
                network, xavier_normal(), batches, N_SAMPLES, precision=dtype
            ),
            seconds=6.0,
        )
        precision = str(dtype).removeprefix("torch.")
        yield Row(f"digits network: both eigenbases, sums in {precision}", taken, budget)


def digits() -> list[Batch]:
    """Minibatches of the size of the digits; their pixels do not matter to the time."""
    generator = torch.Generator().manual_seed(0)
    return [
        Batch(
            torch.rand(1, BATCH_SIZE, 64, generator=generator),
            torch.randint(10, (1, BATCH_SIZE), generator=generator),
        )
        for _ in range(N_BATCHES)
    ]


def backward(module: nn.Sequential, flat: Tensor, batch: Batch) -> Tensor:
    """(p,) the gradient at flat parameters, by autograd."""
    nn.utils.vector_to_parameters(flat, module.parameters())
    loss = nn.functional.cross_entropy(module(batch.inputs[0]), batch.targets[0])
    slopes = torch.autograd.grad(loss, list(module.parameters()))
    return torch.cat([slope.flatten() for slope in slopes])
