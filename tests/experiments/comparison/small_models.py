"""A small model with its batches, and what comparisons of it share."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ADAM = torch.optim.Adam
DENSE = {"structure": "dense", "n_samples": 40}


def examples(n: int = 40, seed: int = 0):
    """Correlated inputs and their classes."""
    generator = torch.Generator().manual_seed(seed)
    draw = {"generator": generator, "dtype": torch.float64}
    mixing = torch.linalg.qr(torch.randn(4, 4, **draw))[0] * torch.tensor([3.0, 1.0, 0.3, 0.1])
    inputs = torch.randn(n, 4, **draw) @ mixing.T
    return inputs, (inputs @ torch.randn(4, 3, **draw)).argmax(dim=1)


def batches(n: int = 40, size: int = 10, seed: int = 0):
    inputs, classes = examples(n, seed)
    return list(zip(inputs.split(size), classes.split(size), strict=True))


def loader(n: int = 40, size: int = 10, **options) -> DataLoader:
    return DataLoader(TensorDataset(*examples(n)), batch_size=size, shuffle=True, **options)


def network(*middle: nn.Module) -> nn.Sequential:
    torch.manual_seed(1)
    layers = nn.Linear(4, 5), *middle, nn.Tanh(), nn.Linear(5, 3)
    return nn.Sequential(*layers).double()


def curve(result, optimizer="adam", basis="original", name="training_loss", **where):
    """One variable of one optimizer in one basis at the only rate, as numpy (trial, epoch)."""
    chosen = {"optimizer": optimizer, "basis": basis, "learning_rate": where.pop("rate", 0.05)}
    return result[name].sel({**chosen, **where}).to_numpy()
