"""The table of an example: losses, steps and seconds of Adam in each basis, the basis included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import egop
from benchmarks.examples.bases import entries
from benchmarks.examples.example import Example, reset
from egop.theme import number
from egop.trials import quantiles

RATES = (0.001, 0.003, 0.01, 0.03)
"""Fixed before any result was seen; the best of them is taken for each basis by itself."""
TUNING_SEED, SEED = 1, 0
"""Rates are tuned on one trial of the first seed, by the training loss, which is what steps are
counted to; measured are the trials of the second."""
AT_AN_END = "†"
"""Marks a rate that is the smallest or the largest of those tried."""
WORDS = {"inputs": "inputs of each layer", "data": "inputs of each layer"}
"""Names of bases in tables; those of the inputs were "data" in older results."""
HEAD = (
    "coordinates",
    "rate",
    "training loss",
    "validation loss",
    "steps to Adam's loss",
    "seconds to it, basis included",
    "gradients of the basis",
    "seconds of the basis",
    "ms a step",
)


@dataclass(frozen=True)
class Row:
    """Medians over the trials of Adam in one basis.

    Attributes:
        coordinates: "original", or the name of the basis in results.
        rate: the best.
        training_loss: at the end.
        validation_loss: likewise.
        steps: until the training loss is what Adam in original coordinates ends with in that
            trial, seen at the ends of epochs; ∞ where that is never so.
        seconds: likewise, with those of the basis.
        basis_gradients: that the basis was estimated from.
        basis_seconds: that this took.
        step_seconds: of one step.
    """

    coordinates: str
    rate: float
    training_loss: float
    validation_loss: float
    steps: float
    seconds: float
    basis_gradients: float
    basis_seconds: float
    step_seconds: float

    def is_at_an_end(self, rates: Sequence[float]) -> bool:
        """True if the best rate is an end of those tried, so that others may be better."""
        return self.rate in (min(rates), max(rates))

    def cells(self, rates: Sequence[float] = RATES) -> list[str]:
        """The row as it is printed."""
        return [
            WORDS.get(self.coordinates, self.coordinates),
            number(self.rate) + AT_AN_END * self.is_at_an_end(rates),
            number(self.training_loss, 3),
            number(self.validation_loss, 3),
            number(self.steps, 4),
            number(self.seconds, 3),
            number(self.basis_gradients, 4),
            number(self.basis_seconds),
            number(1000 * self.step_seconds),
        ]


def measured(
    example: Example,
    device: str,
    trials: int,
    on_progress: Callable[[float, str], None] = lambda share, words: None,
) -> xr.Dataset:
    """The result of `egop.compare` for an example, each basis at the rate tuned for it.

    Args:
        example: built for the device.
        device: "cpu" or "cuda".
        trials: at least 3 for medians that mean something.
        on_progress: as `egop.compare` takes it.
    """
    model, optimizers = example.model.to(device), entries(example)
    alone = {"train": example.loaders["train"]}
    shared: dict[str, Any] = {
        "epochs": example.epochs,
        "initialize": reset,
        "controls": False,
        "on_progress": on_progress,
    }
    tuned = egop.compare(
        model, example.loss, alone, optimizers, RATES, trials=1, seed=TUNING_SEED, **shared
    )
    labels = tuned["label"].squeeze("optimizer").values.tolist()
    best = tuned["best_rate"].squeeze("optimizer").values.tolist()
    rates = {label: [rate] for label, rate in zip(labels, best, strict=True)}
    return egop.compare(
        model, example.loss, example.loaders, optimizers, rates, trials=trials, seed=SEED, **shared
    )


def rows(result: xr.Dataset) -> list[Row]:
    """The rows of a result in which each basis has one rate, the first in original coordinates."""
    found = []
    result = result.squeeze("optimizer")
    target = None
    for basis in result["basis"].values.tolist():
        rate = float(result["best_rate"].sel(basis=basis))
        run = result.sel(basis=basis).sel(learning_rate=rate)
        losses = run["training_loss"].to_numpy()
        target = losses[:, -1] if target is None else target
        clock = run["seconds"].cumsum("epoch").to_numpy() + run["basis_seconds"].to_numpy()[:, None]
        reached = losses <= target[:, None]
        first, ever = reached.argmax(axis=1), reached.any(axis=1)
        steps = np.where(ever, run["step"].to_numpy()[first], np.inf)
        seconds = np.where(ever, clock[np.arange(len(first)), first], np.inf)
        found.append(
            Row(
                "EGOP, dense" if basis == "egop" else basis,
                rate,
                _median(losses[:, -1]),
                _median(run["validation_loss"].to_numpy()[:, -1]),
                _median(steps),
                _median(seconds),
                _median(run["basis_gradients"].to_numpy()),
                _median(run["basis_seconds"].to_numpy()),
                _median(run["seconds"].sum("epoch").to_numpy() / int(run["step"][-1])),
            )
        )
    return found


def markdown(title: str, found: Sequence[Row], trials: int, rates: Sequence[float] = RATES) -> str:
    """The table of an example, with its heading, and what the mark of a rate means."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells(rates) for row in found)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    note = f"\n{AT_AN_END} At an end of the rates that were tried: others may be better.\n"
    note = note if any(row.is_at_an_end(rates) for row in found) else ""
    return f"## {title[0].upper()}{title[1:]}\n\nMedians of {trials} trials.\n\n{table}\n{note}"


def _median(values: np.ndarray) -> float:
    """The median, in which a run that diverged counts as +∞."""
    return float(quantiles(np.where(np.isnan(values), np.inf, values), 0, (0.5,))[0])
