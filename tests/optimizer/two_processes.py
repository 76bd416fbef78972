"""Training in two processes with gloo, and in one: `python two_processes.py RANK FOLDER`."""

import os
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn, optim
from torch.distributed.checkpoint.state_dict import (
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    bases_of,
    batches,
    dense,
    kronecker,
    perceptron,
    rows_apart,
    train,
)


def adam(model: nn.Module, bases: Any) -> EGOPOptimizer:
    return EGOPOptimizer(optim.AdamW, model.named_parameters(), bases, lr=0.01)


def halves(rank: int) -> list[Any]:
    """Each process's half of every batch."""
    return [tuple(part[4 * rank : 4 * rank + 4] for part in batch) for batch in batches(20)]


def in_parallel(rank: int) -> Any:
    """Weights after DDP training, with the bases of the model inside."""
    results = {}
    for make in (dense, kronecker):
        model = perceptron()
        bases = bases_of(model, make)
        ddp = DistributedDataParallel(model)
        train(ddp, adam(ddp, bases), halves(rank))
        results[make.__name__] = model.state_dict()
    return results


def sharded(rank: int) -> Any:
    """Whole weights after FSDP2 training, half of it from a checkpoint in a new optimizer."""
    model = perceptron()
    bases = bases_of(model, rows_apart)
    fully_shard(model)
    optimizer = adam(model, bases)
    data = halves(rank)
    train(model, optimizer, data[:10])
    resumed = adam(model, bases)
    set_optimizer_state_dict(model, resumed, get_optimizer_state_dict(model, optimizer))
    train(model, resumed, data[10:15])
    resumed.refresh(bases)
    train(model, resumed, data[15:])
    return {name: value.full_tensor() for name, value in model.state_dict().items()}


def alone(rank: int) -> Any:
    """Weights after FSDP2 training over meshes of one process, where every basis is local."""
    mesh = [init_device_mesh("cpu", (2, 1), mesh_dim_names=("replicate", "shard"))]
    model = perceptron()
    bases = bases_of(model, dense)
    fully_shard(model, mesh=mesh[0])
    train(model, adam(model, bases), halves(rank))
    return {name: value.full_tensor() for name, value in model.state_dict().items()}


def refused(rank: int) -> str:
    """The sentence about a basis that mixes the rows of several processes."""
    model = perceptron()
    bases = bases_of(model, kronecker)
    fully_shard(model)
    before = {name: value.full_tensor() for name, value in model.state_dict().items()}
    try:
        adam(model, bases)
    except ValueError as error:
        same = [torch.equal(before[n], v.full_tensor()) for n, v in model.state_dict().items()]
        return str(error) if all(same) else "weights have changed"
    return "nothing was said"


def main(rank: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    results = {each.__name__: each(rank) for each in (in_parallel, sharded, alone, refused)}
    torch.save(results, folder / f"{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]), Path(sys.argv[2]))
    os._exit(0)  # threads of gloo outlive DDP's group and may abort Python's own end
