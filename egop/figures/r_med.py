"""R_med of the layers against the training loss: methods are compared at the same loss.

The loss is a share of that at the start, which all methods of a trial have in common, so that
trials of other problems are put together.
"""

import holoviews as hv
import xarray as xr

from egop.analysis.loss_matching import at_losses, common_levels
from egop.figures.captions import counted, notes, rates_words
from egop.figures.curves import KEYS, diverged, statistics_of
from egop.figures.elements import figure, panel
from egop.figures.labeled_result import TABLE
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import Series
from egop.trials import quantiles

R_MED = "r_med"
EXPLAINED = (
    "R_med = max|Hᵢᵢ|/median|Hᵢᵢ| of the Hessian's diagonal in the coordinates that a method runs "
    "in, of one layer (Jiang, Malik, Li); at losses that all trials of a line pass, as shares of "
    "each trial's at the start."
)


def by_loss(result: xr.Dataset) -> hv.Layout:
    """R_med by training loss, one panel for each layer, at the rate best in original coordinates.

    Args:
        result: with `r_med` (optimizer, basis, learning_rate, trial, measured_epoch, layer).

    Raises:
        KeyError: R_med was not measured.
    """
    statistics = statistics_of(result)
    drawn = {name: series_of(statistics, result, name) for name in result["layer"].values.tolist()}
    panels = [
        panel(
            series,
            KEYS,
            _title(name),
            "training loss / at the start",
            "R_med",
            logx=True,
            logy=True,
            invert_xaxis=True,
        )
        for name, series in drawn.items()
    ]
    words = counted(result, diverged(statistics))
    return figure(panels, words, EXPLAINED, rates_words(statistics), notes(result))


def series_of(statistics: RunStatistics, result: xr.Dataset, layer: str) -> list[Series]:
    """Medians and quartiles over the trials by training loss, of each method in each basis."""
    values = result[R_MED].sel(layer=layer).transpose(*TABLE[:4], "measured_epoch").to_numpy()
    losses = result["training_loss"].reindex(epoch=result["measured_epoch"].to_numpy())
    losses = losses.transpose(*TABLE).to_numpy()
    losses = losses / losses[..., :1]
    found = []
    for key in statistics.series_keys():
        levels = common_levels(losses[key.index], values[key.index])
        rows = at_losses(losses[key.index], values[key.index], levels)
        if len(levels):
            found.append(Series(key, levels, *quantiles(rows, axis=0)))
    return found


def _title(layer: str) -> str:
    return "all parameters" if layer == "all" else layer
