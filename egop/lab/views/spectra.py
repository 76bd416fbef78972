"""Eigenvalues of the EGOP of each layer, and the density of its eigenvectors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from bokeh.models import ColumnDataSource, Scatter, Text

from egop import theme
from egop.lab.views.charts import bands, chart, polygon, strokes, tooltip
from egop.lab.views.html import Swatch
from egop.lab.views.labeled_result import LabeledResult
from egop.lab.views.scales import LOG, Height, extremes, hover
from egop.lab.views.selection import MARKS, Selection
from egop.trials import quantiles
from egop.ui.axes import label_counts, set_range

COLORS = (theme.SPECTRUM, *theme.EIGENVECTORS, theme.LIGHT["warning"], "#c9506b", "#4f9ac2")
"""Of the layers or distributions, in their order; the paper's figures use the same."""
DASHES = ((), (6, 4), (8, 3, 2, 3), (2, 2))
"""Of the same, so that they differ without color as well."""
LEADING = 100
"""How many densities are shown."""
MOST_POINTS = 400
"""Of a curve; the leading ones are all kept."""
LEAST = 1e-16
"""λ_k/λ_1 below is drawn here: it is round-off."""
COLUMNS = ("xs", "ys", "color", "dash", "alpha", "width", "name", "trials")
TIP = "<b>@name</b><br>{what} at k = $snap_x{{0}}: $snap_y{{custom}}<br>@trials"


class Spectrum(NamedTuple):
    """Of one layer under one distribution.

    Attributes:
        run: the place of the watched run.
        name: of the layer, the distribution or the data.
        place: of its color.
        k: (n,) from 1.
        eigenvalues: (3, n) λ_k/λ_1, median and quartiles over the estimates.
        density: (3, n) β_k likewise; NaN where it was not measured.
        n_trials: estimates so far.
        stable_rank: its median; NaN where it was not measured.
    """

    run: int
    name: str
    place: int
    k: np.ndarray
    eigenvalues: np.ndarray
    density: np.ndarray
    n_trials: int
    stable_rank: float

    @property
    def dim(self) -> int:
        """How many parameters the layer has."""
        return len(self.k)


class Spectra:
    """Two figures with a line for each layer: λ_k/λ_1 by k, and β_k of the leading eigenvectors."""

    def __init__(self, prefix: str):
        self.values, self.density = (
            chart(f"{prefix}:{name}", "k") for name in ("eigenvalues", "densities")
        )
        self._heights = Height(self.values), Height(self.density)
        self._sources = []
        for fig, what in ((self.values, "λₖ/λ₁"), (self.density, "βₖ")):
            band = ColumnDataSource({name: [] for name in ("xs", "ys", "color", "alpha")})
            line = ColumnDataSource({name: [] for name in COLUMNS})
            mark = ColumnDataSource({name: [] for name in ("x", "y", "color", "alpha", "marker")})
            bands(fig, band)
            drawn = strokes(fig, line)
            fig.add_glyph(mark, Scatter(x="x", y="y", marker="marker", size=7, fill_color=None,
                                        line_color="color", line_alpha="alpha"))  # fmt: skip
            how = {"line_policy": "nearest", "formatters": {"$snap_y": hover(LOG)}}
            fig.add_tools(tooltip(drawn, TIP.format(what=what), **how))
            self._sources.append((band, line, mark))
        self._levels = ColumnDataSource({"xs": [], "ys": []})
        self._names = ColumnDataSource({"x": [], "y": [], "text": []})
        strokes(self.density, self._levels, line_color=theme.SAMPLE, line_dash="dotted",
                line_width=1.2, line_alpha=1.0)  # fmt: skip
        self.density.add_glyph(self._names, Text(
            x="x", y="y", text="text", text_color=theme.SAMPLE, text_font_size="11px",
            text_align="right", text_baseline="bottom", y_offset=-2,
        ))  # fmt: skip
        self._drawn: tuple = ()
        self._shown: tuple = None, -1, ()

    def draw(self, found: Sequence[Spectrum], choice: Selection, key: tuple) -> None:
        """All lines, where they changed; arguments as in `EpochCurves.pack`."""
        drawn = [each.eigenvalues for each in found], choice.run, key
        if self._shown[1:] == drawn[1:] and same(self._shown[0], drawn[0]):
            return
        self._shown = drawn
        longest = max((each.dim for each in found), default=1)
        shown = min(longest, LEADING)
        self._set_across(longest, shown)
        for i, cut in enumerate((longest, shown)):
            rows = [(each, (each.eigenvalues, each.density)[i][:, :cut]) for each in found]
            rows = [(each, LOG.place(numbers)) for each, numbers in rows]
            band, line, mark = self._sources[i]
            alphas = [choice.opacity(each.run) for each, _ in rows]
            looks = {"color": [COLORS[each.place % len(COLORS)] for each, _ in rows],
                     "alpha": alphas}  # fmt: skip
            kept = [thinned(numbers.shape[1]) for _, numbers in rows]
            line.data = {
                **looks,
                "xs": [each.k[:cut][at] for (each, _), at in zip(rows, kept, strict=True)],
                "ys": [numbers[0][at] for (_, numbers), at in zip(rows, kept, strict=True)],
                "dash": [list(DASHES[each.place % len(DASHES)]) for each, _ in rows],
                "width": [2.0 if each.run == 0 else 1.4 for each, _ in rows],
                "name": [each.name for each, _ in rows],
                "trials": [estimates_words(each.n_trials) for each, _ in rows],
            }
            outlines = [
                polygon(each.k[:cut][at], numbers[1][at], numbers[2][at])
                for (each, numbers), at in zip(rows, kept, strict=True)
            ]
            band.data = {
                "xs": [each[0] for each in outlines],
                "ys": [each[1] for each in outlines],
                "color": looks["color"],
                "alpha": [0.16 * alpha for alpha in alphas],
            }
            mark.data = _marks(rows, looks, cut)
            ends = extremes(*(numbers[:2] for _, numbers in rows))
            if i == 1 and found:
                ends = min(ends[0], -np.log10(longest)), 0.0
            self._heights[i].show((key, i), LOG, *ends)

    def _set_across(self, longest: int, shown: int) -> None:
        if (longest, shown) == self._drawn:
            return
        self._drawn = longest, shown
        for fig, last in ((self.values, longest), (self.density, shown)):
            set_range(fig.x_range, 1 - 0.01 * last, 1.01 * last + 0.1)
            label_counts(fig.xaxis[0], last)
        levels = {2 / np.pi: "a random direction, 2/π", 1 / longest: "one coordinate, 1/d"}
        self._levels.data = {
            "xs": [[1, shown] for _ in levels],
            "ys": [[np.log10(level)] * 2 for level in levels],
        }
        self._names.data = {
            "x": [shown for _ in levels],
            "y": [np.log10(level) for level in levels],
            "text": list(levels.values()),
        }


