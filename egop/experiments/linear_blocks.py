"""Figure 9: the linear network of figure 3 with global, block and first-layer EGOP.

As figure 3, with the same M for all three; Adagrad and Adam, since the others take the same path
in every basis. The result is that of `egop.experiments.sweep.network_sweep`, basis in
(original, global, block, first), block in (global, W1, W2, W3).
"""

from dataclasses import dataclass

import torch
import xarray as xr

from egop.experiments import linear
from egop.experiments.linear_problems import LinearProblems
from egop.experiments.sweep.block_eigenbases import named
from egop.experiments.sweep.network_sweep import sweep
from egop.runs.run import Run


@dataclass(frozen=True)
class Config(linear.Config):
    """Settings of figure 9: those of figure 3."""

    methods: tuple[str, ...] = ("adagrad", "adam")
    bases: tuple[str, ...] = ("global", "matrices", "first")


QUICK = Config(trials=3, epochs=50)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    problems = LinearProblems(
        config.sizes, config.n_examples, config.decay, config.batch_size, config.seed
    )
    task = problems.task(config, named(config.bases), getattr(torch, config.dtype))
    return sweep(task, run)
