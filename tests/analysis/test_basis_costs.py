"""Costs of bases in words, from what results hold and from what they may lack."""

import numpy as np
import xarray as xr

from egop.analysis.basis_costs import costs_sentence, median_costs


def result(seconds: list[list[list[float]]], **coords) -> xr.Dataset:
    dims = ("optimizer", "basis", "trial")
    times = np.array(seconds)
    gradients = np.where(np.isnan(times), np.nan, np.array([0.0, 2300.0, 0.0])[:, None])
    found = {"basis_gradients": (dims, gradients), "basis_seconds": (dims, times)}
    names = {"optimizer": ["adam", "momentum"], "basis": ["original", "egop", "random"]}
    return xr.Dataset(found, coords=names | coords)


MISSING = [np.nan] * 3
COSTS = [[[0.0] * 3, [1.0, 9.0, 2.0], [0.5] * 3], [[0.0] * 3, [1.0, 9.0, 2.0], MISSING]]


def test_a_basis_is_named_once_also_where_only_some_methods_were_run_in_it():
    assert costs_sentence(result(COSTS)) == (
        "Cost of a basis: EGOP coordinates 2,300 gradients, 2 s; random basis no gradient, 0.5 s."
    )


def test_entries_go_by_their_labels():
    labels = [["plain", "mine", "chance"], ["m", "m egop", ""]]
    told = costs_sentence(result(COSTS, label=(("optimizer", "basis"), labels)))
    assert "mine 2,300 gradients, 2 s; chance no gradient, 0.5 s; m egop 2,300" in told


def test_what_is_not_known_is_not_told():
    """Older results lack the variables, and anybody's own may have others of the same name."""
    assert costs_sentence(result([[[0.0] * 3, MISSING, MISSING]] * 2)) == ""
    assert costs_sentence(xr.Dataset()) == ""
    assert median_costs(result(COSTS).isel(basis=0)) is None
    assert median_costs(result(COSTS).drop_vars("basis_gradients")) is None
    assert median_costs(result(COSTS).astype(str)) is None
