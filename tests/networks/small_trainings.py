"""Small trainings of every kind of network, and the same runs one by one through torch.optim."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from egop.networks import Batch, Classifier, LinearNetwork, from_module
from egop.networks.batches import Minibatches, MomentMinibatches, order
from egop.networks.block_basis import DenseBasis
from egop.networks.ensemble import Training
from egop.networks.plan import RunSpec

TRIALS, EXAMPLES, FEATURES, SIZE = 2, 23, 6, 9  # 23 = 9 + 9 + 5: the last minibatch is smaller
STEPS = 50
RATES = (0.03, 0.2)
FOUR = ("gradient_descent", "momentum", "adagrad", "adam")
TORCH = {
    "gradient_descent": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "amsgrad": partial(torch.optim.Adam, amsgrad=True),
    "adamax": torch.optim.Adamax,
    "rmsprop": torch.optim.RMSprop,
    "adadelta": torch.optim.Adadelta,
}
PLAN = [
    RunSpec(name, basis, rate) for name in FOUR for rate in RATES for basis in ("original", "egop")
]


def sequential(sizes, bias=True):
    layers: list[nn.Module] = []
    for k in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[k], sizes[k + 1], bias=bias))
        if bias and k + 2 < len(sizes):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers).double()


def numbers(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def cross_entropy(module, batch):
    return functional.cross_entropy(module(batch.inputs), batch.targets)


def half_squares(module, batch):
    return (module(batch.inputs) - batch.targets).square().sum() / (2 * len(batch.inputs))


def classified(count=EXAMPLES, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        numbers(1, count, FEATURES, seed=seed), torch.randint(0, 4, (1, count), generator=generator)
    )


SOLUTION = numbers(TRIALS, 4, FEATURES, seed=5)
INPUTS = numbers(TRIALS, EXAMPLES, FEATURES, seed=6) / 3
REGRESSED = Batch(INPUTS, INPUTS @ SOLUTION.mT)

CASES = {
    "classifier": (
        Classifier((6, 5, 4)),
        Minibatches(classified(), classified(11, 2), classified(7, 3), size=SIZE),
        sequential((6, 5, 4)),
        cross_entropy,
    ),
    "linear": (
        LinearNetwork((6, 5, 3, 4)),
        Minibatches(REGRESSED, size=SIZE),
        sequential((6, 5, 3, 4), bias=False),
        half_squares,
    ),
    "linear by moments": (
        LinearNetwork((6, 5, 3, 4)),
        MomentMinibatches(INPUTS, INPUTS[:, :8], solution=SOLUTION, size=SIZE),
        sequential((6, 5, 3, 4), bias=False),
        half_squares,
    ),
    "module": (
        from_module(sequential((6, 5, 4)), cross_entropy),
        Minibatches(classified(), size=SIZE),
        sequential((6, 5, 4)),
        cross_entropy,
    ),
}


def random_bases(network, blocks=None):
    """For each trial an orthonormal basis of every weight matrix, as block EGOP would give."""
    return [
        [
            DenseBasis(b, torch.ones(b.stop - b.start), orthogonal(b.stop - b.start, 10 * t + k))
            for k, b in enumerate(blocks or network.matrices)
        ]
        for t in range(TRIALS)
    ]


def orthogonal(dim, seed):
    """A random orthogonal matrix."""
    return torch.linalg.qr(numbers(dim, dim, seed=seed))[0]


def starts(network, trials=TRIALS):
    return torch.stack([numbers(network.n_parameters, seed=20 + t) for t in range(trials)]) / 2


def training(case, plan=PLAN, *, n_epochs=17, **options):
    network, batches, *_ = CASES[case]
    settings = {"bases": {"egop": random_bases(network)}, "dtype": torch.float64} | options
    return Training(network, batches, plan, starts(network), n_epochs=n_epochs, **settings)


def finish(train):
    return list(train)


def dense(basis, p):
    """The block basis as one orthonormal matrix (p, p)."""
    matrix = torch.eye(p, dtype=torch.float64)
    for part in basis:
        rows = slice(part.block.start, part.block.stop)
        matrix[rows, rows] = part.eigenvectors
    return matrix


def by_torch(case, run, trial, steps, n_epochs=None):
    """The parameters after each epoch of torch.optim on z, f(Vz) with V = I for original runs."""
    network, batches, module, loss = CASES[case]
    start = starts(network)[trial]
    data = REGRESSED if "linear" in case else batches.whole["train"]
    data = [part[min(trial, len(part) - 1)] for part in data]
    v = torch.eye(len(start), dtype=torch.float64)
    if run.basis != "original":
        v = dense(random_bases(network)[trial], len(start))
    z = (v.T @ start).requires_grad_()
    optimizer = TORCH[run.method]([z], lr=run.learning_rate)
    scheduler = n_epochs and torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_epochs)
    path, epoch, done = [], 0, 0
    while done < steps:
        rows = torch.from_numpy(order(0, trial, epoch, EXAMPLES))
        for some in rows.split(SIZE):
            named = zip(module.named_parameters(), network.blocks, strict=True)
            values = {name: b.of(v @ z) for (name, _), b in named}
            optimizer.zero_grad()
            batch = Batch(*(part[some] for part in data))
            outputs = Called(module, values)
            loss(outputs, batch).backward()
            optimizer.step()
            done += 1
        if scheduler:
            scheduler.step()
        path.append((v @ z).detach())
        epoch += 1
    return torch.stack(path)


@dataclass(frozen=True)
class Called:
    """A module at other parameters."""

    module: nn.Module
    values: dict

    def __call__(self, inputs):
        return torch.func.functional_call(self.module, self.values, (inputs,))


def path_of(train):
    """(epochs, trials, runs, p) the points after each epoch."""
    return torch.stack([train.points for _ in train][1:])
