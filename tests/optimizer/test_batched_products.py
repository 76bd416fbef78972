"""Products with several bases at once, as on a GPU, against one after the other."""

import copy

import pytest
import torch
from torch import nn

from egop.networks import estimate_block_bases, xavier_normal
from egop.optimizer import EGOPOptimizer, batched_products

LOSS = nn.CrossEntropyLoss()


def deep():
    """Three layers of one shape among others, one of them with a bias."""
    torch.manual_seed(0)
    layers = [nn.Linear(5, 8), *(nn.Linear(8, 8, bias=k == 1) for k in range(3)), nn.Linear(8, 4)]
    return nn.Sequential(*(each for layer in layers for each in (layer, nn.Tanh()))).double()


def batches():
    generator = torch.Generator().manual_seed(0)
    return [
        (
            torch.randn(20, 5, generator=generator).double(),
            torch.randint(4, (20,), generator=generator),
        )
        for _ in range(3)
    ]


def trained(structure, *, frozen=False):
    """Weights after some steps, a refresh, a copy and a checkpoint, and the optimizer."""
    model, data = deep(), batches()
    bases = [
        estimate_block_bases(model, LOSS, data, xavier_normal(), 30, structure=structure, seed=s)
        for s in (1, 2)
    ]
    optimizer = EGOPOptimizer(torch.optim.Adam, model.named_parameters(), bases[0], lr=0.01)
    if frozen:
        model[4].weight.requires_grad_(False)
    for step in range(30):
        if step == 10:
            optimizer.refresh(bases[1])
        if step == 20:
            saved, model, of_model = optimizer.state_dict(), copy.deepcopy(model), bases[1]
            optimizer = EGOPOptimizer(torch.optim.Adam, model.named_parameters(), of_model, lr=1.0)
            optimizer.load_state_dict(copy.deepcopy(saved))
        optimizer.zero_grad()
        LOSS(model(data[step % 3][0]), data[step % 3][1]).backward()
        optimizer.step()
    return [p.detach() for p in model.parameters()], optimizer


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("structure", ["kronecker", "data", "rows", "dense"])
def test_blocks_of_one_shape_are_rotated_together(monkeypatch, structure, frozen):
    alone, _ = trained(structure, frozen=frozen)
    monkeypatch.setattr(batched_products, "DEVICES", {"cpu"})
    together, optimizer = trained(structure, frozen=frozen)
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)
    if structure != "dense":
        rights = [block.basis.right for block in optimizer.blocks if block.basis.shape == (8, 8)]
        stored = {right.untyped_storage().data_ptr() for right in rights}
        assert len(rights) == 3
        assert len(stored) == (2 if frozen else 1)  # a frozen one is not among them


def test_bases_that_were_put_together_take_their_memory_once(monkeypatch):
    monkeypatch.setattr(batched_products, "DEVICES", {"cpu"})
    _, optimizer = trained("kronecker")
    groups = batched_products._groups(optimizer.blocks)
    (places,) = [group for group in groups if len(group) > 1]
    some = [optimizer.blocks[k] for k in places]
    before = [block.basis for block in some]
    batched_products._batched(some)
    assert all(block.basis is basis for block, basis in zip(some, before, strict=True))
    again = copy.deepcopy(optimizer)
    for block, basis in zip(again.blocks, optimizer.blocks, strict=True):
        points = torch.randn(block.basis.dim, dtype=torch.float64)
        assert torch.equal(block.to_basis(points), basis.to_basis(points))
