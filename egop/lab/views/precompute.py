"""What takes time when a run is shown, computed beforehand."""

import xarray as xr

from egop.lab.views.labeled_result import LabeledResult
from egop.lab.views.run_statistics import RunStatistics
from egop.lab.views.scales import METRICS
from egop.lab.views.selection import Selection
from egop.lab.views.spectra import parts_of


def prepare(dataset: xr.Dataset) -> None:
    """Computes medians and spectra: call it in the thread that reads the dataset."""
    watched = LabeledResult("", dataset)
    try:
        kind = watched.kind
    except ValueError:  # said when it is shown
        return
    if kind != "drawn":
        parts_of(watched)
    if kind == "curves":
        table, usual = RunStatistics(watched), Selection()
        for name in filter(table.has, METRICS):
            table.lines(name, usual)
            table.moments(name, len(table.epochs) - 1)
