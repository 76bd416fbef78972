"""R_med of the layers by epoch and by training loss, as far as it was measured."""

import numpy as np
import xarray as xr

from egop.analysis.loss_matching import at_losses, common_levels
from egop.figures.labeled_result import TABLE
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import CHOSEN, Series
from egop.trials import drawable, quantiles

R_MED = "r_med"


def by_epoch_of(
    statistics: RunStatistics, result: xr.Dataset, layer: str, rate: str = CHOSEN
) -> list[Series]:
    """Medians and quartiles over the trials at the epochs at which R_med is known."""
    epochs = result["measured_epoch"].to_numpy().astype(float)
    values = _values(result, layer)
    rows = {
        key: drawable(quantiles(values[key.index], axis=0)) for key in statistics.series_keys(rate)
    }
    return [Series(key, epochs, *row) for key, row in rows.items() if np.isfinite(row[0]).any()]


def by_loss_of(
    statistics: RunStatistics, result: xr.Dataset, layer: str, rate: str = CHOSEN
) -> list[Series]:
    """Medians and quartiles over the trials by training loss, of each method in each basis."""
    values = _values(result, layer)
    losses = result["training_loss"].reindex(epoch=result["measured_epoch"].to_numpy())
    losses = losses.transpose(*TABLE).to_numpy()
    losses = losses / losses[..., :1]
    found = []
    for key in statistics.series_keys(rate):
        levels = common_levels(losses[key.index], values[key.index])
        rows = at_losses(losses[key.index], values[key.index], levels)
        if len(levels):
            found.append(Series(key, levels, *drawable(quantiles(rows, axis=0))))
    return found


def _values(result: xr.Dataset, layer: str) -> np.ndarray:
    """(M, B, L, S, measured epochs)."""
    return result[R_MED].sel(layer=layer).transpose(*TABLE[:4], "measured_epoch").to_numpy()


def layer_title(layer: str) -> str:
    """The name of a layer, or of all parameters."""
    return "all parameters" if layer == "all" else layer
