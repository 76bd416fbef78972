"""Quantiles with infinite values, how runs ended, and the one rule by which rates are chosen."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from egop import methods
from egop.experiments.claims.summaries import trials
from egop.objectives import from_functions
from egop.runs.completion import completed
from egop.runs.run_table import RunTable
from egop.sweep import Sweep, best_rates
from egop.trials import quantiles, status_of

RATES = np.array([0.1, 1.0, 10.0])
PACKAGE = Path(methods.__file__).parents[1]


def test_quantiles_are_those_of_numpy_and_leave_out_nan():
    values = np.random.default_rng(0).normal(size=(7, 4))
    shares = [0.5, 0.25, 0.75]
    np.testing.assert_allclose(quantiles(values, 0), np.quantile(values, shares, axis=0))
    values[1, 2] = np.nan
    kept = np.delete(values[:, 2], 1)
    np.testing.assert_allclose(quantiles(values, 0)[:, 2], np.quantile(kept, shares))
    assert np.isnan(quantiles(np.full((3, 2), np.nan), 0)).all()
    assert np.isnan(quantiles(np.empty((0, 2)), 0)).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, np.inf], (2.5, 1.75, np.inf)),
        ([1, 2, np.inf, np.inf], (np.inf, 1.75, np.inf)),
        ([1, 2, 3, np.inf, np.inf], (3, 2, np.inf)),
        ([-np.inf, 1, 2, 3, 4], (2, 1, 3)),
        ([np.inf] * 3, (np.inf,) * 3),
    ],
)
def test_a_diverged_trial_counts_as_infinite(values, expected):
    np.testing.assert_array_equal(quantiles(np.array(values, dtype=float), 0), expected)


def test_how_runs_ended():
    losses = np.array([[1.0, 0.5], [1.0, np.nan], [np.nan, np.nan], [1.0, np.inf]])
    assert status_of(losses).tolist() == ["finished", "diverged", "not run", "diverged"]


def runs_with(diverged: int) -> xr.Dataset:
    """One method, five trials; the rate 1 ends lowest, but some of its trials diverge."""
    losses = np.ones((2, 5, 3, 4))
    losses[..., 1:] *= np.array([1e-1, 1e-5, 1e-2])[:, None]
    losses[:, :diverged, 1, 2:] = np.nan
    diverged_at = np.where(np.isnan(losses[..., -1]), 2, -1)
    arrays = {"training_loss": losses, "diverged_at": diverged_at}
    runs = [("adam", basis, rate) for basis in ("original", "egop") for rate in RATES]
    table = RunTable(runs, range(5), 4)
    table.fill(
        runs,
        range(5),
        {name: x.swapaxes(0, 1).reshape(5, 6, *x.shape[3:]) for name, x in arrays.items()},
    )
    ends = losses[..., -1].swapaxes(1, 2)[None]
    best = table.best_rates(ends, np.full(ends.shape, -1), np.ones(ends.shape))
    return table.dataset().assign(table.chosen(best))


@pytest.mark.parametrize(("diverged", "rate"), [(0, 1.0), (1, 1.0), (2, 1.0), (3, 10.0), (5, 10.0)])
def test_the_sweep_the_lab_and_the_figures_choose_the_same_rate(diverged, rate):
    table = runs_with(diverged)
    assert table["best_rate"].values.tolist() == [[rate, rate]]
    own = completed(table[["training_loss"]])
    assert own["best_rate"].values.tolist() == [[rate, rate]]
    assert own["chosen_rate"].values.tolist() == [rate]
    xr.testing.assert_equal(own["status"], table["status"].astype(own["status"].dtype))
    medians = [
        float(trials(own, "training_loss", each, optimizer="adam", basis="egop").last.median)
        for each in RATES
    ]
    assert RATES[np.argmin(medians)] == rate


def test_where_every_trial_diverges_no_rate_is_chosen():
    table = runs_with(5).isel(learning_rate=[1])
    own = completed(table[["training_loss"]])
    assert np.isnan(own["best_rate"]).all()
    assert np.isnan(own["chosen_rate"]).all()


def test_nothing_else_takes_medians_of_trials():
    others = re.compile(r"np\.(nan)?(median|quantile|percentile)\(|\.(median|quantile)\(|nanargmin")
    folders = ("experiments", "figures", "lab", "runs")
    sources = [path for name in folders for path in (PACKAGE / name).rglob("*.py")]
    assert len(sources) > 100
    assert not [path for path in sources if others.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("scale", [1e-14, 1.0, 1e14])
def test_scaling_an_objective_changes_no_choice(scale):
    objective = from_functions(
        lambda x: scale * (x**2).sum(-1), gradient=lambda x: 2 * scale * x, dim=2
    )
    rates = np.array([0.3, 0.9, 0.1]) / scale
    rates.sort()
    sweep = Sweep(
        objective, methods.gradient_descent(), [None], np.ones((3, 1, 2)), rates, n_steps=4,
        target=0.5 * scale,
    ).finish()  # fmt: skip
    assert best_rates(sweep, rates, 0.0) * scale == pytest.approx(0.3)
