"""The numbers of an experiment's trials: a run has the first ones, or those of one part.

All randomness of a trial follows from the seed and its number, so that trials 10 to 19 of one run
are those of any other with the same settings.
"""

import json
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from egop import theme
from egop.bounds import Bounds, shown

if TYPE_CHECKING:
    import xarray as xr

COUNT = Bounds(1, 100_000, whole=True)
"""Bounds of the number of trials."""
FIRST = Bounds(0, COUNT.high - 1, whole=True)
"""Bounds of the number of the first one."""


def trial_numbers(config: Any) -> range:
    """The numbers of the trials of a Config with the fields `trials` and `first_trial`."""
    return range(config.first_trial, config.first_trial + config.trials)


def read_trials(value: Any, config: Any) -> dict[str, Any]:
    """The fields of a Config for trials that were given: how many, or a range of their numbers.

    Args:
        value: what was given.
        config: that is to be changed.

    Raises:
        ValueError: a range that is empty, has gaps or leaves the bounds, or another collection; or
            the experiment cannot be run in parts.
    """
    typed = isinstance(value, str) and ":" not in value
    if typed or not isinstance(value, range | slice | Sequence):
        return {"trials": value}
    if not isinstance(value, range) or not _is_part(value):
        raise ValueError(
            f"trials takes {COUNT}, or a range such as range(10, 20) of numbers from 0 on and "
            f"below {COUNT.high:,}, got {shown(value)}"
        )
    if not hasattr(config, "first_trial"):
        raise ValueError(
            f"trials takes {COUNT}, got {shown(value)}: this experiment has no setting "
            "first_trial, so it cannot be run in parts"
        )
    return {"trials": len(value), "first_trial": value.start}


def read_option(text: str) -> int | range:
    """The trials that were typed as an option of a command: N, or A:B for those from A to B − 1.

    Raises:
        ArgumentTypeError: it is neither, or out of bounds.
    """
    first, colon, stop = text.partition(":")
    if not colon:
        return COUNT.read_option(text)
    try:
        part = range(int(first), int(stop))
    except ValueError:
        part = range(0)
    if _is_part(part):
        return part
    raise ArgumentTypeError(
        f"it takes A:B with 0 <= A < B <= {COUNT.high:,} for the trials A to B - 1, such as 10:20, "
        f"got {shown(text)}"
    )


class RatesNeededError(ValueError):
    """Later trials alone that are to search for their rates.

    Attributes:
        typed: the sentence for the command line.
    """

    def __init__(self, config: Any):
        numbers = numbers_words(trial_numbers(config))
        why = "rates are searched for by the medians over all trials, so trials "
        why += f"{numbers} alone take given ones: "
        takes = " takes those of a run that searched"
        super().__init__(f"{why}rates=egop.experiments.rates_from(RUN){takes}")
        self.typed = f"{why}--rates-from RUN{takes}"


def check_part(config: Any) -> None:
    """RatesNeededError if a Config has later trials alone and is to search for its rates."""
    if getattr(config, "first_trial", 0) and getattr(config, "rates", ()) is None:
        raise RatesNeededError(config)


def search_words(config: Any, folder: Any) -> str:
    """The advice to whoever runs the first part of a sweep without rates; "" where it has some.

    Args:
        config: of the part.
        folder: of its run.
    """
    if getattr(config, "rates", ()) is not None:
        return ""
    those = f"those by --rates-from {folder} once it has finished"
    if hasattr(config, "problems"):  # whose rates differ
        return (
            "this part searches for rates on each problem; all parts that are to be merged, these "
            f"trials too, take {those}"
        )
    return f"this part searches for rates; the other parts of the sweep take {those}"


def trials_words(config: Mapping[str, Any]) -> str:
    """The trials of a stored config in words, such as "5 trials" or "10 trials: 10–19"."""
    count, first = config["trials"], config.get("first_trial", 0)
    counted = theme.count_words(count, "trial")
    if not isinstance(first, int) or first <= 0 or count <= 0:  # others may have written it
        return counted
    return f"{counted}: {numbers_words(range(first, first + count))}"


def given_rates_words(config: Mapping[str, Any], merged: Sequence[Mapping[str, Any]]) -> str:
    """The origin of the rates of a stored config that has some, else "".

    Args:
        config: of the run.
        merged: its parts, as the attribute `merged` of results has them.
    """
    if not config.get("rates"):
        return ""
    searched = [part["searched"] for part in merged if part.get("searched")]
    if not searched:
        return "given rates"
    numbers = range(*searched[0])
    trials = f"trial{'s' if len(numbers) > 1 else ''} {numbers_words(numbers)}"
    return f"rates of the search on {trials}"


def held_words(result: "xr.Dataset") -> str:
    """The trials of a result, such as "trials 0–9", and of how many parts they are."""
    numbers = result["trial"].to_numpy().tolist()
    words = f"trial{'s' if len(numbers) > 1 else ''} {numbers_words(numbers)}"
    parts = len(json.loads(result.attrs.get("merged", "[]")))
    return f"{words} of {theme.count_words(parts, 'part')}" if parts else words


def _is_part(numbers: range) -> bool:
    return numbers.step == 1 and 0 <= numbers.start < numbers.stop <= COUNT.high


def part_of(result: "xr.Dataset") -> str:
    """The trials of a part of a sweep, such as "trials 10–19"; "" of those that begin at 0."""
    numbers = result["trial"].to_numpy()
    if not numbers.size or numbers.dtype.kind not in "iu" or numbers[0] <= 0:
        return ""
    if (np.diff(numbers) != 1).any():
        return ""
    return f"trial{'s' if len(numbers) > 1 else ''} {numbers_words(numbers.tolist())}"


def numbers_words(numbers: Sequence[int]) -> str:
    """The numbers of trials that follow each other, such as "10–19" or "10"."""
    return f"{numbers[0]}–{numbers[-1]}" if numbers[-1] != numbers[0] else str(numbers[0])
