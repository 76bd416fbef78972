"""Medians and spectra of a result, computed before it is shown."""

import xarray as xr

from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.lab.views.scales import METRICS
from egop.lab.views.spectra import parts_of


def precompute(dataset: xr.Dataset) -> None:
    """Computes medians and spectra: call it in the thread that reads the dataset."""
    result = LabeledResult("", dataset)
    try:
        kind = result.kind
    except ValueError:  # said when it is shown
        return
    if kind != "drawn":
        parts_of(result)
    if kind == "curves":
        statistics = RunStatistics(result)
        for name in filter(statistics.has, METRICS):
            statistics.by_epoch(name)
            statistics.moments(name, len(statistics.epochs) - 1)
