"""Classifiers of images: what the digits and Fashion-MNIST experiments have in common."""

from dataclasses import dataclass

import torch
import xarray as xr

from egop.experiments.checks import check_name
from egop.experiments.sweep.block_eigenbases import Estimates, named
from egop.experiments.sweep.network_sweep import Task, sweep
from egop.experiments.sweep.rates import Rates
from egop.experiments.sweep.scores import by_validation_accuracy
from egop.networks import initialization
from egop.networks.batches import Minibatches
from egop.networks.classifier import Classifier
from egop.networks.data import Dataset, load
from egop.runs.run import Run

INITIALIZATIONS = {
    "xavier_normal": initialization.xavier_normal,
    "pytorch_default": initialization.pytorch_default,
}
"""Laws of the starts by the name a config holds."""

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class ClassifierConfig:
    """Settings of a classifier's experiment.

    Attributes:
        data: a name that `egop.networks.data.load` knows.
        trials: starts and EGOP samples, on one split of the data.
        epochs: how long each run is trained.
        batch_size: of training and of the gradients in the EGOP.
        hidden: ReLU units.
        initialization: ρ and the law of the starts, a name in `INITIALIZATIONS`.
        n_samples: M; the paper takes the number of weights.
        bases: besides the original coordinates: "matrices", "global" or "first".
        rates: by method; None: the search of App. D.2.
        dtype: of training, "float32" or "float64".
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
    bases: tuple[str, ...] = ("matrices",)

    def __post_init__(self):
        named(self.bases)
        check_name("initialization", self.initialization, INITIALIZATIONS)


def data_of(name: str, run: Run) -> Dataset:
    """A data set, noted in the run; a resumed run takes the same.

    Raises:
        ValueError: the run was begun with other data, or files are damaged.
    """
    data = load(name)
    run.require_data(name, data.fingerprint, data.note)
    return data


def classifier(data: Dataset, hidden: tuple[int, ...]) -> Classifier:
    """The network from a data set's features to its classes."""
    return Classifier((data.n_features, *hidden, data.n_classes))


def egop_batches(data: Dataset, batch_size: int, seed: int, trial: int) -> list:
    """The minibatches that a trial's EGOP samples cycle through, in an order of their own."""
    order = Minibatches.of(data, size=batch_size, seed=seed)
    return list(order.epoch(BEFORE_TRAINING, [trial]))


BEFORE_TRAINING = 2**31
"""An epoch whose order no training uses."""


def trained(config: ClassifierConfig, run: Run) -> xr.Dataset:
    """The sweep of a classifier with block EGOP."""
    data = data_of(config.data, run)
    network = classifier(data, config.hidden)
    law = INITIALIZATIONS[config.initialization]()
    dtype = DTYPES[config.dtype]
    task = Task(
        network,
        config.methods,
        config.trials,
        config.epochs,
        config.rates,
        batches=lambda trials: Minibatches.of(data, size=config.batch_size, seed=config.seed),
        batch_size=config.batch_size,
        starts=lambda trials: law.sample(network.blocks, trials, config.seed, "start"),
        estimates=Estimates(
            network,
            named(config.bases, "matrices"),
            law,
            lambda trial: egop_batches(data, config.batch_size, config.seed, trial),
            config.n_samples,
            config.seed,
            dtype,
        ),
        score=by_validation_accuracy,
        dtype=dtype,
    )
    return sweep(task, run)
