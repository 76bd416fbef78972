"""Sentences of the captions: trials, divergence, rates, and what is known of the data."""

from typing import Any

import numpy as np

from egop import theme
from egop.analysis.basis_costs import costs_sentence
from egop.experiments.trial_numbers import part_of
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import FLOOR, basis_label


def counted(result: Any, diverged: int) -> str:
    """The number of trials, which ones in a part of a sweep, and of runs that count as infinite."""
    n_trials, part = result.sizes["trial"], in_brackets(result)
    said = f"Lines: one trial{part}."
    if n_trials > 1:
        said = f"Lines: medians of {n_trials} trials{part}; bands: the middle half"
        said += f"{', of all but controls' if has_controls(result) else ''}."
    count = "counts" if diverged == 1 else "count"
    runs = theme.count_words(diverged, "run")
    return f"{said} {runs} that diverged {count} as ∞." if diverged else said


def has_controls(result: Any) -> bool:
    """True if a result has bases that are controls, which are drawn without bands."""
    return "basis" in result.coords and bool({*result["basis"].values} & {*theme.CONTROL_WIDTHS})


def in_brackets(result: Any) -> str:
    """The numbers of the trials of a part of a sweep, such as " (trials 10–19)"; else ""."""
    numbers = part_of(result)
    return f" ({numbers})" if numbers else ""


def floor_words(numbers: Any) -> str:
    """Numbers below the lowest that is drawn; "" if there are none."""
    below = bool((numbers < FLOOR).any())
    return f"Numbers below {theme.number(FLOOR)} are drawn there." if below else ""


def notes(result: Any) -> str:
    """A note on the data of a result, such as that they are reduced, and what its bases cost."""
    note = str(result.attrs.get("data_note", "")).strip()
    stop = "." if note and note[-1] not in ".!?" else ""
    return " ".join(filter(None, (note + stop, costs_sentence(result))))


def rates_words(statistics: RunStatistics, of: str = "") -> str:
    """The rate of each method, which is best in original coordinates or else in its first basis.

    Args:
        statistics: of a result.
        of: such as " of the losses by epoch", where other rates are drawn beside.
    """
    known: dict[str, list[str]] = {}
    for place, rate in enumerate(statistics.chosen_rates):
        name = theme.label(statistics.methods[place])
        words = f"{name} {'none converges' if np.isnan(rate) else theme.number(rate)}"
        known.setdefault(statistics.reference(place), []).append(words)
    said = "; ".join(
        f"the best in {basis_label(basis)}: {', '.join(words)}" for basis, words in known.items()
    )
    return f"Rates{of}, {said}."


def estimates_words(result: Any) -> str:
    """The number of estimates of the EGOP, and of gradients in each."""
    n, part = result.sizes["trial"], in_brackets(result)
    said = f"One estimate{part}." if n == 1 else f"Medians of {n} estimates{part}."
    samples = np.unique(result["n_samples"]).astype(int) if "n_samples" in result else []
    known = " and ".join(map(str, samples))
    return f"{said} M = {known} gradients." if known else said
