"""The experiments on the landscape engine: what they measure, and how runs stop."""

import numpy as np
import pytest
import xarray as xr

import egop
from egop.experiments import configure, convex, run, schedule, two_dimensions
from egop.experiments.devices import limited_threads
from egop.experiments.landscape_runs import descend, stopped

RATES = {"adagrad": [1.0, 20.0], "adam": [0.2], "gradient_descent": [0.01], "momentum": [1e9]}


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    return run("convex", trials=2, epochs=150, rates=RATES, out=None)


def test_each_run_is_the_run_of_the_engine(result):
    config = configure("convex", changes={"trials": 2, "epochs": 150})
    for name in ("log_sum_exp", "logistic_regression"):
        with limited_threads(result.attrs["threads"]):
            problem = convex.problem(config, name, trial=1)
        for basis in ("original", "egop"):
            path = egop.run(
                problem.objective,
                egop.methods.adagrad(20.0, initial_accumulator=0.1),
                problem.start,
                150,
                basis=problem.bases[basis],
            )
            found = result.sel(
                {
                    "problem": name,
                    "optimizer": "adagrad",
                    "basis": basis,
                    "learning_rate": 20.0,
                    "trial": 1,
                }
            )
            np.testing.assert_array_equal(found["training_loss"], path.values)
            np.testing.assert_array_equal(found["gradient_norm"], path.gradient_norms)


def test_the_basis_is_that_of_its_own_problem(result):
    config = configure("convex", changes={"trials": 2})
    for trial in range(2):
        problem = convex.problem(config, "least_squares", trial)
        gradients = problem.objective.gradient(
            np.random.default_rng(5).standard_normal((4000, 100))
        )
        energies = ((gradients @ problem.bases["egop"].eigenvectors) ** 2).mean(axis=0)
        found = result["eigenvalues"].sel(problem="least_squares", trial=trial)
        np.testing.assert_allclose(energies[:3], found[:3], rtol=0.25)


def test_equivariant_methods_take_the_same_path_in_both_bases(result):
    both = result["training_loss"].sel({"optimizer": "gradient_descent", "learning_rate": 0.01})
    np.testing.assert_allclose(both.sel(basis="original"), both.sel(basis="egop"), rtol=1e-10)


def test_adam_gains_by_decades_in_the_egop_basis_of_least_squares(result):
    final = result["training_loss"].sel(
        {"problem": "least_squares", "optimizer": "adam", "learning_rate": 0.2, "epoch": 150}
    )
    assert (final.sel(basis="egop") < 0.1 * final.sel(basis="original")).all()


def test_a_large_accumulator_hides_what_adagrad_gains():
    problem = convex.problem(configure("convex"), "log_sum_exp", trial=0)
    ratios = {}
    for accumulator in (0.1, 0.0):
        method = egop.methods.adagrad(0.8, initial_accumulator=accumulator)
        paths = {
            name: egop.run(problem.objective, method, problem.start, 400, basis=basis)
            for name, basis in problem.bases.items()
        }
        ends = {name: path.values[-1] - problem.objective.minimum for name, path in paths.items()}
        ratios[accumulator] = ends["original"] / ends["egop"]
    assert 0.9 < ratios[0.1] < 1.1
    assert ratios[0.0] > 5


def test_what_was_not_run_and_what_diverged_are_marked_and_nan(result):
    status, losses = result["status"], result["training_loss"]
    assert set(np.unique(status)) == {"not run", "finished", "diverged"}
    absent = losses.where(status == "not run", drop=True)
    assert absent.isnull().all()
    diverged = result.sel(
        {"optimizer": "momentum", "learning_rate": 1e9, "problem": "least_squares"}
    )
    assert (diverged["status"] == "diverged").all()
    assert (diverged["diverged_at"] > 0).all()
    assert diverged["training_loss"][..., 0].notnull().all()
    assert diverged["training_loss"][..., -1].isnull().all()
    finished = losses.where(status == "finished").sel(
        {"optimizer": "adagrad", "learning_rate": 20.0}
    )
    assert finished.notnull().all()


