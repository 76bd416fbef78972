"""Whatever people do, in any order, momentum steps the same in every basis."""

import copy
import pickle
import random

import pytest
import torch
from torch import optim

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    bases_of,
    batches,
    dense,
    global_bases,
    gradient,
    kronecker,
    partial,
    perceptron,
    rows_apart,
    weights,
)

OPTIONS = {"lr": 0.03, "momentum": 0.9, "weight_decay": 0.01}
KINDS = (dense, kronecker, rows_apart, partial)


class Run:
    """A rotated run beside a plain one."""

    def __init__(self, seed):
        self.random, self.data = random.Random(seed), batches(40, seed=seed)
        self.model, self.plain = perceptron(), perceptron()
        self.bases = self.draw()
        self.rotated = self.wrapped(self.model)
        self.base = optim.SGD(self.plain.parameters(), **OPTIONS)

    def draw(self):
        """Bases of some kind, of some parameters or of all together."""
        names = self.random.sample(["0.weight", "2.weight", "0.bias"], self.random.randint(1, 3))
        kind = self.random.choice(KINDS if "0.bias" not in names else (dense,))
        seed = self.random.randrange(1000)
        if self.random.random() < 0.2:
            return global_bases(self.model, dense, seed)
        return bases_of(self.model, kind, names, seed)

    def wrapped(self, model):
        return EGOPOptimizer(optim.SGD, model.named_parameters(), self.bases, **OPTIONS)

    def both(self):
        return ((self.model, self.rotated), (self.plain, self.base))

    def step(self):
        batch = self.random.choice(self.data)
        for model, optimizer in self.both():
            gradient(model, batch)
            optimizer.step()

    def step_by_closure(self):
        batch = self.random.choice(self.data)
        for model, optimizer in self.both():
            optimizer.step(lambda m=model: gradient(m, batch))

    def refresh(self):
        self.bases = self.draw()
        self.rotated.refresh(self.bases)

    def resume(self):
        state = copy.deepcopy([self.model.state_dict(), self.rotated.state_dict()])
        self.model = perceptron(seed=9)
        self.rotated = self.wrapped(self.model)
        loads = [self.model.load_state_dict, self.rotated.load_state_dict]
        for k in self.random.sample([0, 1], 2):
            loads[k](state[k])

    def copy(self):
        duplicate = self.random.choice([copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
        self.model, self.rotated = duplicate((self.model, self.rotated))

    def change(self):
        k, value = self.random.choice([0, 2]), self.random.uniform(-1, 1)
        for model, _ in self.both():
            with torch.no_grad():
                model[k].weight.clamp_(-0.4, 0.4).mul_(value)

    def change_the_rate(self):
        rate = self.random.choice([0.0, 0.01, 0.05])
        for _, optimizer in self.both():
            optimizer.param_groups[0]["lr"] = rate


@pytest.mark.parametrize("seed", range(12))
def test_momentum_is_the_same_whatever_is_done(seed):
    run = Run(seed)
    for _ in range(40):
        names = ["step"] * 5 + [name for name in vars(Run) if not name.startswith("_")]
        getattr(
            run, run.random.choice([n for n in names if n not in {"draw", "wrapped", "both"}])
        )()
        torch.testing.assert_close(weights(run.model), weights(run.plain), rtol=1e-11, atol=1e-11)
