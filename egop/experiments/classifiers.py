"""Classifiers of images: what their training and their spectra have in common."""

from collections.abc import Mapping
from math import ceil

import numpy as np
import torch

from egop.experiments.classifier_training import LAWS, ClassifierConfig
from egop.experiments.data_shapes import REDUCED, SHAPES, DataShape
from egop.experiments.sweep.basis_names import estimated_once, named
from egop.experiments.sweep.block_eigenbases import BlockEigenbases
from egop.experiments.sweep.network_sweep import NetworkSweep
from egop.experiments.sweep.refreshed_runs import refreshed_bases
from egop.experiments.trial_numbers import trial_numbers
from egop.networks import initialization
from egop.networks.batches import Minibatches
from egop.networks.classifier import Classifier
from egop.networks.data import Dataset
from egop.networks.downloads import collection, missing
from egop.networks.network import Batch

INITIALIZATIONS = {name: getattr(initialization, name) for name in LAWS}

BEFORE_TRAINING = 2**31
"""An epoch whose order no training uses."""


def shape_of(name: str) -> DataShape:
    """The shape of the data set that a run would use now.

    Raises:
        DataError: an unknown name.
    """
    absent = missing(collection(name), None)
    return REDUCED[name] if absent and name in REDUCED else SHAPES[name]


def classifier(data: DataShape | Dataset, hidden: tuple[int, ...]) -> Classifier:
    """The network from a data set's features to its classes."""
    return Classifier((data.n_features, *hidden, data.n_classes))


def egop_batches(data: Dataset, batch_size: int, seed: int, trial: int) -> list:
    """The minibatches that a trial's EGOP samples cycle through, in an order of their own."""
    order = Minibatches.of(data, size=batch_size, seed=seed)
    return list(order.epoch(BEFORE_TRAINING, [trial]))


def training_set(data: Dataset) -> Batch:
    """All examples to train with, at once."""
    return Minibatches.of(data).whole["train"]


def by_validation_accuracy(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """1 − the maximal validation accuracy, and its first epoch (App. D.5)."""
    errors = 1 - np.nan_to_num(arrays["validation_accuracy"], nan=-np.inf)
    return errors.min(axis=-1), errors.argmin(axis=-1)


def classifier_sweep(config: ClassifierConfig) -> NetworkSweep:
    """The sweep of a classifier with block EGOP."""
    shape = shape_of(config.data)
    network = classifier(shape, config.hidden)
    law = INITIALIZATIONS[config.initialization]()
    size, seed = config.batch_size, config.seed

    return NetworkSweep(
        network,
        config.methods,
        trial_numbers(config),
        config.epochs,
        config.rates,
        batches=lambda context, trials: Minibatches.of(
            context.run.data(config.data), size=size, seed=seed
        ),
        batch_size=size,
        examples=shape.examples,
        data_bytes=(shape.bytes, 0),
        starts=lambda trials: law.sample(network.blocks, trials, seed, "start"),
        estimates=BlockEigenbases(
            network,
            estimated_once(named(config.bases, "matrices")),
            law,
            lambda context, trial: egop_batches(context.run.data(config.data), size, seed, trial),
            config.n_samples,
            seed,
            getattr(torch, config.dtype),
            training_set=lambda context, trial: training_set(context.run.data(config.data)),
        ),
        score=by_validation_accuracy,
        dtype=getattr(torch, config.dtype),
        r_med_epochs=config.r_med_epochs,
        refreshed=refreshed_bases(config.bases, ceil(shape.examples[0] / size), seed),
    )
