"""Values that follow from the losses of a result: the status of runs, and the best rates.

Results of egop hold it; those of one's own network get it here.
"""

import numpy as np
import xarray as xr

from egop.runs.run_table import TABLE_DIMS
from egop.trials import DIVERGED, select_rates, start_value, status_of

DIMS = TABLE_DIMS[:5]


def completed(result: xr.Dataset) -> xr.Dataset:
    """A result with `status`, `best_rate` and `chosen_rate`; those that it has stay.

    Rates are chosen by the median of final training losses (`select_rates`).
    """
    loss = result.get("training_loss")
    if loss is None or set(loss.dims) != set(DIMS):
        return result
    made = {}
    if "status" not in result:
        made["status"] = DIMS[:4], status_of(loss.transpose(*DIMS).to_numpy())
    if not {"best_rate", "chosen_rate"} <= {*result.data_vars}:
        lost = result.assign(made)["status"] == DIVERGED
        best = _best_rates(loss.where(~lost), result["learning_rate"].to_numpy())
        if "best_rate" not in result:
            made["best_rate"] = DIMS[:2], best, {"chosen_by": "training_loss"}
        if "chosen_rate" not in result:
            names = [str(name) for name in result["basis"].values]
            original = names.index("original") if "original" in names else 0
            made["chosen_rate"] = DIMS[0], best[:, original]
    return result.assign(made)


def _best_rates(loss: xr.DataArray, rates: np.ndarray) -> np.ndarray:
    """(optimizer, basis) NaN where every rate diverged."""
    curves = loss.transpose("optimizer", "basis", "trial", "learning_rate", "epoch").to_numpy()
    start = start_value(curves[..., 0])
    order = np.argsort(rates)
    ends = curves[..., order, -1]
    never = np.full(ends.shape[1:], -1)
    return np.stack([select_rates(rates[order], each, never, start) for each in ends])
