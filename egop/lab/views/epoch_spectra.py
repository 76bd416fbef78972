"""Leading eigenvalues of the EGOP around the weights of runs in training, at the clock's epoch."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from egop.figures.run_statistics import RunStatistics, as_before
from egop.figures.series import FLOOR, SeriesKey
from egop.figures.spectrum_series import DASHES, layer_name
from egop.lab.views.chart import HOVER, LOOKS, Chart, add_tooltip, looks_of, strokes
from egop.lab.views.scales import LOG, extremes
from egop.lab.views.selection import Selection
from egop.ui.axes import label_counts, set_range
from egop.ui.marks import MOVING
from egop.ui.packing import Packet
from egop.ui.sources import source

REFRESHED = "refreshed"
"""The basis that is estimated anew in every epoch."""
EIGENVALUES = "refreshed_eigenvalues"
TITLE = "Eigenvalues of the EGOP around the weights"
SCALE = "λₖ / largest λ₁ at the start"
ABOUT = (
    "Of the first trial, at the epoch of the clock, estimated around the weights that the run has "
    "there. 1 is the largest λ₁ of all lines at the start, the same for every method, layer and "
    "epoch. Dashes tell the layers: the first one is solid."
)
TIP = "<b>@name</b><br>rate @rate: $snap_y{custom} of the largest λ₁ at the start, k = $snap_x{0}"


class EpochSpectrum(NamedTuple):
    """The spectra of a layer of one run by epoch.

    Attributes:
        key: the run.
        block: the layer.
        place: of the layer.
        ratios: (E+1, n) λ_k as a share of the largest λ_1 at the start that any line has.
    """

    key: SeriesKey
    block: str
    place: int
    ratios: np.ndarray


class EpochSpectra(Chart):
    """A line for each layer of each method, which moves with the clock."""

    def __init__(self, prefix: str):
        super().__init__(prefix, "epoch-spectra", "k", SCALE)
        lines = source(prefix, f"{self.name}-lines", "xs", "ys", *LOOKS, *HOVER)
        how = {"line_policy": "nearest", "point_policy": "snap_to_data"}
        formatters = {"$snap_y": self.hover}
        drawn = strokes(self.figure, lines, MOVING)
        add_tooltip(self.figure, drawn, TIP, formatters=formatters, **how)

    def pack(
        self, packet: Packet, found: Sequence[EpochSpectrum], selection: Selection, key: Hashable
    ) -> None:
        """Draws all lines; arguments as in `EpochChart.pack`."""
        n_frames = packet.n_steps + 1
        placed = [LOG.place(_frames(each.ratios, n_frames)) for each in found]
        xs = [np.tile(np.arange(1.0, each.shape[1] + 1), (n_frames, 1)) for each in placed]
        keys = [each.key for each in found]
        looks = looks_of(keys, selection)
        looks["dash"] = [list(DASHES[each.place % len(DASHES)]) for each in found]
        hover = {column: [getattr(k, name) for k in keys] for column, name in HOVER.items()}
        hover["name"] = [f"{each.key.name}, {layer_name(each.block)}" for each in found]
        packet.frames(
            f"{self.name}-lines", n_frames, lines={"xs": xs, "ys": placed}, **looks, **hover
        )
        longest = max((each.shape[1] for each in placed), default=1)
        if self.figure.x_range.end != 1.01 * longest + 0.1:
            set_range(self.figure.x_range, 1 - 0.01 * longest, 1.01 * longest + 0.1)
            label_counts(self.figure.xaxis[0], longest)
        self.set_height(key, LOG, *extremes(*placed))


def epoch_spectra(statistics: RunStatistics, rate: str) -> list[EpochSpectrum]:
    """The spectra by epoch of every layer and method, at the rates that are looked at."""
    dataset = statistics.result.dataset
    if EIGENVALUES not in dataset:
        return []
    dims = ("optimizer", "learning_rate", "rotated_block", "epoch", "leading")
    values = dataset[EIGENVALUES].transpose(*dims).to_numpy()
    found, largest = [], 0.0
    for key in statistics.series_keys(rate):
        if key.basis != REFRESHED:
            continue
        method, _, place = key.index
        for layer, block in enumerate(dataset["rotated_block"].values.tolist()):
            own = values[method, place, layer][statistics.kept].astype(float)
            own = own[:, np.isfinite(own).any(axis=0)]
            if own.size:
                found.append(EpochSpectrum(key, str(block), layer, own))
                largest = max(largest, np.nan_to_num(own[0]).max())
    with np.errstate(divide="ignore", invalid="ignore"):
        return [each._replace(ratios=np.maximum(each.ratios / largest, FLOOR)) for each in found]


def _frames(ratios: np.ndarray, n_frames: int) -> np.ndarray:
    """(n_frames, n) a row for each step; where nothing is known any more it is the last."""
    known = as_before(ratios.T).T
    return known[np.minimum(np.arange(n_frames), len(known) - 1)]
