"""Sentences on what a method was not trained on, and on the best rate of each basis.

Bases are compared at one rate, where the training loss may fall and that of the test set rise.
"""

from collections.abc import Sequence

from egop import theme
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import BEST, Series, basis_label
from egop.lab.views.scales import METRICS, Metric

MOST_BASES = 3
"""Bases beside the original coordinates of which a sentence tells one by one."""
HELD_OUT = ("test_loss", "test_accuracy", "validation_loss", "validation_accuracy")
"""Measures on data that nothing was trained on, the first one that a result has counts."""


def held_out(statistics: RunStatistics) -> str:
    """The measure of a result on data that nothing was trained on; "" without one."""
    return next((name for name in HELD_OUT if statistics.has(name)), "")


def told(
    lines: Sequence[Series], metric: Metric, at: int | None = None, *, rates: bool = False
) -> str:
    """Such as "test loss 0.3 in original coordinates, 0.2 in EGOP coordinates"; "" of no line.

    Args:
        lines: original coordinates first.
        metric: what they are.
        at: the place of the epoch; None: the last that is known of all lines.
        rates: whether the rate of each is told.
    """
    known = [line for line in lines if not line.key.lost and line.last_place > 0]
    at = min((line.last_place for line in known), default=0) if at is None else at
    numbers = [float(line.median[at]) for line in known]
    words = []
    for line, value in zip(known, numbers, strict=True):
        rate = f" at rate {theme.number(line.key.rate)}" if rates else ""
        words.append(f"{metric.write(value)} in {basis_label(line.key.basis)}{rate}")
    if len(known) > 1 + MOST_BASES:
        others = sorted(numbers[2:])
        ends = f"{metric.write(others[0])} to {metric.write(others[-1])} in the others"
        words = [*words[:2], ends]
    return f"{metric.short} {', '.join(words)}" if words else ""


def best_rates_words(statistics: RunStatistics, method: str, shown: Sequence[Series]) -> str:
    """A sentence on a method in each basis at its own best rate; "" where that is said already.

    Args:
        statistics: of the run.
        method: its name.
        shown: the lines that the sentence before tells of.
    """
    name = held_out(statistics) or "training_loss"
    best = [line for line in statistics.by_epoch(name, BEST) if line.key.method == method]
    rates = {line.key.basis: line.key.rate for line in shown}
    is_new = any(rates.get(line.key.basis, line.key.rate) != line.key.rate for line in best)
    if len(best) < 2 or not is_new:
        return ""
    by = str(statistics.dataset["best_rate"].attrs.get("chosen_by", ""))
    rule = f" by {METRICS[by].short}" if by in METRICS else ""
    words = told(sorted(best, key=_is_rotated), METRICS[name], rates=True)
    return f" Each basis at its own best rate{rule}: {words}." if words else ""


def _is_rotated(line: Series) -> bool:
    return line.key.basis != "original"
