"""The limits of a device: the speed of a long product in float32, and of a large copy."""

from typing import NamedTuple

import torch

from benchmarks.stopwatch import measure

SIDE = {"cpu": 1024, "cuda": 8192}
"""The side of the square matrices that are multiplied."""

COPIED = {"cpu": 2**27, "cuda": 2**33}
"""Bytes that are copied, far more than caches hold; less where there is less memory."""


class Limits(NamedTuple):
    """Measured limits of a device.

    Attributes:
        sgemm: FLOP/s of a product in float32 at precision "highest", without TF32.
        bandwidth: bytes/s read and written by a copy on the device.
    """

    sgemm: float
    bandwidth: float


def limits(device: str, seconds: float = 1.0) -> Limits:
    """The device's own limits, each measured for about so many seconds."""
    torch.set_float32_matmul_precision("highest")
    side, size = SIDE[device], COPIED[device]
    if device == "cuda":
        size = min(size, torch.cuda.mem_get_info()[0] // 4)
    a = torch.randn(side, side, device=device)
    product = torch.empty_like(a)
    source = torch.zeros(size // 4, device=device)
    target = torch.empty_like(source)

    def multiply() -> None:
        torch.mm(a, a, out=product)
        synchronize(device)

    def copy() -> None:
        target.copy_(source)
        synchronize(device)

    sgemm, copied = (measure(call, seconds, at_most=100).best for call in (multiply, copy))
    return Limits(2 * side**3 / sgemm, 2 * source.nbytes / copied)


def synchronize(device: torch.device | str) -> None:
    """Waits until the device has done everything it was given."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()


def describe(device: str) -> dict[str, object]:
    """The device, ready for JSON."""
    if device == "cpu":
        return {"name": "CPU", "threads": torch.get_num_threads()}
    card = torch.cuda.get_device_properties(0)
    return {
        "name": card.name,
        "memory": card.total_memory,
        "capability": f"{card.major}.{card.minor}",
        "multiprocessors": card.multi_processor_count,
        "cuda": torch.version.cuda,
    }