def test_a_rate_that_diverges_is_never_chosen(result):
    chosen = result["chosen_rate"].sel(problem="least_squares")
    assert chosen.sel({"optimizer": "adam"}) == 0.2
    assert np.isnan(chosen.sel({"optimizer": "momentum"}))
    by_hand = result["training_loss"].sel(
        {
            "problem": "log_sum_exp",
            "optimizer": "adagrad",
            "basis": "original",
            "learning_rate": [1.0, 20.0],
        }
    )
    best = [1.0, 20.0][int(by_hand[..., -1].median("trial").argmin("learning_rate"))]
    assert result["chosen_rate"].sel({"problem": "log_sum_exp", "optimizer": "adagrad"}) == best


def test_a_run_stops_when_its_gradient_is_small():
    values, norms = np.arange(5.0), np.array([3.0, 2.0, 1e-9, 5.0, np.nan])
    kept, kept_norms, diverged_at, stopped_at = stopped(values, norms, 4, tolerance=1e-8)
    assert kept.tolist() == [0, 1, 2, 2, 2]
    assert kept_norms.tolist() == [3, 2, 1e-9, 1e-9, 1e-9]
    assert (diverged_at, stopped_at) == (-1, 2)


def test_stopping_is_noted_for_each_run():
    config = configure("convex", changes={"trials": 1})
    arrays = descend(
        convex.problem(config, "least_squares", 0),
        egop.methods.adam(),
        np.array([0.001, 0.2]),
        n_steps=300,
        tolerance=1e-2,
        threads=1,
    )
    assert (arrays["stopped_at"][:, 0] == -1).all()
    assert (arrays["stopped_at"][:, 1] > 0).all()
    norms = np.take_along_axis(
        arrays["gradient_norm"][:, 1], arrays["stopped_at"][:, 1, None], axis=1
    )
    assert (norms < 1e-2).all()


def test_rates_do_not_depend_on_how_many_trials_there_are(result):
    one = run("convex", trials=1, epochs=150, rates=RATES, out=None)
    xr.testing.assert_identical(
        one["training_loss"], result["training_loss"].sel(trial=[0]).drop_attrs()
    )


def test_the_opening_figure_reaches_the_minimum_earlier_in_the_egop_basis():
    result = run("two_dimensions", trials=9, out=None)
    gap = (result["training_loss"] - result["minimum"]).sel(
        {"optimizer": "adagrad", "learning_rate": 30.0}
    )
    below = (gap < 1e-4).argmax("epoch").median("trial")
    assert below.sel(basis="egop") < 0.6 * below.sel(basis="original")


def test_the_opening_figures_paths_are_in_original_coordinates():
    config = configure("two_dimensions", changes={"trials": 2, "epochs": 20})
    result = run("two_dimensions", trials=2, epochs=20, out=None)
    for trial in range(2):
        f = two_dimensions.objective(config, trial)
        path = result["points"].sel({"optimizer": "adagrad", "learning_rate": 30.0, "trial": trial})
        values = result["training_loss"].sel(
            {"optimizer": "adagrad", "learning_rate": 30.0, "trial": trial}
        )
        np.testing.assert_allclose(f.value(path.values), values, rtol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(path.sel(epoch=0), axis=-1), 100.0)
        assert f.value(result["minimizer"].sel(trial=trial).values) == pytest.approx(np.log(100))


def test_the_rate_falls_as_torchs_cosine_annealing():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
    rates = [1.0]
    for _ in range(50):
        optimizer.step()
        scheduler.step()
        rates.append(scheduler.get_last_lr()[0])
    np.testing.assert_allclose(schedule.cosine(50), rates, atol=1e-12)
    assert run("schedule", epochs=50, out=None)["learning_rate"][-1] == 0
