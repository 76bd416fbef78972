"""Paths of methods and of optimizers of PyTorch's form along the same noisy gradients."""

import numpy as np
import torch

from egop.methods.blocks import rule_blocks

STEPS = 60
SHAPES = ((4, 4), (6, 3), (3, 6), (5, 1))
SEED = 4


def start_and_gradients(shape, steps=STEPS):
    """A first point (shape) and gradients (steps, shape) of many sizes."""
    rng = np.random.default_rng(SEED)
    scales = 10 ** rng.uniform(-1.5, 0.5, shape)
    return rng.standard_normal(shape), scales * (rng.standard_normal((steps, *shape)) + 0.3)


def walk(method, start, gradients):
    """(steps + 1, shape) where the method goes, its own learning rate included."""
    (block,) = rule_blocks(method, [start.shape], start.size)
    assert block.is_matrix == (type(method.rule).__name__ == "MatrixRule")
    x = start.ravel()
    state, points = block.new_state(x), [x]
    for step, gradient in enumerate(gradients, start=1):
        powers = tuple(beta**step for beta in method.betas)
        direction, divisor, state = block.step(gradient.ravel(), state, x, powers, step)
        x = x - method.learning_rate * direction / divisor
        points.append(x)
    return np.reshape(points, (-1, *start.shape))


def torch_walk(make, start, gradients):
    """(steps + 1, shape) where the optimizer goes that is made of a list of parameters."""
    x = torch.nn.Parameter(torch.tensor(start))
    optimizer, points = make([x]), [start]
    for gradient in gradients:
        x.grad = torch.tensor(gradient)
        optimizer.step()
        points.append(x.detach().numpy().copy())
    return np.array(points)
