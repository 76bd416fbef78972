"""Several processes that estimate one basis together (`torch.distributed`).

Sample i is computed by process i mod n, from the seed and i alone, so that the estimate does not
depend on the number of processes but for round-off; a sketch does, since it drops directions.
Sums are added up; rows of gradients become columns of all of them, or are gathered where a dense
basis or nearest factors are made of them; what is decomposed is decomposed once and sent to the
others.

Before each exchange every process says whether it has failed, so that none waits for another that
will not come: see `Processes.together`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from socket import gethostname
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import ReduceOp

from egop.networks.block_basis import BlockBasis
from egop.networks.spectral import eigenbasis

CPU = torch.device("cpu")
MOST = 2**62
"""A number above those of bytes and of powers of two."""
ALL_GATHER = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor
"""The call of torch; 2.13 has given it the first name and warns of the second."""


class OtherProcessError(RuntimeError):
    """An error in another process, without which an estimate cannot go on."""


@dataclass(frozen=True)
class Processes:
    """The processes of a group; without one this process is alone.

    Attributes:
        group: `torch.distributed.group.WORLD`, another process group, or None.
        device: of the model.

    Raises:
        ValueError: this process is not in the group, or the group's processes exchange tensors on
            GPUs alone and the model lies elsewhere.
        TypeError: the group is none.
    """

    group: Any = None
    device: torch.device = CPU

    def __post_init__(self):
        if self.group is None:
            return
        try:
            rank = dist.get_rank(self.group)
        except (AttributeError, TypeError, ValueError):
            raise TypeError(
                "process_group takes a group of torch.distributed, such as "
                f"torch.distributed.group.WORLD, got {self.group!r}"
            ) from None
        if rank < 0:
            raise ValueError(
                "process_group takes a group that this process is in, got one of others"
            )
        if dist.get_backend(self.group) == "nccl" and self.device.type != "cuda":
            raise ValueError(
                "process_group with the backend nccl takes a model on a GPU, got one on "
                f"{self.device}; move it there, or make a group with the backend gloo"
            )

    @property
    def count(self) -> int:
        """The number of processes."""
        return 1 if self.group is None else dist.get_world_size(self.group)

    @property
    def rank(self) -> int:
        """The number of this one."""
        return 0 if self.group is None else dist.get_rank(self.group)

    @property
    def home(self) -> torch.device:
        """The device whose tensors the group exchanges: the model's, or with gloo the CPU."""
        on_cpu = self.group is not None and dist.get_backend(self.group) == "gloo"
        return CPU if on_cpu else self.device

    def is_mine(self, number: int) -> bool:
        """True if this process computes a sample."""
        return number % self.count == self.rank

    def share(self, n_samples: int) -> int:
        """The largest number of samples that one process computes."""
        return -(-n_samples // self.count)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A context of work with exchanges; if one process fails in it, all of them do.

        The one that failed raises its own error, the others, at their next exchange or at the end,
        an `OtherProcessError` that says which it was.
        """
        try:
            yield
        except OtherProcessError:
            raise
        except Exception as error:
            if self.count > 1:
                self._texts(f"{type(error).__name__}: {error}".partition("\n")[0])
            raise
        self._ready()

    def _ready(self) -> None:
        """OtherProcessError if another process has failed; called before each exchange."""
        if self.count == 1:
            return
        for number, failure in enumerate(self._texts("")):
            if failure:
                raise OtherProcessError(f"process {number} failed: {failure}")

    def _texts(self, own: str) -> list[str]:
        """The text of each process; nothing but its length is sent where all are empty."""
        letters = own.encode()
        longest = self._reduced(len(letters), ReduceOp.MAX)
        sent = torch.tensor([*letters.ljust(longest)], dtype=torch.uint8, device=self.home)
        received = sent.new_empty(self.count * longest)
        if longest:
            ALL_GATHER(received, sent, group=self.group)
        each = received.view(self.count, longest).tolist()
        return [bytes(row).decode().rstrip() for row in each]

    def check_same(self, arguments: Mapping[str, Any]) -> None:
        """ValueError unless all processes have equal arguments, compared as texts."""
        if self.count == 1:
            return
        self._ready()
        for name, value in arguments.items():
            said = self._texts(str(value))
            other = next((k for k, text in enumerate(said) if text != said[0]), None)
            if other is not None:
                raise ValueError(
                    f"all processes take the same {name}, got {said[0]} in process 0 and "
                    f"{said[other]} in process {other}"
                )

    def on_this_machine(self) -> int:
        """The number of processes on this machine, by its name."""
        if self.count == 1:
            return 1
        self._ready()
        own = gethostname()
        return self._texts(own).count(own)

    def add(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes, in place."""
        if self.count > 1:
            sent = tensor.to(self.home)
            self._ready()
            dist.all_reduce(sent, group=self.group)
            if sent is not tensor:
                tensor.copy_(sent)
        return tensor

    def total(self, number: int) -> int:
        """The sum of a number over all processes."""
        return self._agreed(number, ReduceOp.SUM)

    def largest(self, number: int | None) -> int | None:
        """The largest of a number over all processes that have one."""
        found = self._agreed(-MOST if number is None else number, ReduceOp.MAX)
        return None if found == -MOST else found

    def least(self, number: int | None) -> int | None:
        """The least of a number over all processes that have one."""
        found = self._agreed(MOST if number is None else number, ReduceOp.MIN)
        return None if found == MOST else found

    def _agreed(self, number: int, reduction: Any) -> int:
        self._ready()
        return self._reduced(number, reduction)

    def _reduced(self, number: int, reduction: Any) -> int:
        if self.count == 1:
            return number
        found = torch.tensor(number, device=self.home)
        dist.all_reduce(found, reduction, group=self.group)
        return int(found)

    def from_first(self, tensor: Tensor) -> Tensor:
        """The tensor of the first process, in place of everybody's."""
        if self.count == 1:
            return tensor
        sent = tensor.to(self.home).contiguous()
        self._ready()
        dist.broadcast(sent, group_src=0, group=self.group)
        return sent.to(tensor.device)

    def same(self, basis: BlockBasis) -> BlockBasis:
        """The basis of the first process: decompositions of others may differ in signs."""
        if self.count == 1:
            return basis
        sent = {name: self.from_first(tensor) for name, tensor in basis.tensors().items()}
        return replace(basis, **sent)  # type: ignore[type-var]

    def eigenbasis(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """Eigenvalues and eigenvectors of a matrix that all processes have, made by the first."""
        if self.rank == 0:
            values, vectors = eigenbasis(matrix)
        else:
            values, vectors = torch.empty(len(matrix)).double(), torch.empty_like(matrix)
        return self.from_first(values), self.from_first(vectors)

    def all_rows(self, rows: Tensor) -> Tensor:
        """(n·r, d) the rows (r, d) of all processes."""
        if self.count == 1:
            return rows
        sent = rows.to(self.home).contiguous()
        gathered = sent.new_empty(self.count * len(rows), *rows.shape[1:])
        self._ready()
        ALL_GATHER(gathered, sent, group=self.group)
        return gathered.to(rows.device)

    def columns(self, rows: Tensor) -> Tensor:
        """(n·r, ⌈d/n⌉) this process's columns of the rows (r, d) of all, filled up with zeros."""
        if self.count == 1:
            return rows
        width = -(-rows.shape[1] // self.count)
        padded = torch.nn.functional.pad(rows, (0, width * self.count - rows.shape[1]))
        sent = padded.unflatten(1, (self.count, width)).transpose(0, 1).contiguous().to(self.home)
        received = torch.empty_like(sent)
        self._ready()
        dist.all_to_all_single(received, sent, group=self.group)
        return received.flatten(0, 1).to(rows.device)
