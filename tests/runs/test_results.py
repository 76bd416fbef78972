"""The names in a result: none that is an argument of xarray; older files are read."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from egop.experiments import run
from egop.experiments.sweep.block_eigenbases import DIMS
from egop.runs.results import current_names, load
from egop.runs.run_table import TABLE_DIMS
from tests.experiments.planted_results import described, store, sweep

SELECTIONS = ("sel", "isel", "loc", "reindex", "interp", "rename")


def arguments() -> set[str]:
    """Arguments of xarray's selections: a dimension of that name cannot be selected."""
    known = [getattr(kind, each) for kind in (xr.DataArray, xr.Dataset) for each in SELECTIONS]
    return {name for each in known if callable(each) for name in inspect.signature(each).parameters}


def test_no_dimension_is_an_argument_of_a_selection():
    plane = run("two_dimensions", trials=1, epochs=2, out=None)
    names = {*plane.dims, *TABLE_DIMS, *(dim for dims in DIMS.values() for dim in dims)}
    assert "method" in arguments()
    assert not names & arguments()
    one = plane["training_loss"].sel(optimizer="adagrad", basis="egop")
    assert one.dims == ("learning_rate", "trial", "epoch")


@pytest.fixture
def finished(tmp_path: Path) -> tuple[xr.Dataset, Path]:
    """A result in the names of today, and the folder of the same run as egop wrote it before."""
    result = described(sweep({("adam", basis): 1e-3 for basis in ("original", "egop")}), "digits")
    store(result.rename(optimizer="method").assign_attrs(format=1), tmp_path / "older")
    return result, tmp_path / "older"


def test_a_file_with_the_older_name_is_read(finished):
    result, folder = finished
    for path in (folder, folder / "result.nc"):
        found = load(path)
        assert "method" not in found.dims
        np.testing.assert_array_equal(found["training_loss"], result["training_loss"])
        assert found["training_loss"].sel(optimizer="adam").dims == TABLE_DIMS[1:5]
    assert current_names(result) is result


def test_no_example_selects_by_an_argument_of_xarray():
    root = Path(__file__).parents[2]
    texts = [root / "README.md", *root.glob("notebooks/*.ipynb"), *root.glob("egop/**/*.py")]
    assert not [path for path in texts if "sel(method" in path.read_text(encoding="utf-8")]