def spectra_of(runs: Sequence[LabeledResult]) -> list[Spectrum]:
    """Of every layer, distribution and data set of the runs; those that are known."""
    return [
        each._replace(run=run) for run, watched in enumerate(runs) for each in parts_of(watched)
    ]


def parts_of(watched: LabeledResult) -> list[Spectrum]:
    """Of one run."""
    return watched.once("spectra", lambda: _spectra(watched.dataset))


def _spectra(dataset: xr.Dataset) -> list[Spectrum]:
    if "eigenvalues" not in dataset or "block" not in dataset["eigenvalues"].dims:
        return []
    found = [
        _spectrum(dataset.sel(where), name, place)
        for place, (name, where) in enumerate(_parts(dataset))
    ]
    return [each for each in found if each is not None]


def _parts(dataset: xr.Dataset) -> list[tuple[str, dict[str, str]]]:
    """What has a spectrum of its own: its name, and where it is."""
    blocks = dataset["block"].values.tolist()
    laws = [dim for dim in ("distribution", "data") if dim in dataset["eigenvalues"].dims]
    if not laws:
        return [(layer_name(block), {"block": block}) for block in blocks]
    (law,) = laws
    return [
        (f"{each}, {layer_name(block)}" if len(blocks) > 1 else str(each),
         {law: each, "block": block})
        for each in dataset[law].values.tolist()
        for block in blocks
    ]  # fmt: skip


def _spectrum(one: xr.Dataset, name: str, place: int) -> Spectrum | None:
    values = one["eigenvalues"].transpose("trial", "k").to_numpy()
    values = values[~np.isnan(values).all(axis=1)]
    values = values[:, ~np.isnan(values).all(axis=0)]
    if not values.size:
        return None
    n_trials, dim = values.shape
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.maximum(values / values[:, :1], LEAST)
    density = np.full((3, dim), np.nan)
    if "density" in one:
        density = quantiles(one["density"].transpose("trial", "k").to_numpy()[:, :dim], axis=0)
    rank = np.asarray(one["stable_rank"]) if "stable_rank" in one else np.array([np.nan])
    middle = float(quantiles(rank.ravel(), 0, (0.5,))[0])
    k = np.arange(1.0, dim + 1)
    return Spectrum(0, name, place, k, quantiles(relative, axis=0), density, n_trials, middle)


def same(some: list | None, others: list) -> bool:
    """Whether both hold the same objects."""
    return some is not None and list(map(id, some)) == list(map(id, others))


def swatches(found: Sequence[Spectrum]) -> list[Swatch]:
    """What the colors of the lines mean."""
    names = dict.fromkeys((each.name, each.place) for each in found)
    return [
        Swatch(name, COLORS[place % len(COLORS)], DASHES[place % len(DASHES)])
        for name, place in names
    ]


def layer_name(block: str) -> str:
    """What a block of parameters is called."""
    if block[:1] == "W" and block[1:].isdigit():
        return f"layer {block[1:]}"
    return "all parameters" if block == "global" else block


def thinned(n: int) -> np.ndarray:
    """Places of the points of a curve that are drawn: the leading ones, then ever fewer."""
    if n <= MOST_POINTS:
        return np.arange(n)
    rest = np.geomspace(MOST_POINTS // 2, n - 1, MOST_POINTS // 2)
    return np.unique(np.r_[: MOST_POINTS // 2, np.round(rest).astype(int)])


def estimates_words(n_trials: int) -> str:
    """Such as "median of 5 estimates"."""
    return "one estimate" if n_trials == 1 else f"median of {n_trials} estimates"


def _marks(rows: list, looks: dict[str, list], cut: int) -> dict[str, list]:
    """Hollow markers on the lines of the runs that are compared with the first."""
    marks = [
        (each.k[at], numbers[0][at], color, alpha, MARKS[min(each.run, len(MARKS) - 1)])
        for (each, numbers), color, alpha in zip(rows, looks["color"], looks["alpha"], strict=True)
        if each.run
        for at in np.linspace(0, numbers.shape[1] - 1, 8).astype(int)[1:-1]
    ]
    names = ("x", "y", "color", "alpha", "marker")
    return {name: [mark[i] for mark in marks] for i, name in enumerate(names)}
