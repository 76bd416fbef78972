"""Checks that a dataset of one's own has the form of a result; what is wrong is one sentence."""

import json
from collections.abc import Hashable, Iterable

import numpy as np
import xarray as xr

from egop.runs.run_table import TABLE_DIMS
from egop.trials import DIVERGED, FINISHED, NOT_RUN, RUNNING

RUN_DIMS = TABLE_DIMS[:5]
"""Dims of `training_loss`."""
MEASURES = (
    "validation_loss",
    "validation_accuracy",
    "test_accuracy",
    "test_loss",
    "gradient_norm",
    "training_loss",
)
"""Variables over `RUN_DIMS`, as far as they are there."""
EXAMPLES = {
    "optimizer": '["adam", "adagrad"]',
    "basis": '["original", "egop"]',
    "learning_rate": "[0.01, 0.1]",
    "block": '["W1", "W2"]',
}
"""Examples of coordinates, by dim."""
FOLLOWS = "without it, it follows from the losses"
STATES = (FINISHED, DIVERGED, RUNNING, NOT_RUN)
ROUND_OFF = 1e-9
"""Eigenvalues may be negative, or ascend, by this share of the largest."""


def check_result(result: xr.Dataset) -> None:
    """Raises ValueError where a dataset is not of the form that `egop.lab.open` describes.

    A dataset that has neither `training_loss` nor `eigenvalues` is left to whoever shows it.
    """
    for name in MEASURES:
        if name in result:
            _check_measure(result[name])
    if "training_loss" in result:
        _check_coordinates(result)
        _check_losses(result["training_loss"])
        _check_status(result)
        _check_rates_given(result)
    for name in ("eigenvalues", "density"):
        if name in result:
            _check_spectrum(result[name], result)
    _check_attributes(result)


def _check_measure(values: xr.DataArray) -> None:
    lacking = [dim for dim in RUN_DIMS if dim not in values.dims]
    beyond = [dim for dim in values.dims if dim not in RUN_DIMS]
    if lacking:
        hint = (
            f'result.rename({beyond[0]}="{lacking[0]}") names it so'
            if beyond
            else f"{_expansion(lacking[0], values)} adds {lacking[0]}"
        )
        raise ValueError(
            f"{values.name} takes the dims {', '.join(RUN_DIMS)}, got {_listed(values.dims)}; "
            f"{hint}"
        )
    if beyond:
        raise ValueError(
            f"{values.name} takes the dims {', '.join(RUN_DIMS)}, got {beyond[0]} as well; "
            f"result.isel({beyond[0]}=0) shows the first of them"
        )
    _check_numbers(values)
    shares = values.to_numpy() if str(values.name).endswith("accuracy") else np.empty(0)
    for odd in shares[(shares > 1) | (shares < 0)]:
        raise ValueError(
            f"{values.name} takes shares from 0 to 1, got {odd:.6g}; divide percents by 100"
        )


def _expansion(dim: str, values: xr.DataArray) -> str:
    """The code that adds a dim."""
    if dim in values.coords or dim in {"trial", "epoch"}:
        return f'result.expand_dims("{dim}")'
    example = {"optimizer": '"adam"', "basis": '"original"'}.get(dim, "0.1")
    return f"result.expand_dims({dim}=[{example}])"


def _check_numbers(values: xr.DataArray) -> None:
    if values.dtype.kind not in "fiu":
        raise ValueError(
            f"{values.name} takes real numbers, got {values.dtype}; convert it by astype(float)"
        )


def _check_coordinates(result: xr.Dataset) -> None:
    for dim in RUN_DIMS:
        least = "2 entries" if dim == "epoch" else "1 entry"
        if result.sizes[dim] < int(least[0]):
            raise ValueError(
                f"{dim} takes at least {least}, got {result.sizes[dim]}; losses are measured at "
                "the start and after each epoch"
            )
    for dim in ("optimizer", "basis"):
        _check_distinct(_names(result, dim), dim)
    rates = _coordinate(result, "learning_rate")
    if rates.dtype.kind not in "fiu" or not (np.isfinite(rates) & (rates > 0)).all():
        raise ValueError(
            f"learning_rate takes numbers above zero, got {_listed(rates.tolist())}; set them by "
            "result.assign_coords(learning_rate=[…])"
        )
    _check_distinct(rates.tolist(), "learning_rate")
    epochs = result["epoch"].to_numpy()
    if epochs.dtype.kind not in "fiu" or not (np.diff(epochs) > 0).all():
        raise ValueError(
            f"epoch takes ascending numbers, 0 the start, got {epochs[:5].astype(str).tolist()}; "
            'result.drop_vars("epoch") counts them'
        )


def _coordinate(result: xr.Dataset, dim: str) -> np.ndarray:
    if dim not in result.coords:
        raise ValueError(
            f"the dim {dim} takes a coordinate, got none; set it by "
            f"result.assign_coords({dim}={EXAMPLES[dim]})"
        )
    return result[dim].to_numpy()


