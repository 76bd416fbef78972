"""Results that are brought from another machine in zip files, and what is known of settings."""

import zipfile

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

from benchmarks import sensitivity, stored_results
from benchmarks.stored_results import Store, packed, read, rounded, thinned, unpacked
from egop.experiments.claims.report import markdown
from egop.experiments.convex import Config
from tests.experiments.planted_results import convex, described, sweep
from tests.experiments.test_claims import CONVEX, HOLD, convex_result


def test_a_result_is_the_same_from_its_zip_file(tmp_path):
    store = Store(tmp_path)
    results = {name: described(HOLD[name], name, trials=6) for name in ("digits", "density")}
    for name, each in results.items():
        store.add(name, each)
    found = read(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["results-1.zip"]
    for name, each in results.items():
        xr.testing.assert_identical(found[name], each)
    stored_results.main([str(tmp_path), "--out", str(tmp_path / "runs")])
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"digits.nc", "density.nc"}


def test_files_stay_below_their_limit(tmp_path, monkeypatch):
    content = packed(HOLD["digits"])
    monkeypatch.setattr(stored_results, "LARGEST", int(2.5 * len(content)))
    store = Store(tmp_path)
    for number in range(5):
        store.add(f"digits-{number}", HOLD["digits"])
    sizes = [path.stat().st_size for path in sorted(tmp_path.iterdir())]
    assert len(sizes) == 3
    assert max(sizes) <= stored_results.LARGEST
    with zipfile.ZipFile(tmp_path / "results-3.zip") as file:
        assert file.namelist() == ["digits-4.npz"]


def test_each_tenth_step_of_convex_problems_decides_the_same_claims():
    whole = described(convex(CONVEX, epochs=100), "convex")
    some = thinned(whole)
    assert some.sizes["epoch"] == 11
    assert markdown({"convex": some}) == markdown({"convex": whole})
    xr.testing.assert_identical(thinned(HOLD["digits"]), HOLD["digits"])


def test_rounding_changes_float32_curves_alone_and_by_little():
    result = sweep({("adam", "original"): 1e-5, ("adam", "egop"): 1e-7})
    single = result.assign(training_loss=result["training_loss"].astype(np.float32))
    single["training_loss"][0, 0, 0, 0, 1] = np.nan
    found = unpacked(packed(rounded(single)))
    np.testing.assert_allclose(found["training_loss"], single["training_loss"], rtol=2**-13)
    assert (found["training_loss"] != single["training_loss"]).any()
    xr.testing.assert_identical(found["validation_loss"], result["validation_loss"])


def test_what_holds_in_one_cell_only_is_said():
    def run(config: Config) -> xr.Dataset:
        least = {} if config.seed == 1 else {"least_squares": {("adam", "egop"): 1e-6}}
        return convex_result(least)

    *_, found = sensitivity.judged_cells(Config(), run=run)
    assert list(found) == list(sensitivity.CELLS)
    rows = sensitivity.markdown(found).splitlines()
    (row,) = (row for row in rows if "Least squares: Adam ends nearer" in row)
    n = len(sensitivity.CELLS)
    assert row.endswith(f"| no | yes {'| no ' * (n - 2)}| 1 of {n}, in one cell only |")
    (row,) = (row for row in rows if "Log-sum-exp: Adam ends nearer" in row)
    assert row.endswith(f"| {n} of {n} |")


def test_no_cell_is_begun_without_time():
    assert list(sensitivity.judged_cells(Config(), seconds=-1.0)) == []
