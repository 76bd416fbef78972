"""Figure 3: the linear feed-forward network of Eq. (6), in the eigenbasis of the global EGOP.

10 → 50 → 30 → 10 without biases, f = ½‖W3W2W1A − Y‖²_F/n, Y = M*A, fresh A and M* in each trial;
A has random orthonormal factors and σ_k = k⁻³, scaled by √n. Batch 500, cosine annealing, ρ and
the starts Xavier normal. The rate is the one of the best median of minimal validation loss. Sizes,
/n and the spectrum of A are chosen here.

The result is that of `egop.experiments.sweep.network_sweep`, basis in
(original, egop), block global.
"""

from dataclasses import dataclass

import torch
import xarray as xr

from egop.experiments.linear_problems import LinearProblems
from egop.experiments.sweep.block_eigenbases import named
from egop.experiments.sweep.network_sweep import sweep
from egop.experiments.sweep.rates import Rates
from egop.runs.run import Run


@dataclass(frozen=True)
class Config:
    """Settings of figure 3.

    Attributes:
        trials: problems drawn.
        epochs: how long each run is trained; the rate falls to 0 over them.
        sizes: units of each layer.
        n_examples: to train with, to choose rates by, and to test with.
        decay: σ_k = k^−decay.
        batch_size: of training and of the gradients in the EGOP.
        n_samples: M; chosen as the number of parameters.
        bases: besides the original coordinates: "global", "matrices" or "first".
        rates: by method; None: the search of App. D.2.
        dtype: of training, "float32" or "float64".
    """

    methods: tuple[str, ...] = ("adagrad", "adam", "gradient_descent", "momentum")
    trials: int = 10
    epochs: int = 1000
    sizes: tuple[int, ...] = (10, 50, 30, 10)
    n_examples: tuple[int, int, int] = (10000, 2000, 2000)
    decay: float = 3.0
    batch_size: int = 500
    n_samples: int = 2300
    rates: Rates | None = None
    dtype: str = "float32"
    seed: int = 0
    bases: tuple[str, ...] = ("global",)

    def __post_init__(self):
        named(self.bases)


QUICK = Config(trials=3, epochs=50)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    problems = LinearProblems(
        config.sizes, config.n_examples, config.decay, config.batch_size, config.seed
    )
    task = problems.task(config, named(config.bases, "global"), getattr(torch, config.dtype))
    return sweep(task, run)
