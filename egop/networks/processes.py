"""Several processes that estimate one basis together (`torch.distributed`).

Sample i is computed by process i mod n, from the seed and i alone, so that the estimate does not
depend on the number of processes but for round-off; a sketch does, since it drops directions.
Sums are added up; rows of gradients become columns of all of them, or are gathered where a dense
basis or nearest factors are made of them; what is decomposed is decomposed once and sent to the
others.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from egop.networks.block_basis import BlockBasis


@dataclass(frozen=True)
class Processes:
    """The processes of a group; without one this process is alone.

    Attributes:
        group: `torch.distributed.group.WORLD`, another process group, or None.
    """

    group: Any = None

    @property
    def count(self) -> int:
        """The number of processes."""
        return 1 if self.group is None else dist.get_world_size(self.group)

    @property
    def rank(self) -> int:
        """The number of this one."""
        return 0 if self.group is None else dist.get_rank(self.group)

    def is_mine(self, number: int) -> bool:
        """True if this process computes a sample."""
        return number % self.count == self.rank

    def share(self, n_samples: int) -> int:
        """The largest number of samples that one process computes."""
        return -(-n_samples // self.count)

    def add(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all processes, in place."""
        if self.count > 1:
            dist.all_reduce(tensor, group=self.group)
        return tensor

    def total(self, number: int, device: torch.device) -> int:
        """The sum of a number over all processes."""
        return int(self.add(torch.tensor(number, device=device)))

    def largest(self, number: int, device: torch.device) -> int:
        """The largest of a number over all processes."""
        found = torch.tensor(number, device=device)
        if self.count > 1:
            dist.all_reduce(found, dist.ReduceOp.MAX, group=self.group)
        return int(found)

    def from_first(self, tensor: Tensor) -> Tensor:
        """The tensor of the first process, in place of everybody's."""
        if self.count == 1:
            return tensor
        sent = self._on_device(tensor).contiguous()
        dist.broadcast(sent, group_src=0, group=self.group)
        return sent.to(tensor.device)

    def _on_device(self, tensor: Tensor) -> Tensor:
        """The tensor where the group's backend takes it."""
        return tensor.cuda() if dist.get_backend(self.group) == "nccl" else tensor

    def same(self, basis: BlockBasis) -> BlockBasis:
        """The basis of the first process: decompositions of others may differ in signs."""
        if self.count == 1:
            return basis
        sent = {name: self.from_first(tensor) for name, tensor in basis.tensors().items()}
        return replace(basis, **sent)  # type: ignore[type-var]

    def all_rows(self, rows: Tensor) -> Tensor:
        """(n·r, d) the rows (r, d) of all processes."""
        if self.count == 1:
            return rows
        gathered = rows.new_empty(self.count * len(rows), *rows.shape[1:])
        dist.all_gather_into_tensor(gathered, rows.contiguous(), group=self.group)
        return gathered

    def columns(self, rows: Tensor) -> Tensor:
        """(n·r, ⌈d/n⌉) this process's columns of the rows (r, d) of all, filled up with zeros."""
        if self.count == 1:
            return rows
        width = -(-rows.shape[1] // self.count)
        padded = torch.nn.functional.pad(rows, (0, width * self.count - rows.shape[1]))
        sent = padded.unflatten(1, (self.count, width)).transpose(0, 1).contiguous()
        received = torch.empty_like(sent)
        dist.all_to_all_single(received, sent, group=self.group)
        return received.flatten(0, 1)
