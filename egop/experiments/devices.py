"""The device and the threads that an experiment is computed with."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from egop.extras import needed

DEVICES = ("auto", "cpu", "cuda")


def read_device(device: str, network: bool) -> str:
    """The device of an experiment, "cpu" or "cuda"; the landscape engine is always on the CPU.

    Raises:
        ValueError: no such device, or a GPU that is not there.
    """
    if device not in DEVICES:
        raise ValueError(f"device takes one of {', '.join(DEVICES)}, got {device!r}")
    if device == "cpu" or (device == "auto" and not network):
        return "cpu"
    with needed("egop.experiments", extra="networks"):
        import torch
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ValueError(
            f"device 'cuda' was asked for, but PyTorch {torch.__version__} finds no GPU here; "
            "use device 'cpu' or 'auto'"
        )
    return "cuda" if found and network else "cpu"


def available_threads() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """A context with so many threads of numpy and PyTorch: the last bits of sums depend on it."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch is not None else threads
    try:
        if torch is not None:
            torch.set_num_threads(threads)
        with threadpool_limits(threads, user_api="blas"):
            yield
    finally:
        if torch is not None:
            torch.set_num_threads(before)
