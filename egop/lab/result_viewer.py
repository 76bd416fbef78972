"""One result by itself, with its figures and nothing to run: for notebooks and own networks."""

from pathlib import Path
from typing import Any

import panel as pn
import xarray as xr

from egop.experiments import partial_results
from egop.figures.labeled_result import LabeledResult, is_drawn
from egop.lab.polling import Poller
from egop.lab.views.dashboard import Dashboard
from egop.runs.completion import completed
from egop.runs.limited_reading import load, read_dataset
from egop.runs.results import current_names
from egop.runs.validation import check_result
from egop.ui.notebook import load_panel

ZARR = (".zgroup", "zarr.json")
"""Files of which a Zarr folder has one."""


class ResultViewer(pn.viewable.Viewer):
    """Shows a result; a run that is not finished is followed.

    Args:
        result: a dataset, a run's folder, or a file of a dataset.
        label: in the legends; None: the name of the folder, the experiment or the file.
    """

    def __init__(self, result: Any, label: str | None = None):
        super().__init__()
        load_panel()
        self._folder: Path | None = None
        dataset = self._read_first(result)
        if label is None:
            unnamed = Path(result).stem if isinstance(result, (str, Path)) else "this network"
            label = str(dataset.attrs.get("experiment", unnamed))
            label = self._folder.name if self._folder is not None else label
        self.label = label
        self.dashboard = Dashboard(titled=True)
        self.dashboard.show([LabeledResult(label, dataset)])
        if self._folder is not None and "share" in dataset.attrs:
            self._poller = Poller(self._read, self._draw)

    def __panel__(self):
        return self.dashboard.view

    def _read_first(self, result: Any) -> xr.Dataset:
        if isinstance(result, xr.Dataset):
            return _own(result)
        if not isinstance(result, (str, Path)):
            hint = (
                'make one of it by to_dataset(name="training_loss")'
                if isinstance(result, xr.DataArray)
                else "make an xarray.Dataset of the form that its docstring describes"
            )
            raise TypeError(
                "egop.lab.open takes a dataset or the folder of a run, got "
                f"{type(result).__name__}; {hint}"
            )
        path = Path(result)
        if any((path / name).exists() for name in ZARR):
            raise ValueError(
                f"{path} is a Zarr folder; open it by xarray.open_zarr and give the dataset"
            )
        if path.is_dir() and (found := partial_results.read(path)) is not None:
            self._folder = path
            return found
        if path.is_file() and "experiment" not in (found := read_dataset(path)).attrs:
            return _own(found)
        return load(path)

    def _read(self) -> xr.Dataset | None:
        assert self._folder is not None
        return partial_results.read(self._folder)

    def _draw(self, dataset: xr.Dataset | None) -> None:
        if dataset is None:
            return
        self.dashboard.show([LabeledResult(self.label, dataset)])
        if "share" not in dataset.attrs:
            self._poller.stop()


def _own(result: xr.Dataset) -> xr.Dataset:
    """A dataset that somebody made, checked, with what follows from its losses."""
    result = current_names(result)
    if not is_drawn(result.attrs.get("experiment", "")):
        check_result(result)
        result = result.sortby("learning_rate") if "learning_rate" in result else result
    return completed(result)
