"""Results of experiments with planted numbers, in the form that the experiments give them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from egop.runs.manifest import FORMAT
from egop.runs.results import write

METHODS = ("adagrad", "adam", "gradient_descent", "momentum")
RATES = (0.01, 0.1, 1.0)
CHOSEN = 0.1


def described(dataset: xr.Dataset, experiment: str, **config: Any) -> xr.Dataset:
    return dataset.assign_attrs(
        format=FORMAT,
        egop="0.1.0",
        experiment=experiment,
        config=json.dumps(config),
        seed=0,
        device="cpu",
        threads=2,
        versions="{}",
        grouping="{}",
        data_fingerprint="",
        data_note="",
        created="2025-03-01T10:00:00+00:00",
    )


def store(result: xr.Dataset, folder: Path) -> None:
    """The result as the folder of a finished run."""
    folder.mkdir()
    words = {key: result.attrs[key] for key in ("format", "experiment", "device", "created")}
    manifest = {**words, "config": json.loads(result.attrs["config"]), "versions": {}}
    (folder / "config.json").write_text(json.dumps(manifest))
    write(result, folder)


def sweep(
    finals: Mapping[tuple[str, str], float],
    trials: int = 6,
    epochs: int = 10,
    bases: tuple[str, ...] = ("original", "egop"),
    accuracy: float | Mapping[tuple[str, str], float] = 0.955,
    validation: Mapping[tuple[str, str], float] | None = None,
    steeper: float = 1.0,
) -> xr.Dataset:
    """A sweep whose losses fall from 1 to these at the rate 0.1, and to 10 times them at others.

    At larger rates, in other bases than the original one, they are lower by the factor `steeper`.

    Trials differ by small factors around 1, whose median is 1.
    """
    methods = tuple(dict.fromkeys(method for method, _ in finals))
    factors = np.linspace(-0.02, 0.02, trials) + 1
    shape = (len(methods), len(bases), len(RATES), trials, epochs + 1)

    def curves(ends: Mapping[tuple[str, str], float]) -> np.ndarray:
        last = np.array([[ends[m, b] for b in bases] for m in methods])[..., None, None]
        last = last * np.where(np.array(RATES) == CHOSEN, 1, 10)[:, None] * factors
        rotated = np.array([each != "original" for each in bases])[:, None, None]
        last = last / np.where(rotated & (np.array(RATES) > CHOSEN)[:, None], steeper, 1.0)
        return np.broadcast_to(last[..., None] ** (np.arange(epochs + 1) / epochs), shape).copy()

    if not isinstance(accuracy, Mapping):
        accuracy = dict.fromkeys(finals, accuracy)
    peaks = np.array([[accuracy[m, b] for b in bases] for m in methods])[..., None, None, None]
    rising = peaks * (0.5 + 0.5 * np.sin(np.pi * np.arange(epochs + 1) / epochs))
    dims = ("optimizer", "basis", "learning_rate", "trial", "epoch")
    chosen = np.full((len(methods), len(bases)), CHOSEN)
    return xr.Dataset(
        {
            "training_loss": (dims, curves(finals)),
            "validation_loss": (dims, curves(validation or finals)),
            "gradient_norm": (dims, curves(finals)),
            "validation_accuracy": (dims, np.broadcast_to(rising, shape).copy()),
            "test_accuracy": (dims, np.broadcast_to(rising, shape) * 0.99),
            "status": (dims[:4], np.full(shape[:4], "finished")),
            "diverged_at": (dims[:4], np.full(shape[:4], -1)),
            "best_rate": (("optimizer", "basis"), chosen),
            "chosen_rate": ("optimizer", chosen[:, 0]),
        },
        coords={
            "optimizer": list(methods),
            "basis": list(bases),
            "learning_rate": list(RATES),
            "trial": np.arange(trials),
            "epoch": np.arange(epochs + 1),
        },
    )


def diverge(result: xr.Dataset, method: str, basis: str, trials: list[int]) -> xr.Dataset:
    """The result with some trials of some runs diverged at every rate after the first epoch."""
    result = result.copy(deep=True)
    where = {"optimizer": method, "basis": basis, "trial": trials}
    result["status"].loc[where] = "diverged"
    for name in result.data_vars:
        if "epoch" in result[name].dims:
            result[name].loc[{**where, "epoch": result["epoch"][1:]}] = np.nan
    return result


def with_controls() -> xr.Dataset:
    """Digits in four bases, two of them controls, in which gradient descent was not run."""
    bases = ("original", "egop", "data", "random")
    methods = ("adam", "gradient_descent")
    finals = {(m, b): 10.0 ** -(k + 1) for m in methods for k, b in enumerate(bases)}
    result = described(sweep(finals, trials=6, bases=bases), "digits")
    where = {"optimizer": "gradient_descent", "basis": ["data", "random"]}
    result["status"].loc[where] = "not run"
    result["best_rate"].loc[where] = np.nan
    for name in result.data_vars:
        if "epoch" in result[name].dims:
            result[name].loc[where] = np.nan
    return result


def convex(finals: Mapping[str, Mapping[tuple[str, str], float]], **sizes: Any) -> xr.Dataset:
    """Sweeps of several problems, whose f* is 2 where it is known and whose losses are f − f*."""
    parts: list[xr.Dataset] = []
    for name, ends in finals.items():
        part = sweep(ends, **sizes).drop_vars(
            ["validation_loss", "validation_accuracy", "test_accuracy"]
        )
        known = not name.startswith("logistic")
        minimum = np.full(part.sizes["trial"], 2.0 if known else np.nan)
        parts.append(
            part.assign(training_loss=part["training_loss"] + 2, minimum=("trial", minimum))
        )
    joined: xr.Dataset = xr.concat(parts, xr.IndexVariable("problem", list(finals)), join="exact")
    return joined


def spectra(
    decay: Mapping[str, Mapping[str, tuple[int, float]]],
    dim: str = "distribution",
    density: float = 0.6,
    trials: int = 1,
) -> xr.Dataset:
    """Spectra λ_k = k^−power of blocks of some sizes: {name: {block: (size, power)}}."""
    blocks = list(next(iter(decay.values())))
    largest = max(size for row in decay.values() for size, _ in row.values())
    shape = (len(decay), trials, len(blocks), largest)
    values, betas = np.full((2, *shape), np.nan)
    rank = np.empty(shape[:3])
    for i, row in enumerate(decay.values()):
        for j, (size, power) in enumerate(row.values()):
            spectrum = np.arange(1, size + 1.0) ** -power
            values[i, :, j, :size] = 7 * spectrum
            betas[i, :, j, :size] = density
            rank[i, :, j] = np.sqrt(spectrum).sum()
    dims = (dim, "trial", "block", "k")
    return xr.Dataset(
        {
            "eigenvalues": (dims, values),
            "density": (dims, betas),
            "stable_rank": (dims[:3], rank),
            "gap": (dims[:3], values[..., 0] / values[..., 1]),
            "n_samples": (dims[:2], np.full(shape[:2], 24100)),
        },
        coords={
            dim: list(decay),
            "trial": np.arange(trials),
            "block": blocks,
            "k": np.arange(1, largest + 1),
        },
    )
