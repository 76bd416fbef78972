"""The learning rates that `--rates` or `--rates-from` of `egop experiment` ask for."""

from argparse import Namespace
from typing import Any

from egop.bounds import shown
from egop.experiments import configure, load, rates_from
from egop.experiments.sweep.rates import check_search


def rates_of(asked: Namespace) -> Any:
    """The rates of a run: those that were typed, those of another run, or None for the search.

    Raises:
        FileNotFoundError, ValueError: as `read_rates`, `rates_from` and `check_search`.
    """
    if asked.rates_from is None:
        return read_rates(asked.rates)
    given, found = {"methods": asked.methods, "bases": asked.bases}, load(asked.rates_from)
    changes = {name: value for name, value in given.items() if value is not None}
    rates = rates_from(found)
    check_search(found, configure(asked.name, asked.quick, changes))
    return rates


def read_rates(words: list[str] | None) -> Any:
    """The rates that were typed: pairs of a method and its own, one list for all, or None.

    Raises:
        ValueError: a word that is neither METHOD=RATES nor numbers.
    """
    if words is None:
        return None
    try:
        if not any("=" in word for word in words):
            return [float(number) for word in words for number in word.split(",")]
        pairs = [word.rpartition("=") for word in words]  # options in brackets have their own "="
        return tuple((method, list(map(float, rates.split(",")))) for method, _, rates in pairs)
    except ValueError:
        raise ValueError(
            "--rates takes METHOD=RATE,RATE … or rates for all methods, such as "
            f"adam=0.01,0.02 momentum=0.1, got {shown(' '.join(words))}"
        ) from None
