"""The spectra of several trials as one table, also while some are not estimated yet."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

DIMS: dict[str, tuple[str, ...]] = {
    "eigenvalues": ("block", "k"),
    "density": ("block", "k"),
    "stable_rank": ("block",),
    "gap": ("block",),
    "n_samples": (),
    "n_excluded": (),
}
"""Of what is kept of one trial."""


def spectra_table(rows: Mapping[int, Mapping[str, np.ndarray]], trials: int) -> xr.Dataset:
    """Spectra (trial, block, k) and what is read off them, as `network_sweep.py` says.

    Args:
        rows: by trial what `block_eigenbases.summary` gives, with n_samples and n_excluded; at
            least one. Trials that are missing are NaN, with no samples.
        trials: how many there are to be.
    """
    first = next(iter(rows.values()))
    table = {}
    for name, dims in DIMS.items():
        like = first[name]
        fill = np.nan if like.dtype.kind == "f" else 0
        numbers = np.full((trials, *like.shape), fill, dtype=like.dtype)
        for trial, row in rows.items():
            numbers[trial] = row[name]
        table[name] = ("trial", *dims), numbers
    coords = {
        "trial": np.arange(trials),
        "block": first["block"].tolist(),
        "k": np.arange(1, first["eigenvalues"].shape[-1] + 1),
    }
    return xr.Dataset(table, coords=coords)
