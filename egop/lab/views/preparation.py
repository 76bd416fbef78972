"""What takes time when a run is shown, computed beforehand."""

import xarray as xr

from egop.lab.views.choice import Choice
from egop.lab.views.medians import Table
from egop.lab.views.scales import METRICS
from egop.lab.views.spectra import parts_of
from egop.lab.views.watched import Watched


def prepare(dataset: xr.Dataset) -> None:
    """Computes medians and spectra: call it in the thread that reads the dataset."""
    watched = Watched("", dataset)
    try:
        kind = watched.kind
    except ValueError:  # said when it is shown
        return
    if kind != "drawn":
        parts_of(watched)
    if kind == "curves":
        table, usual = Table(watched), Choice()
        for name in filter(table.has, METRICS):
            table.lines(name, usual)
            table.moments(name, len(table.epochs) - 1)
