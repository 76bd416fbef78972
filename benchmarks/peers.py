"""The same runs by others: optax, compiled for all runs at once, and a loop over torch.optim."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch

from benchmarks.problems import N_STEPS, Problem

TRANSFORMATIONS = {
    "adam": optax.scale_by_adam,
    "adagrad": lambda: optax.scale_by_rss(initial_accumulator_value=0.1, eps=1e-10),
}


def optax_final_values(problem: Problem, name: str) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """A compiled function of bases (B, 2, 2) and rates (R,): the final values (B, R)."""

    def final_value(basis, rate):
        last, _ = _optax_run(problem, name, basis, rate, keep=lambda z, value: None)
        return problem.in_jax(basis @ last)

    over_rates = jax.vmap(final_value, in_axes=(None, 0))
    return jax.jit(jax.vmap(over_rates, in_axes=(0, None)))


def optax_paths(problem: Problem) -> Callable[[jax.Array], list]:
    """A compiled function of bases (B, 2, 2): the paths and values of both methods in each."""

    def paths(bases):
        return [
            jax.vmap(
                lambda basis, m=method: _optax_run(problem, m.name, basis, m.learning_rate)[1]
            )(bases)
            for method in problem.methods
        ]

    return jax.jit(paths)


def _optax_run(problem, name, basis, rate, keep=lambda z, value: (z, value)):
    """The last point, and at each step what `keep` makes of the point and the value there."""
    transformation = TRANSFORMATIONS[name]()
    value_and_gradient = jax.value_and_grad(lambda z: problem.in_jax(basis @ z))

    def step(carry, _):
        z, state = carry
        value, gradient = value_and_gradient(z)
        change, state = transformation.update(gradient, state)
        return (z - rate * change, state), keep(z, value)

    z = basis.T @ jnp.asarray(problem.start)
    (last, _), kept = jax.lax.scan(step, (z, transformation.init(z)), None, length=N_STEPS)
    return last, kept


def torch_paths(problem: Problem, bases: list[np.ndarray]) -> list[np.ndarray]:
    """The paths of both methods in each basis, one step of torch.optim after the other."""
    kinds = [
        (torch.optim.Adam, {"lr": problem.adam_rate}),
        (torch.optim.Adagrad, {"lr": problem.adagrad_rate, "initial_accumulator_value": 0.1}),
    ]
    return [
        _torch_path(problem, torch.from_numpy(basis), kind, options)
        for kind, options in kinds
        for basis in bases
    ]


def _torch_path(problem, basis, kind, options) -> np.ndarray:
    z = (basis.T @ torch.from_numpy(problem.start)).requires_grad_()
    optimizer = kind([z], **options)
    path = np.empty((N_STEPS, 2))
    for step in range(N_STEPS):
        path[step] = z.detach().numpy()
        optimizer.zero_grad()
        problem.in_torch(basis @ z).backward()
        optimizer.step()
    return path
