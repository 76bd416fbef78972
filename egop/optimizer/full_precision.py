"""The precision of rotations: that of their dtype, whatever the training loop has set."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from egop.networks.spectral import highest_precision

DEVICES = ("cpu", "cuda", "mps", "xpu")
"""Kinds of devices that may have autocast on."""


@contextmanager
def full_precision() -> Iterator[None]:
    """A context without TF32 and without autocast."""
    on = [device for device in DEVICES if torch.is_autocast_enabled(device)]
    with highest_precision():
        if not on:
            yield
            return
        with ExitStack() as stack:
            for device in on:
                stack.enter_context(torch.autocast(device, enabled=False))
            yield
