"""Long tables: each number stands in the row of its coordinates."""

import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from egop.experiments import run
from egop.runs import limited_reading
from egop.runs.archive import Archive
from egop.runs.tables import long_table


def read(table: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(table))


def swept() -> xr.Dataset:
    """A result of the form of `egop.experiments.sweep.network_sweep`, with planted numbers."""
    dims = ("optimizer", "basis", "learning_rate", "trial", "epoch")
    sizes = (2, 2, 3, 2, 4)
    status = np.full(sizes[:4], "finished", dtype="<U8")
    status[0, :, 0] = "not run"
    status[1, 1, 2, 1] = "diverged"
    losses = np.arange(np.prod(sizes), dtype=np.float32).reshape(sizes) / 7
    losses[0, :, 0] = np.nan
    losses[1, 1, 2, 1, 2:] = np.nan
    return xr.Dataset(
        {
            "training_loss": (dims, losses),
            "status": (dims[:4], status),
            "chosen_rate": ("optimizer", [0.01, 0.1]),
            "eigenvalues": (("trial", "block", "k"), np.ones((2, 1, 5))),
        },
        coords={
            "optimizer": ["adam", "momentum"],
            "basis": ["original", "egop"],
            "learning_rate": [0.001, 0.01, 0.1],
            "trial": [0, 1],
            "epoch": np.arange(4),
        },
    )


def test_each_loss_stands_with_its_coordinates():
    result = swept()
    table = read(long_table(result))
    assert list(table.columns[:5]) == ["optimizer", "basis", "learning_rate", "trial", "epoch"]
    assert len(table) == (24 - 4) * 4
    for row in table.sample(30, random_state=0).to_dict("records"):
        at = {key: row[key] for key in table.columns[:5]}
        at["learning_rate"] = float(at["learning_rate"])
        expected = result["training_loss"].sel(at).item()
        np.testing.assert_allclose(row["training_loss"], expected, rtol=1e-7)
        assert row["status"] == result["status"].sel({k: at[k] for k in list(at)[:4]}).item()
        assert (
            row["chosen_rate"] == result["chosen_rate"].sel({"optimizer": at["optimizer"]}).item()
        )


def test_what_was_not_run_is_left_out_and_what_diverged_is_empty():
    table = long_table(swept())
    assert "not run" not in table.decode()
    assert "nan" not in table.decode().lower()
    diverged = read(table).query("status == 'diverged'")
    assert diverged["training_loss"].isna().tolist() == [False, False, True, True]


def test_spectra_have_a_row_for_each_eigenvalue():
    eigenvalues = np.array([[[3.0, 2.0, 1.0], [5.0, 4.0, np.nan]]])
    result = xr.Dataset(
        {
            "eigenvalues": (("trial", "block", "k"), eigenvalues),
            "stable_rank": (("trial", "block"), [[2.0, 1.8]]),
        },
        coords={"trial": [0], "block": ["W1", "W2"], "k": [1, 2, 3]},
    )
    table = read(long_table(result))
    assert table["eigenvalues"].tolist() == [3, 2, 1, 5, 4]
    assert table["block"].tolist() == ["W1"] * 3 + ["W2"] * 2
    assert table["stable_rank"].tolist() == [2.0] * 3 + [1.8] * 2


@pytest.mark.parametrize("name", ["schedule", "two_dimensions"])
def test_results_of_every_form_have_a_table(name, tmp_path):
    sizes = {} if name == "schedule" else {"trials": 2}
    result = run(name, epochs=4, out=tmp_path, quick=True, **sizes)
    archive = Archive(tmp_path)
    table = read(limited_reading.long_table(archive.netcdf(archive.entries()[0].name)))
    assert set(table["epoch"]) == set(result["epoch"].values)
    main = "learning_rate" if name == "schedule" else "training_loss"
    values = result[main].values.ravel()
    np.testing.assert_allclose(
        np.sort(table[main].dropna()), np.sort(values[np.isfinite(values)]), rtol=1e-6
    )
    if name == "two_dimensions":
        at = {"optimizer": "adagrad", "basis": "egop", "trial": 1, "epoch": 3}
        row = table.query(" and ".join(f"{key} == {value!r}" for key, value in at.items()))
        point = result["points"].sel(at).values.ravel()
        np.testing.assert_allclose(row[["points_0", "points_1"]].values.ravel(), point)
