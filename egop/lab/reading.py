"""One result by itself, with its figures and nothing to run: for notebooks and own networks."""

from pathlib import Path
from typing import Any

import panel as pn
import xarray as xr

from egop.experiments import live, load
from egop.lab.refresh import Refresh
from egop.lab.views.watch import Watch, Watched
from egop.runs.completion import completed
from egop.runs.results import current_names
from egop.ui.notebook import load_panel


class Reading(pn.viewable.Viewer):
    """Shows a result; a run that is not finished is followed.

    Args:
        result: a dataset, a run's folder, or its result.nc.
        label: in the legends; None: that of the folder or the experiment.
    """

    def __init__(self, result: Any, label: str | None = None):
        super().__init__()
        load_panel()
        self._folder: Path | None = None
        dataset = self._read_first(result)
        if label is None:
            label = str(dataset.attrs.get("experiment", "this network"))
            label = self._folder.name if self._folder is not None else label
        self.label = label
        self.watch = Watch(titled=True)
        self.watch.show([Watched(label, dataset)])
        if self._folder is not None and "share" in dataset.attrs:
            self._refresh = Refresh(self._read, self._draw)

    def __panel__(self):
        return self.watch.view

    def _read_first(self, result: Any) -> xr.Dataset:
        if isinstance(result, xr.Dataset):
            return completed(current_names(result))
        if not isinstance(result, (str, Path)):
            raise TypeError(
                "egop.lab.open takes a dataset or the folder of a run, got "
                f"{type(result).__name__}; a dataset has the form that its docstring describes"
            )
        path = Path(result)
        if path.is_dir() and (found := live.read(path)) is not None:
            self._folder = path
            return found
        return load(path)

    def _read(self) -> xr.Dataset | None:
        assert self._folder is not None
        return live.read(self._folder)

    def _draw(self, dataset: xr.Dataset | None) -> None:
        if dataset is None:
            return
        self.watch.show([Watched(self.label, dataset)])
        if "share" not in dataset.attrs:
            self._refresh.end()
