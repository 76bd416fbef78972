"""Learning rates that are tried: the search of App. D.2, for every experiment.

First the powers of ten from 1e-3 to 100; then 1, 2, 4, 8 × 10^k between the neighbors of the best
of them, in each basis. The rates can be given instead.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.analysis.rate_grids import PAPER_RANGE, SAME_RATE, finer_rates
from egop.bounds import Bounds, shown
from egop.experiments.checks import check_distinct
from egop.extras import needed
from egop.methods import names, nearest
from egop.trials import NOT_RUN

if TYPE_CHECKING:
    import xarray as xr

Rates = tuple[tuple[str, tuple[float, ...]], ...]
"""Given rates by method, as a frozen config holds them."""
RATE = Bounds(5e-324, 1e100)
MOST_RATES = 1000
"""The most rates of one method."""
FINER = 8
"""Rates of a method in the second stage of the search: 6, or more where bases differ."""


def read_rates(rates, methods: Sequence[str]) -> Rates | None:
    """Given rates in the form of a config, in the order of the methods; None stays None.

    Args:
        rates: by method, such as {"adam": [0.01, 0.02]}, or in the form of a config; or one list
            for all methods.
        methods: the names of those that the experiment compares.

    Raises:
        ValueError: a method that the experiment does not have or that is named twice, or rates
            that are not positive.
    """
    if rates is None:
        return None
    pairs = by_method(rates)
    table = dict.fromkeys(methods, rates) if pairs is None else dict(pairs)
    check_distinct("rates", [method for method, _ in pairs or ()])
    for method in table:
        if method not in methods:
            kind = "method of this experiment" if method in names() else "method"
            raise ValueError(f"rates: unknown {kind} {method!r}; {nearest(method, methods)}")
    return tuple((each, read_row(each, table[each])) for each in methods if each in table)


def by_method(rates: Any) -> list[tuple[Any, Any]] | None:
    """Pairs of a method and its rates; None where one list is for all, or the search for them."""
    if isinstance(rates, Mapping):
        return list(rates.items())
    paired = isinstance(rates, tuple) and all(
        isinstance(each, tuple) and len(each) == 2 for each in rates
    )
    return list(rates) if paired else None


def read_row(name: str, row: Any) -> tuple[float, ...]:
    """The rates of one method, ascending and each once.

    Args:
        name: of the method, for sentences.
        row: numbers.

    Raises:
        ValueError: no rates, too many, or some that are not positive.
    """
    try:
        numbers = np.unique(np.asarray(row, dtype=float))
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if not 0 < numbers.size <= MOST_RATES or not RATE.low <= numbers[0] <= numbers[-1] <= RATE.high:
        raise ValueError(
            f"rates of {name} take positive numbers, at most {MOST_RATES:,} of them "
            f"and none above {RATE.high:g}, got {shown(row)}"
        )
    return tuple(numbers.tolist())


def first_rates(methods: Sequence[str], given: Rates | None) -> dict[str, np.ndarray]:
    """The rates to begin with, by method: the given ones, or the powers of ten."""
    if given is not None:
        return {method: np.array(rates) for method, rates in given}
    low, high = PAPER_RANGE
    return {method: 10.0 ** np.arange(low, high + 1) for method in methods}


def rates_from(run: "str | Path | xr.Dataset") -> dict[str, list[float]]:
    """The learning rates that the search of App. D.2 comes to after a run, by method.

    Those that the run tried; where a method tried the powers of ten that a search begins with, and
    no others, also those that it goes on with, around the best of them.

    Args:
        run: the folder of a finished run, its result.nc, or its result.

    Raises:
        FileNotFoundError: there is no run, or it is not finished.
        ValueError: it is damaged, of another version, or has no learning rates.
    """
    with needed("egop.experiments", extra="networks"):
        from egop.runs.results import load
    result = load(run) if isinstance(run, str | Path) else run
    if not {"learning_rate", "status"} <= {*result.variables}:
        name = result.attrs.get("experiment", "another experiment")
        raise ValueError(f"rates_from takes a run that has learning rates, got one of {name}")
    made = result["status"] != NOT_RUN
    others = [dim for dim in made.dims if dim not in {"optimizer", "learning_rate"}]
    known = made.any(others).transpose("optimizer", "learning_rate").to_numpy()
    rates, names = result["learning_rate"].to_numpy(), result["optimizer"].to_numpy().tolist()
    tried = {method: rates[row] for method, row in zip(names, known, strict=True)}
    begun = {
        method: result["best_rate"].sel({"optimizer": method}).to_numpy().ravel()
        for method, first in first_rates(names, None).items()
        if len(tried[method]) == len(first) and np.allclose(tried[method], first, SAME_RATE, 0.0)
    }
    later = next_rates(begun, {method: tried[method] for method in begun})
    found = {method: np.sort([*row, *later.get(method, ())]) for method, row in tried.items()}
    return {method: row.tolist() for method, row in found.items()}


def check_search(run: "xr.Dataset", config: Any) -> None:
    """ValueError if a run whose rates are taken compared other methods or bases than a Config.

    Args:
        run: its result.
        config: of the run that takes them.
    """
    stored = json.loads(run.attrs.get("config", "{}"))
    for name in ("methods", "bases"):
        ours, theirs = list(getattr(config, name, ())), list(stored.get(name, ()))
        if ours and theirs and ours != theirs:
            raise ValueError(
                f"--rates-from takes a run with the same {name}, {', '.join(ours)}, got one with "
                f"{', '.join(theirs)}; give --{name} {' '.join(theirs)}, or another run"
            )


def next_rates(
    best: Mapping[str, np.ndarray], tried: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The rates to go on with, by method; a method without any is left out.

    Args:
        best: (B,) the best rate of each basis; NaN where every one diverges.
        tried: (L,) the rates so far.
    """
    finer = {method: finer_rates(best[method], rates) for method, rates in tried.items()}
    return {method: rates for method, rates in finer.items() if len(rates)}


def expected_rates(methods: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns as many rates as `next_rates` usually gives, to count what a search costs."""
    return {method: np.arange(1.0, FINER + 1) for method in methods}
