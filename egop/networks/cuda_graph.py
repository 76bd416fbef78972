"""Steps that a CUDA device replays as a captured graph; plain calls on every other device."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

WARM_UP = 3
"""Plain calls before a step is captured: libraries choose their algorithms in them."""


class _Captured(NamedTuple):
    """A graph and the tensors it reads the batch from."""

    graph: "torch.cuda.CUDAGraph"
    batch: tuple[Tensor, ...]


class CudaGraph:
    """A function of a batch that changes tensors in place, captured once for each batch shape.

    The first calls of a shape run as they are and every one after them replays the graph, so that
    hundreds of small kernels are launched by one call. What the function computes must not depend
    on Python values that change between calls, and it must neither use tensors on the CPU nor read
    a value of one on the device: neither can be captured.

    Args:
        step: takes a NamedTuple of tensors; returns nothing.
        device: graphs are captured on CUDA devices only.
        can_capture: False: every call runs as it is, there too.
    """

    def __init__(self, step: Callable[..., None], device: torch.device, can_capture: bool = True):
        self._step = step
        self._on_cuda = device.type == "cuda" and can_capture
        self._calls: dict[tuple, int] = {}
        self._captured: dict[tuple, _Captured] = {}
        self._side = torch.cuda.Stream(device) if self._on_cuda else None

    def __call__(self, batch) -> None:
        """One step on the batch."""
        if not self._on_cuda:
            self._step(batch)
            return
        shape = tuple(tuple(part.shape) for part in batch)
        self._calls[shape] = self._calls.get(shape, 0) + 1
        if self._calls[shape] <= WARM_UP:
            self._warm_up(batch)
            return
        if shape not in self._captured:
            self._captured[shape] = self._capture(batch)
        captured = self._captured[shape]
        for static, part in zip(captured.batch, batch, strict=True):
            static.copy_(part)
        captured.graph.replay()

    def _warm_up(self, batch) -> None:
        """A plain call on a side stream, as capturing asks for.

        Always the same one: each stream has memory of its own, for temporaries and for cuBLAS.
        """
        stream = self._side
        assert stream is not None
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self._step(batch)
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self, batch) -> _Captured:
        """The step's graph; capturing runs nothing."""
        static = type(batch)(*(part.clone() for part in batch))
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step(static)
        return _Captured(graph, tuple(static))
