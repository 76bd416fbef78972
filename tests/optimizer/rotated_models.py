"""Small models with random bases, and the oracle: the model as a function of z, by parametrize."""

import copy

import pytorch_optimizer
import torch
from torch import nn, optim
from torch.nn.utils import parametrize

from egop.networks.bases import BlockBases
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.network import Block, blocks_of
from egop.networks.partial_basis import PartialBasis
from egop.optimizer import EGOPOptimizer


def orthogonal(size, seed, dtype=torch.float64):
    drawn = torch.randn(size, size, dtype=dtype, generator=torch.Generator().manual_seed(seed))
    return torch.linalg.qr(drawn).Q


def dense(block, seed=0):
    size = block.stop - block.start
    return DenseBasis(block, torch.ones(size, dtype=torch.float64), orthogonal(size, seed))


def identity(block, seed=0):
    size = block.stop - block.start
    ones = torch.ones(size, dtype=torch.float64)
    return DenseBasis(block, ones, torch.eye(size, dtype=torch.float64))


def kronecker(block, seed=0, left=True):
    rows, columns = block.shape[0], (block.stop - block.start) // block.shape[0]
    return KroneckerBasis(
        block,
        orthogonal(rows, seed) if left else None,
        orthogonal(columns, seed + 1),
        torch.ones(rows, dtype=torch.float64),
        torch.ones(columns, dtype=torch.float64),
    )


def rows_apart(block, seed=0):
    return kronecker(block, seed, left=False)


def partial(block, seed=0, k=4, complement="implicit"):
    size = block.stop - block.start
    leading = orthogonal(size, seed)[:, :k].contiguous()
    return PartialBasis(block, torch.ones(k, dtype=torch.float64), leading, complement)


def dropped(block, seed=0, k=4):
    return partial(block, seed, k, "dropped")


def layout_of(model):
    return blocks_of([(n, tuple(p.shape)) for n, p in model.named_parameters() if p.requires_grad])


def bases_of(model, make=dense, names=None, seed=0):
    layout = layout_of(model)
    chosen = [b for b in layout if (b.name in names if names else b.is_matrix)]
    return BlockBases(layout, tuple(make(block, seed + 10 * k) for k, block in enumerate(chosen)))


def global_bases(model, make=dense, seed=0):
    layout = layout_of(model)
    whole = Block("global", (layout[-1].stop,), 0, layout[-1].stop)
    return BlockBases(layout, (make(whole, seed),))


def perceptron(dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).to(dtype)


def batches(n, dtype=torch.float64, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(8, 5, dtype=dtype, generator=generator),
            torch.randn(8, 3, dtype=dtype, generator=generator),
        )
        for _ in range(n)
    ]


def adam(model, bases=None, **options):
    bases = bases_of(model) if bases is None else bases
    return EGOPOptimizer(optim.Adam, model.named_parameters(), bases, **{"lr": 0.01, **options})


def lookahead(groups, **options):
    return pytorch_optimizer.Lookahead(optim.Adam(groups, **options))


def pair(base=optim.Adam, make=dense, **options):
    """The rotated model with its optimizer, and the reparameterized one with the base."""
    model = perceptron()
    bases = bases_of(model, make)
    oracle = reparameterized(copy.deepcopy(model), bases)
    rotated = EGOPOptimizer(base, model.named_parameters(), bases, **options)
    return model, rotated, oracle, base(oracle.parameters(), **options)


def close(model, oracle, tolerance=1e-12):
    torch.testing.assert_close(weights(model), weights(oracle), rtol=tolerance, atol=tolerance)


def gradient(model, batch):
    model.zero_grad()
    loss = nn.functional.mse_loss(model(batch[0]), batch[1])
    loss.backward()
    return loss


def train(model, optimizer, data):
    for batch in data:
        gradient(model, batch)
        optimizer.step()
    return model


class Rotation(nn.Module):
    """W = V z of a weight of any shape."""

    def __init__(self, basis, shape):
        super().__init__()
        self.basis, self.shape = basis, shape

    def forward(self, z):
        return self.basis.from_basis(z.flatten()).view(self.shape)

    def right_inverse(self, weight):
        return self.basis.to_basis(weight.flatten()).view(self.shape)


def reparameterized(model, bases):
    """The model with each rotated weight as V z, where z is what `parameters()` returns."""
    for basis in bases:
        path, _, name = basis.block.name.rpartition(".")
        parametrize.register_parametrization(
            model.get_submodule(path), name, Rotation(basis, basis.block.shape)
        )
    return model


def weights(model):
    """(p,) weights and biases as one vector, in the order of the layers."""
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    parts = [part for layer in layers for part in (layer.weight, layer.bias)]
    return torch.cat([part.detach().flatten() for part in parts])
