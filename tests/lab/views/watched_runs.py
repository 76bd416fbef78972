"""Runs to look at, with planted numbers, and what the browser draws of a packet."""

import numpy as np
import xarray as xr

from egop.figures.labeled_result import LabeledResult
from egop.lab.views.dashboard import Dashboard
from egop.ui.packing import unpack
from tests.experiments.planted_results import CHOSEN, described, spectra, sweep

FINALS = {
    ("adagrad", "original"): 1e-2,
    ("adagrad", "egop"): 1e-3,
    ("adam", "original"): 1e-4,
    ("adam", "egop"): 1e-6,
}
LAYERS = {"digits": {"W1": (300, 2.0), "W2": (40, 1.0)}}


def digits(trials: int = 6, epochs: int = 10) -> xr.Dataset:
    """A finished sweep with two layers' spectra."""
    layers = spectra(LAYERS, dim="data", trials=trials).isel(data=0, drop=True)
    result = sweep(FINALS, trials=trials, epochs=epochs).merge(layers)
    worse = xr.where(result["learning_rate"] == CHOSEN, 1.0, 0.9)
    result["validation_accuracy"] = result["validation_accuracy"] * worse
    return described(result, "digits", trials=trials, epochs=epochs)


def so_far(result: xr.Dataset, epoch: int, trials: int | None = None) -> xr.Dataset:
    """The part of a result that was known when so many epochs of some trials were trained."""
    begun = result["trial"] < (trials or result.sizes["trial"])
    known = {}
    for name in (each for each in result.data_vars if "epoch" in result[each].dims):
        part = result[name].where(result["epoch"] <= epoch)
        known[name] = part.where(begun) if "trial" in part.dims else part
    status = result["status"].where(~begun, "running").where(begun, "not run")
    made = result.assign({**known, "status": status})
    return made.assign_attrs(share=epoch / result.sizes["epoch"], words="stage 1")


def with_paths(result: xr.Dataset) -> xr.Dataset:
    """Straight paths from 0 to (1, 2) and (2, 4) in a bowl, of which the plane shows a quarter."""
    dims = ("optimizer", "basis", "learning_rate", "epoch")
    shape = [result.sizes[dim] for dim in dims]
    along = np.linspace(0, 1, shape[-1]) * np.array([1.0, 2.0])[:, None, None, None]
    one = np.broadcast_to(along, shape)
    axis = np.linspace(-2, 6, 41)
    bowl = 1e-3 + (axis[:, None] - 1) ** 2 + (axis - 2) ** 2
    return result.assign(
        projection=((*dims, "axis"), np.stack([one, 2 * one], axis=-1).astype(np.float32)),
        share_of_movement=(dims, np.full(shape, 0.25, dtype=np.float32)),
        loss_plane=(("a", "b"), bowl.astype(np.float32)),
    ).assign_coords(axis=[1, 2], a=axis, b=axis)


def watching(*datasets: xr.Dataset) -> Dashboard:
    watch = Dashboard()
    watch.show([LabeledResult(f"run {place + 1}", each) for place, each in enumerate(datasets)])
    return watch


def drawn(watch: Dashboard, name: str, step: int | None = None) -> dict:
    """The columns of a source as playback.js sets them at a step; None: the last."""
    header, numbers = unpack(watch._channel._source.data["packet"])
    entry, last = header["sources"][name], header["n_steps"]
    step = last if step is None else step

    def view(place: dict) -> np.ndarray:
        return numbers[place["at"] : place["at"] + place["size"]]

    data = {key: c if isinstance(c, list) else view(c) for key, c in entry["columns"].items()}
    if entry["kind"] == "frames":
        n = entry["n_frames"]
        frame = round(step / max(1, last) * (n - 1))
        data |= {key: view(place).reshape(n, -1)[frame] for key, place in entry["flat"].items()}
        for key, places in entry["lines"].items():
            data[key] = [view(place).reshape(n, -1)[frame] for place in places]
    for key, places in entry.get("moving", {}).items():
        data[key] = [view(p)[min(step, p["size"] - 1)] for p in places]
    if entry["kind"] in {"lines", "growing"}:
        stop = None if entry["kind"] == "lines" else step + 1
        data |= {key: [view(p)[:stop] for p in places] for key, places in entry["lines"].items()}
    return data
