"""Settings of the experiments that train a classifier of images, and their tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egop.experiments.checks import check_name
from egop.experiments.experiment import Done, Task
from egop.experiments.sweep.basis_names import named
from egop.experiments.sweep.rates import Rates

if TYPE_CHECKING:
    import xarray as xr

LAWS = ("xavier_normal", "pytorch_default")
"""Laws of the starts by the name a config holds: functions of `egop.networks.initialization`."""


@dataclass(frozen=True)
class ClassifierConfig:
    """Settings of a classifier's experiment.

    Attributes:
        data: a name that `egop.networks.data.load` knows.
        trials: starts and EGOP samples, on one split of the data.
        epochs: how long each run is trained.
        batch_size: of training and of the gradients in the EGOP.
        hidden: ReLU units.
        initialization: ρ and the law of the starts, a name in `LAWS`.
        n_samples: M; the paper takes the number of weights.
        bases: besides the original coordinates, keys of `BASES` in `sweep/basis_names.py`.
        rates: by method; None: the search of App. D.2.
        dtype: of training, "float32" or "float64".
        first_trial: the number of the first; those of a part of a sweep begin later.
        r_med_epochs: at how many epochs R_med is measured; 0: not at all.
    """

    data: str = "digits"
    methods: tuple[str, ...] = ("adagrad", "adam", "gradient_descent", "momentum")
    trials: int = 50
    epochs: int = 200
    batch_size: int = 300
    hidden: tuple[int, ...] = (32,)
    initialization: str = "xavier_normal"
    n_samples: int = 2368
    rates: Rates | None = None
    dtype: str = "float32"
    seed: int = 0
    bases: tuple[str, ...] = ("matrices", "data", "random")
    first_trial: int = 0
    r_med_epochs: int = 0

    def __post_init__(self):
        named(self.bases)
        check_name("initialization", self.initialization, LAWS)


def plan(config: ClassifierConfig, done: Done) -> Sequence[Task]:
    """The tasks of a classifier's sweep."""
    from egop.experiments.classifiers import classifier_sweep

    return classifier_sweep(config).plan(done)


def assemble(config: ClassifierConfig, done: Done) -> "xr.Dataset | None":
    """The result described in `sweep/network_sweep.py`."""
    from egop.experiments.classifiers import classifier_sweep

    return classifier_sweep(config).assemble(done)
