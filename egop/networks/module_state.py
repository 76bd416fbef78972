"""A module that is used for gradients and left as it was, and the random numbers it draws."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def left_as_it_was(model: nn.Module) -> Iterator[Callable[[], None]]:
    """A context after which a model and PyTorch's random numbers are what they were.

    It gives a function that puts the buffers back, for the time between two gradients.
    """
    modules = [(m, m.training, dict(m._parameters), dict(m._buffers)) for m in model.modules()]
    parameters = [(p, p.data, p.detach().clone(), p.requires_grad) for p in model.parameters()]
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    slopes = [(p, p.grad, p.grad.clone()) for p in model.parameters() if p.grad is not None]
    devices = sorted({p.device.index for p in model.parameters() if p.is_cuda})

    def restore_buffers() -> None:
        with torch.no_grad():
            for module, training, _, own in modules:
                module.training = training
                module._buffers.update(own)
            for buffer, before in buffers:
                buffer.copy_(before)

    with torch.random.fork_rng(devices=devices):
        try:
            yield restore_buffers
        finally:
            for module, _, own, _ in modules:
                module._parameters.update(own)
            for p, data, before, required in parameters:
                p.data = data.copy_(before)
                p.requires_grad_(required)
                p.grad = None
            for p, slope, before in slopes:
                p.grad = slope.copy_(before)
            restore_buffers()


@contextmanager
def on_cpu(parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """A context in which parameters lie on the CPU, so that draws are the same on every device."""
    with ExitStack() as stack:
        for p in parameters:
            if p.device.type != "cpu":
                stack.callback(_move_back, p, p.data)
                p.data = p.data.cpu()
        yield


def _move_back(parameter: nn.Parameter, home: Tensor) -> None:
    parameter.data = home.copy_(parameter.data)


def reseed(device: torch.device, seed: int) -> None:
    """Seeds what a module or a loss draws by itself, such as dropout."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "cpu":
        torch.default_generator.manual_seed(seed)
