"""Eigenvalues of the EGOP of each layer of a result, and the density of its eigenvectors."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from egop import theme
from egop.figures.series import FLOOR, Series
from egop.trials import quantiles

COLORS = (theme.SPECTRUM, *theme.EIGENVECTORS, theme.LIGHT["warning"], "#c9506b", "#4f9ac2")
"""Colors of the layers, distributions or data sets, in their order."""
DASHES = ((), (6, 4), (8, 3, 2, 3), (2, 2))
"""Dashes of the same, so that they differ without color as well."""
LEADING = 100
"""Densities that are shown, and eigenvalues in the inset of figure 2."""


class Spectrum(NamedTuple):
    """The spectrum of one layer under one distribution.

    Attributes:
        run: the place of the result.
        name: of the layer, the distribution or the data.
        group: the distribution or the data set; "" where there is one.
        block: of the layer.
        place: of its color.
        k: (n,) from 1.
        eigenvalues: (3, n) λ_k/λ_1, median and quartiles over the estimates.
        density: (3, n) β_k likewise; NaN where it was not measured.
        n_trials: estimates so far.
        stable_rank: its median; NaN where it was not measured.
        dim: the number of parameters of the layer, of which fewer eigenvalues may be known.
        off_diagonal_share: of its EGOP in original coordinates; NaN where it was not measured.
    """

    run: int
    name: str
    group: str
    block: str
    place: int
    k: np.ndarray
    eigenvalues: np.ndarray
    density: np.ndarray
    n_trials: int
    stable_rank: float
    dim: int
    off_diagonal_share: float

    @property
    def rate_words(self) -> str:
        """No rate: a spectrum is not trained."""
        return ""

    @property
    def trials_words(self) -> str:
        """Such as "median of 5 estimates"."""
        return "one estimate" if self.n_trials == 1 else f"median of {self.n_trials} estimates"

    @property
    def names(self) -> tuple[str]:
        """The name that stands in keys."""
        return (self.name,)

    @property
    def color(self) -> str:
        """The color of its place."""
        return COLORS[self.place % len(COLORS)]

    @property
    def dash(self) -> tuple[int, ...]:
        """The dash of its place."""
        return DASHES[self.place % len(DASHES)]

    @property
    def width(self) -> float:
        """The width of its line, the usual one."""
        return 1.0

    @property
    def ratio_series(self) -> Series:
        """λ_k/λ_1 by k."""
        return self._series(self.eigenvalues)

    @property
    def density_series(self) -> Series:
        """β_k of the leading eigenvectors."""
        return self._series(self.density[:, :LEADING])

    def _series(self, numbers: np.ndarray) -> Series:
        band = numbers[1:] if self.n_trials > 1 else (None, None)
        return Series(self, self.k[: numbers.shape[1]], numbers[0], *band)


def spectra_in(dataset: xr.Dataset) -> list[Spectrum]:
    """Returns the spectra of every layer, distribution and data set that are known."""
    if "eigenvalues" not in dataset or "block" not in dataset["eigenvalues"].dims:
        return []
    blocks = [str(block) for block in dataset["block"].values]
    law = next((dim for dim in ("distribution", "data") if dim in dataset["eigenvalues"].dims), "")
    groups = dataset[law].values.tolist() if law else [""]
    parts = [(group, block) for group in groups for block in blocks]
    found = []
    for place, (group, block) in enumerate(parts):
        several = len(blocks) > 1 or not group
        name = ", ".join([str(group)] * bool(group) + [layer_name(block)] * several)
        where = {"block": block, law: group} if law else {"block": block}
        numbers = _numbers(dataset.sel(where))
        if numbers is not None:
            found.append(Spectrum(0, name, str(group), block, place, *numbers))
    return found


def _numbers(one: xr.Dataset) -> tuple | None:
    """Returns k and all that follows it in a `Spectrum`; None if nothing is known."""
    values = one["eigenvalues"].transpose("trial", "k").to_numpy()
    values = values[~np.isnan(values).all(axis=1)]
    values = values[:, ~np.isnan(values).all(axis=0)]
    if not values.size:
        return None
    n_trials, known = values.shape
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.maximum(values / values[:, :1], FLOOR)
    density = np.full((3, known), np.nan)
    if "density" in one:
        density = quantiles(one["density"].transpose("trial", "k").to_numpy()[:, :known], axis=0)
    rank, share = _middle(one, "stable_rank"), _middle(one, "off_diagonal_share")
    ratios = quantiles(relative, axis=0)
    return np.arange(1.0, known + 1), ratios, density, n_trials, rank, _size(one, known), share


def _middle(one: xr.Dataset, name: str) -> float:
    """The median of a number over the estimates; NaN where it was not measured."""
    numbers = np.asarray(one[name]) if name in one else np.array([np.nan])
    return float(quantiles(numbers.ravel(), 0, (0.5,))[0])


def _size(one: xr.Dataset, known: int) -> int:
    """The number of a layer's parameters; those of its eigenvalues where it is not told."""
    told = one.get("n_parameters")
    if told is None or told.ndim or told.dtype.kind not in "iu":
        return known
    return max(int(told), known)


def levels(dim: int) -> dict[float, str]:
    """Returns what densities are compared with."""
    lowest = 1 / dim
    return {
        lowest: f"one coordinate, 1/d = {theme.number(lowest)}",
        2 / np.pi: "a random direction, 2/π",
    }


def layer_name(block: str) -> str:
    """The name of a block of parameters."""
    if block[:1] == "W" and block[1:].isdigit():
        return f"layer {block[1:]}"
    return "all parameters" if block == "global" else block