def _names(result: xr.Dataset, dim: str, kind: str = "names") -> list[str]:
    names = _coordinate(result, dim).tolist()
    if not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"{dim} takes {kind}, got {_listed(names)}; set them by "
            f"result.assign_coords({dim}={EXAMPLES[dim]})"
        )
    return names


def _check_distinct(values: list, dim: str) -> None:
    twice = [value for value in values if values.count(value) > 1]
    if twice:
        raise ValueError(
            f"{dim} takes each value once, got {twice[0]!r} twice; rename or leave out one of them"
        )


def _check_losses(loss: xr.DataArray) -> None:
    lowest = float(loss.where(np.isfinite(loss)).min())
    if np.isnan(lowest):
        raise ValueError(
            "training_loss takes the losses of at least one run, got no finite number; "
            "leave NaN only what was not run, or what diverged from there on"
        )
    if lowest < 0:
        raise ValueError(
            f"training_loss takes numbers from 0 on, for its logarithmic axis, got {lowest:.6g}; "
            "subtract the least possible loss"
        )


def _check_status(result: xr.Dataset) -> None:
    if "status" not in result:
        return
    status = result["status"]
    if set(status.dims) != set(RUN_DIMS[:4]):
        raise ValueError(
            f"status takes the dims {', '.join(RUN_DIMS[:4])}, got {_listed(status.dims)}; "
            f"{FOLLOWS}"
        )
    odd = [each for each in np.unique(status.to_numpy().astype(str)) if each not in STATES]
    if odd:
        raise ValueError(
            f"status takes {', '.join(map(repr, STATES))}, got {str(odd[0])!r}; {FOLLOWS}"
        )
    ends = np.isfinite(result["training_loss"].isel(epoch=-1))
    if ((status == FINISHED) & ~ends).any():
        raise ValueError(
            f"status takes {DIVERGED!r} where the last training_loss is NaN or infinite, got "
            f"{FINISHED!r}; {FOLLOWS}"
        )
    if (status == NOT_RUN).all():
        raise ValueError(
            f"status takes {FINISHED!r} for what was run, got {NOT_RUN!r} alone; {FOLLOWS}"
        )


def _check_rates_given(result: xr.Dataset) -> None:
    for name, dims in (("chosen_rate", RUN_DIMS[:1]), ("best_rate", RUN_DIMS[:2])):
        if name not in result:
            continue
        given = result[name]
        if set(given.dims) != set(dims) or given.dtype.kind not in "fiu":
            raise ValueError(
                f"{name} takes numbers with the dims {', '.join(dims)}, got {given.dtype} with "
                f"{_listed(given.dims)}; {FOLLOWS}"
            )
        known, found = result["learning_rate"].to_numpy(), given.to_numpy().ravel()
        odd = [x for x in found if not np.isnan(x) and not np.isclose(known, x, atol=0).any()]
        if odd:
            raise ValueError(
                f"{name} takes rates of learning_rate, {_listed(known.tolist())}, got {odd[0]:g}; "
                f"{FOLLOWS}"
            )


def _check_spectrum(values: xr.DataArray, result: xr.Dataset) -> None:
    if not {"trial", "block", "k"} <= {*values.dims}:
        raise ValueError(
            f"{values.name} takes the dims trial, block and k, got {_listed(values.dims)}; "
            "result.expand_dims adds those that are missing"
        )
    _check_numbers(values)
    _names(result, "block", "names of layers")
    numbers = values.transpose(..., "k").to_numpy().astype(float)
    if values.name == "eigenvalues" and numbers.size:
        _check_eigenvalues(numbers)


def _check_eigenvalues(numbers: np.ndarray) -> None:
    """Checks eigenvalues of an EGOP: none is negative, and λ_1 is the largest."""
    known = numbers[np.isfinite(numbers)]
    if not known.max(initial=0.0) > 0:
        raise ValueError(
            "eigenvalues takes at least one number above zero, got none; an EGOP of zeros has no "
            "spectrum to show"
        )
    room = ROUND_OFF * known.max()
    if known.min(initial=0.0) < -room:
        raise ValueError(
            f"eigenvalues takes numbers from 0 on, as an EGOP's are, got {known.min():.6g}"
        )
    if (np.diff(numbers, axis=-1) > room).any():
        raise ValueError(
            "eigenvalues takes descending numbers along k, the largest first, got an ascent; "
            "turn ascending ones round by result.isel(k=slice(None, None, -1))"
        )


def _check_attributes(result: xr.Dataset) -> None:
    try:
        config = json.loads(result.attrs.get("config", "{}"))
    except (TypeError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ValueError(
            "the attribute config takes settings as JSON, got "
            f"{result.attrs['config']!r:.90}; leave it out or give it another name"
        )
    if not isinstance(share := result.attrs.get("share", 1), (int, float)):
        raise ValueError(
            f"the attribute share takes a number from 0 to 1, got {share!r:.90}; leave it out or "
            "give it another name"
        )


def _listed(values: Iterable[Hashable]) -> str:
    """The first few of some values."""
    found = [str(value) for value in values]
    return ", ".join([*found[:6], "…"] if len(found) > 6 else found) or "none"
