"""Products with several bases at once, as on a GPU, against one after the other."""

import copy
import pickle

import pytest
import torch
from torch import nn

from egop.networks import estimate_block_bases, xavier_normal
from egop.optimizer import EGOPOptimizer, batched_products
from tests.optimizer.rotated_models import bases_of, kronecker

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
    monkeypatch.setattr(batched_products, "LARGEST_SIDES", {})
    alone, _ = trained(structure, frozen=frozen)
    monkeypatch.setattr(batched_products, "LARGEST_SIDES", {"cpu": 8})
    together, optimizer = trained(structure, frozen=frozen)
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)
    if structure != "dense":
        rights = [block.basis.right for block in optimizer.blocks if block.basis.shape == (8, 8)]
        stored = {right.untyped_storage().data_ptr() for right in rights}
        assert len(rights) == 3
        assert len(stored) == 1


class Counted(nn.Module):
    """Layers of one shape, of which some have gradients."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in range(4)).double()

    def give_gradients(self, to):
        for k, layer in enumerate(self.layers):
            layer.weight.grad = torch.randn_like(layer.weight) if k in to else None


def test_bases_stay_where_they_are_whichever_blocks_have_gradients(monkeypatch):
    monkeypatch.setattr(batched_products, "LARGEST_SIDES", {"cpu": 8})
    model = Counted()
    bases = bases_of(model, kronecker)
    other = copy.deepcopy(model)
    optimizer, plain = (
        EGOPOptimizer(torch.optim.SGD, each.named_parameters(), bases, lr=0.1)
        for each in (model, other)
    )
    seen, rotations = set(), []
    for to in ([0, 1, 2, 3], [0, 2, 3], [1], [0, 1, 3], []):
        model.give_gradients(to)
        for one, each in zip(model.parameters(), other.parameters(), strict=True):
            each.grad = None if one.grad is None else one.grad.clone()
        optimizer.step()
        with monkeypatch.context() as alone:
            alone.setattr(batched_products, "LARGEST_SIDES", {})
            plain.step()
        seen.add(tuple(block.basis.left.data_ptr() for block in optimizer.blocks))
        rotations.append([len(places) for places, _ in optimizer._products._jobs])
        torch.testing.assert_close(list(model.parameters()), list(other.parameters()))
    assert len(seen) == 1
    assert rotations == [[4], [2, 1], [1], [2, 1], []]


def test_copies_and_files_hold_each_basis_once(monkeypatch):
    monkeypatch.setattr(batched_products, "LARGEST_SIDES", {})
    _, alone = trained("kronecker")
    monkeypatch.setattr(batched_products, "LARGEST_SIDES", {"cpu": 8})
    _, optimizer = trained("kronecker")
    stored = [len(pickle.dumps([b.basis for b in o.blocks])) for o in (alone, optimizer)]
    assert stored[1] > 1.2 * stored[0]  # bases by themselves are stored with the whole stack
    stored = [len(pickle.dumps(each.blocks)) for each in (alone, optimizer)]
    assert stored[1] == pytest.approx(stored[0], rel=0.01)
    for again in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        for block, basis in zip(again.blocks, optimizer.blocks, strict=True):
            points = torch.randn(block.basis.dim, dtype=torch.float64)
            assert torch.equal(block.to_basis(points), basis.to_basis(points))
