"""Paths of methods and of optimizers of PyTorch's form along given gradients of one matrix."""

import numpy as np
import torch

from egop.methods.blocks import rule_blocks

STEPS = 60
SHAPES = ((4, 4), (6, 3), (3, 6), (5, 1))
SEED = 4


def gradients_of(shape, count, seed=0):
    """(count, m, n) noisy gradients whose entries differ in scale."""
    rng = np.random.default_rng(seed)
    scales = 10 ** rng.uniform(-1, 0.5, shape)
    return scales * (rng.standard_normal((count, *shape)) + 0.5)


def start_and_gradients(shape, steps=STEPS):
    """A first point (m, n) and noisy gradients (steps, m, n)."""
    return np.random.default_rng(SEED).standard_normal(shape), gradients_of(shape, steps, SEED)


def walk_and_state(method, start, gradients):
    """(T + 1, m, n) where a method goes from a point, its own rate included, and what it keeps."""
    (block,) = rule_blocks(method, [start.shape], start.size)
    assert block.is_matrix == (type(method.rule).__name__ == "MatrixRule")
    x = start.ravel()
    state, points = block.new_state(x), [x]
    for step, gradient in enumerate(gradients, start=1):
        powers = tuple(beta**step for beta in method.betas)
        direction, divisor, state = block.step(gradient.ravel(), state, x, powers, step)
        x = x - method.learning_rate * direction / divisor
        points.append(x)
    return np.reshape(points, (-1, *start.shape)), state


def walk(method, start, gradients):
    """(T + 1, m, n) the points of a method from a first one on."""
    return walk_and_state(method, start, gradients)[0]


def path_of(method, gradients):
    """(T + 1, m, n) the points of a method from 0 on."""
    return walk(method, np.zeros(gradients.shape[1:]), gradients)


def steps_of(method, gradients):
    """(T, m, n) the changes −ΔW of a method at rate 1."""
    return -np.diff(path_of(method.with_learning_rate(1.0), np.asarray(gradients)), axis=0)


def torch_walk(make, start, gradients):
    """(T + 1, m, n) where the optimizer goes that is made of a list of parameters."""
    x = torch.nn.Parameter(torch.tensor(start))
    optimizer, points = make([x]), [start]
    for gradient in gradients:
        x.grad = torch.tensor(gradient)
        optimizer.step()
        points.append(x.detach().numpy().copy())
    return np.array(points)


def largest_change(path, other):
    """The largest distance of two paths as a share of the way of the second."""
    way = np.linalg.norm(other - other[0], axis=(-2, -1)).max()
    return np.linalg.norm(path - other, axis=(-2, -1)).max() / way
