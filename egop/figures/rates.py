"""Numbers reached by learning rate: figures 3, 10 and 11."""

from typing import Any

import holoviews as hv
import numpy as np
import xarray as xr

from egop import theme
from egop.figures.captions import counted, floor_words, notes, rates_words
from egop.figures.curves import KEYS, by_epoch, diverged, statistics_of
from egop.figures.elements import figure, panel
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import HEADROOM
from egop.trials import start_value


def linear(result: xr.Dataset) -> hv.Layout:
    """(a) training loss by epoch, (b) final loss and (c) minimal validation loss by rate."""
    statistics = statistics_of(result)
    panels = [
        by_epoch(statistics, "training_loss", "(a) training"),
        by_rate(statistics, "training_loss", "(b) final training loss"),
        by_rate(statistics, "validation_loss", "(c) minimal validation loss", best=True),
    ]
    lost = diverged(statistics) + diverged_at_rates(statistics)
    floor = floor_words(result["training_loss"])
    return figure(panels, counted(result, lost), rates_words(statistics), floor)


def digits(result: xr.Dataset) -> hv.Layout:
    """Final training loss and final test accuracy by rate."""
    return _classifier(result, "test_accuracy", "final test accuracy")


def fashion(result: xr.Dataset) -> hv.Layout:
    """Final training loss and maximal validation accuracy by rate."""
    return _classifier(result, "validation_accuracy", "maximal validation accuracy", best=True)


def by_rate(statistics: RunStatistics, variable: str, title: str, best: bool = False) -> hv.Overlay:
    """Returns medians by rate of every method and basis, of the last or of the best epoch.

    A rate at which half of the trials diverged is a gap in the line.
    """
    log = variable.endswith("loss")
    drawn = statistics.ends_by_rate(variable, best)
    lowest, highest = statistics.rates[[0, -1]]
    axes: dict[str, Any] = {
        "xlim": (lowest / 1.2, 1.2 * highest),
        "xticks": _decades(lowest, highest),
    }
    if log:
        drawn = [each.floored() for each in drawn]
        axes["ylim"] = _limits(statistics, variable, np.concatenate([each.high for each in drawn]))
    name = variable.replace("_", " ")
    return panel(drawn, KEYS, title, "learning rate", name, logx=True, logy=log, **axes)


def diverged_at_rates(statistics: RunStatistics) -> int:
    """Returns how many runs diverged at any rate."""
    return int((statistics.status == "diverged").sum())


def _classifier(result: xr.Dataset, accuracy: str, title: str, best: bool = False) -> hv.Layout:
    statistics = statistics_of(result)
    panels = [
        by_rate(statistics, "training_loss", "final training loss"),
        by_rate(statistics, accuracy, title, best),
    ]
    floor = floor_words(result["training_loss"])
    words = counted(result, diverged_at_rates(statistics))
    return figure(panels, words, floor, notes(result))


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    """Returns the labeled powers of ten of an axis; its ends where it holds none."""
    powers = np.arange(np.ceil(np.log10(low) - 1e-9), np.log10(high) + 1e-9)
    ticks = 10.0**powers if powers.size else np.unique([low, high])
    return [(float(tick), theme.number(tick)) for tick in ticks]


def _limits(statistics: RunStatistics, variable: str, drawn: np.ndarray) -> tuple:
    """Returns limits that keep losses far above the start from pressing the others together."""
    start = start_value(statistics.of(variable)[..., 0]) or 1.0
    most = np.max(drawn, initial=0.0, where=np.isfinite(drawn))
    return None, HEADROOM * start if most > HEADROOM * start else None
