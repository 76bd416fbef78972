"""Figure 3: the linear feed-forward network of Eq. (6), in the eigenbasis of the global EGOP.

10 → 50 → 30 → 10 without biases, f = ½‖W3W2W1A − Y‖²_F/n, Y = M*A, fresh A and M* in each trial;
A has random orthonormal factors and σ_k = k⁻³, scaled by √n. Batch 500, cosine annealing, ρ and
the starts Xavier normal. The rate is the one of the best median of minimal validation loss. Sizes,
/n and the spectrum of A are chosen here.

The result is that of `egop.experiments.sweep.network_sweep`, basis in (original, egop, data,
random_global), block global; Adagrad and Adam alone are run in the last two, the controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from egop.experiments.experiment import TRAINING, Done, Experiment, Task
from egop.experiments.sweep.basis_names import named
from egop.experiments.sweep.rates import Rates

if TYPE_CHECKING:
    import xarray as xr


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
        bases: besides the original coordinates, keys of `BASES` in `sweep/basis_names.py`.
        rates: by method; None: the search of App. D.2.
        dtype: of training, "float32" or "float64".
        first_trial: the number of the first; those of a part of a sweep begin later.
        r_med_epochs: at how many epochs R_med is measured; 0: not at all.
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
    bases: tuple[str, ...] = ("global", "data", "random_global")
    first_trial: int = 0
    r_med_epochs: int = 0
    usual: ClassVar[str] = "global"
    """The one that is called "egop" in the result."""

    def __post_init__(self):
        named(self.bases)


def plan(config: Config, done: Done) -> Sequence[Task]:
    """The tasks of the sweep."""
    from egop.experiments.linear_problems import linear_sweep

    return linear_sweep(config).plan(done)


def assemble(config: Config, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file."""
    from egop.experiments.linear_problems import linear_sweep

    return linear_sweep(config).assemble(done)


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="a linear network, global EGOP",
    label="Linear network",
    group=TRAINING,
    figures=("3",),
    quick=Config(trials=3, epochs=50),
    laptop=Config(trials=5, epochs=300),
    network=True,
    later={"bases": ("global",), "first_trial": 0, "r_med_epochs": 0},
    chosen_here="layers 50 and 30, the loss divided by n, 10000 + 2000 + 2000 examples, the "
    "spectrum k⁻³ of the data (seen; with k⁻² Adam ends at round-off), M = p",
)
