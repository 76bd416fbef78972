"""Paths of one matrix along given gradients, and how far they come apart."""

import numpy as np

from egop.methods.blocks import rule_blocks


def gradients_of(shape, count, seed=0):
    """(count, m, n) noisy gradients whose entries differ in scale."""
    rng = np.random.default_rng(seed)
    scales = 10 ** rng.uniform(-1, 0.5, shape)
    return scales * (rng.standard_normal((count, *shape)) + 0.5)


def path_of(method, gradients):
    """(T + 1, m, n) the points of a method from 0 on."""
    return path_and_state(method, gradients)[0]


def path_and_state(method, gradients):
    """The points of a method from 0 on, and the state that is left."""
    count, *shape = gradients.shape
    (block,) = rule_blocks(method, [shape], int(np.prod(shape)))
    points, state, powers = [np.zeros(np.prod(shape))], None, np.ones(2)
    for step, gradient in enumerate(gradients.reshape(count, -1), start=1):
        state = block.new_state(points[-1]) if state is None else state
        powers = powers * method.betas
        made = block.step(gradient, state, points[-1], tuple(powers), step)
        direction, preconditioner, state = made
        points.append(points[-1] - method.learning_rate * direction / preconditioner)
    return np.reshape(points, (-1, *shape)), state


def steps_of(method, gradients):
    """(T, m, n) the changes −ΔW of a method at rate 1."""
    return -np.diff(path_of(method.with_learning_rate(1.0), np.asarray(gradients)), axis=0)


def largest_change(path, other):
    """The largest distance of two paths as a share of the way of the second."""
    way = np.linalg.norm(other - other[0], axis=(-2, -1)).max()
    return np.linalg.norm(path - other, axis=(-2, -1)).max() / way
