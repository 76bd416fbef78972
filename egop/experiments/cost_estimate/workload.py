"""How much each experiment computes and holds: operations and bytes, from its Config alone."""

from collections.abc import Callable
from typing import Any

import torch

from egop.experiments import block_spectra
from egop.experiments.cost_estimate.sweep_work import (
    FINER,
    Data,
    Where,
    Work,
    added,
    estimates_work,
    sweep_work,
)
from egop.experiments.sweep.rates import first_rates
from egop.networks.classifier import Classifier
from egop.networks.downloads import collection, missing
from egop.networks.linear import LinearNetwork

DATA = {"digits": Data(64, 10, (3823, 598, 1199)), "fashion": Data(196, 4, (24000, 1000, 3000))}
REDUCED = {"digits": Data(64, 10, (1222, 191, 384))}
"""What is used where files are missing."""

CONVEX_OPERATIONS = {
    "log_sum_exp": 4 * 1000 * 100,
    "logistic_regression": 4 * 200 * 20,
    "least_squares": 4 * 1000 * 100,
    "logistic_informative": 4 * 1000 * 20,
}
"""Of one gradient of each problem."""

KEPT = 16
"""Bytes that are kept of a step of a run on a problem without a network."""


def _classifier(config: Any, where: Where) -> Work:
    data = _data(config.data)
    network = Classifier((data.features, *config.hidden, data.outputs))
    return sweep_work(config, network, data, where)


def _linear(config: Any, where: Where) -> Work:
    data = Data(config.sizes[0], config.sizes[-1], config.n_examples)
    work = sweep_work(config, LinearNetwork(config.sizes), data, where)
    amounts = dict(work.amounts)
    amounts["moments"] = amounts.pop("gradients")
    drawn = config.trials * data.bytes * 2  # float64, a problem for each trial
    return work._replace(amounts=amounts, memory=work.memory + drawn)


def _spectra(config: Any, where: Where) -> Work:
    data = _data(config.data)
    network = Classifier((data.features, *config.hidden, data.outputs))
    amounts, memory = estimates_work(
        network,
        {"egop": config.blocks},
        config.samples_per_parameter * network.n_parameters,
        config.batch_size or data.examples[0],
        where,
        (torch.float32, torch.float64),
    )
    count = config.trials * (len(config.scales) + bool(config.initialization))
    return Work(added(amounts, times=count), memory + data.bytes, count)


def _block_spectra(config: Any, where: Where) -> Work:
    parts = [_spectra(each, where) for each in block_spectra.settings(config)]
    amounts = added(*(part.amounts for part in parts))
    return Work(amounts, max(part.memory for part in parts), sum(part.runs for part in parts))


def _convex(config: Any, where: Where) -> Work:
    counts = [len(rates) for rates in first_rates(config.methods, config.rates).values()]
    of_problem = 2 * config.trials * (sum(counts) + (config.rates is None) * FINER * len(counts))
    operations = sum(CONVEX_OPERATIONS[name] for name in config.problems)
    runs = of_problem * len(config.problems)
    amounts = {"descents": of_problem * config.epochs * operations / where.threads}
    return Work(amounts, KEPT * runs * config.epochs, runs, config.epochs)


def _two_dimensions(config: Any, where: Where) -> Work:
    runs = 2 * config.trials * sum(len(rates) for _, rates in config.rates)
    gradients = runs * config.epochs + config.trials * config.n_samples
    amounts = {"descents": 8 * config.n_rows * gradients}
    return Work(amounts, 2 * KEPT * runs * config.epochs, runs, config.epochs)


def _schedule(config: Any, where: Where) -> Work:
    return Work({}, 0, 1, config.epochs)


def _data(name: str) -> Data:
    """The shape of the data set that a run would use now."""
    reduced = name in REDUCED and missing(collection(name), None)
    return REDUCED[name] if reduced else DATA[name]


WORK: dict[str, Callable[[Any, Where], Work]] = {
    "two_dimensions": _two_dimensions,
    "convex": _convex,
    "digits": _classifier,
    "fashion": _classifier,
    "linear": _linear,
    "linear_blocks": _linear,
    "spectrum": _spectra,
    "sampling": _spectra,
    "block_spectra": _block_spectra,
    "density": _spectra,
    "schedule": _schedule,
}
"""By experiment, what a Config of it asks for."""
