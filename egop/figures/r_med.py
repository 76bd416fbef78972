"""R_med of the layers against the training loss: methods are compared at the same loss.

The loss is a share of that at the start, which all methods of a trial have in common, so that
trials of other problems are put together.
"""

import holoviews as hv
import xarray as xr

from egop.figures.captions import counted, notes, rates_words
from egop.figures.curves import KEYS, diverged, statistics_of
from egop.figures.elements import figure, panel
from egop.figures.r_med_series import by_loss_of, layer_title

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
    drawn = {name: by_loss_of(statistics, result, name) for name in result["layer"].values.tolist()}
    panels = [
        panel(
            series,
            KEYS,
            layer_title(name),
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
