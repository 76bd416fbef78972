"""A part of a sweep: its trials are those of the whole one, and everything calls them by number."""

from argparse import ArgumentTypeError
from dataclasses import replace

import pytest
import xarray as xr

from egop.cli import main
from egop.experiments import EXPERIMENTS, configure, run
from egop.experiments.claims.claim import size_of
from egop.experiments.claims.report import sizes
from egop.experiments.trial_numbers import part_of, read_option, trial_numbers, trials_words
from egop.lab.settings import describe

RATES = {"adam": [0.02, 0.1], "momentum": [0.05]}


def part(name: str, whole: xr.Dataset, **options) -> tuple[xr.Dataset, xr.Dataset]:
    """The last two of four trials by themselves, and as they are in a run of all."""
    found = run(name, trials=range(2, 4), out=None, **options)
    assert found["trial"].values.tolist() == [2, 3]
    return found, whole.sel(trial=[2, 3])


def test_problems_starts_and_bases_are_those_of_the_number():
    whole = run("two_dimensions", trials=4, epochs=20, out=None)
    xr.testing.assert_equal(*part("two_dimensions", whole, epochs=20))
    config = configure("convex", changes={"rates": RATES, "epochs": 20})
    config = replace(config, problems=("logistic_regression",))
    found, same = part("convex", run("convex", trials=4, config=config, out=None), config=config)
    chosen = ["best_rate", "chosen_rate"]  # by the medians over other trials
    xr.testing.assert_equal(found.drop_vars(chosen), same.drop_vars(chosen))


def test_networks_orders_and_gradients_are_those_of_the_number():
    pytest.importorskip("torch")
    tiny = {"hidden": (4,), "n_samples": 100, "dtype": "float64", "epochs": 2, "rates": RATES}
    config = configure("digits", changes={"methods": ["adam", "momentum"]} | tiny)
    whole = run("digits", trials=4, config=config, out=None, device="cpu")
    found, same = part("digits", whole, config=config, device="cpu")
    of_trials = [name for name, each in whole.data_vars.items() if "trial" in each.dims]
    of_trials.remove("basis_seconds")
    assert {"training_loss", "eigenvalues", "status"} <= {*of_trials}
    xr.testing.assert_allclose(found[of_trials], same[of_trials], rtol=1e-10)
    assert found["loss_plane"].notnull().all()
    moved = found["projection"].sel({"optimizer": "adam", "learning_rate": 0.02, "epoch": 2})
    first = whole["projection"].sel({"optimizer": "adam", "learning_rate": 0.02, "epoch": 2})
    assert moved.notnull().all()  # of its own first trial
    assert (abs(moved - first) > 1e-6).any()


@pytest.mark.parametrize("name", ["spectrum", "block_spectra"])
def test_every_experiment_with_trials_can_be_run_in_parts(name: str):
    config = configure(name, changes={"trials": range(7, 9)})
    assert [*trial_numbers(config)] == [7, 8]
    for each in EXPERIMENTS.values():
        fields = set(vars(each.config()))
        assert ("trials" in fields) == ("first_trial" in fields)
        assert "trials" not in fields or "first_trial" in each.later


@pytest.mark.parametrize(
    "given", [range(20, 10), range(0), range(-1, 5), range(0, 10, 2), range(10**6), (10, 20),
              [1, 2], slice(10, 20), "10:20"],
)  # fmt: skip
def test_other_ranges_are_refused(given):
    sentence = r"trials takes an integer from 1 to 100,000, or a range such as range\(10, 20\) of"
    with pytest.raises(ValueError, match=sentence):
        run("convex", trials=given, out=None)


@pytest.mark.parametrize(
    "typed", ["20:10", "a:b", ":", "5:5", "-1:5", "0:100001", "1:2:3", "0:" + "9" * 5000, "3:"]
)
def test_other_ranges_that_are_typed_are_refused(typed: str):
    with pytest.raises(ArgumentTypeError, match="it takes A:B with 0 <= A < B <= 100,000 for the"):
        read_option(typed)


def test_ranges_are_read():
    assert read_option("10:20") == range(10, 20)
    assert read_option("7") == 7
    with pytest.raises(ArgumentTypeError, match="it takes an integer from 1 to 100,000, got 'x'"):
        read_option("x")


def test_a_part_takes_given_rates():
    with pytest.raises(ValueError, match="so trials 10–19 alone take given ones"):
        run("digits", trials=range(10, 20), out=None)
    assert configure("digits", changes={"trials": range(10)}).trials == 10


def test_a_part_is_run_on_the_command_line(tmp_path, capsys):
    words = ["experiment", "two_dimensions", "--trials", "2:4", "--epochs", "5"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    from egop.experiments import load

    (folder,) = tmp_path.iterdir()
    assert load(folder)["trial"].values.tolist() == [2, 3]
    assert main(["claims", str(folder), "--markdown"]) == 0
    assert "- two_dimensions: 2 trials: 2–3, 5 epochs" in capsys.readouterr().out


def test_a_part_says_which_trials_it_holds():
    result = run("two_dimensions", trials=range(2, 4), epochs=5, out=None)
    assert part_of(result) == "trials 2–3"
    assert part_of(result.isel(trial=[0])) == "trial 2"
    assert part_of(result.isel(trial=[1, 0])) == ""
    assert part_of(run("two_dimensions", trials=2, epochs=5, out=None)) == ""
    assert (
        describe({"trials": 10, "first_trial": 10, "epochs": 40}) == "10 trials: 10–19, 40 epochs"
    )
    assert trials_words({"trials": 1, "first_trial": 3}) == "1 trial: 3"
    assert trials_words({"trials": 5, "first_trial": "3"}) == "5 trials"
    assert trials_words({"trials": 10**30, "first_trial": 1}).endswith("trials: 1–1" + 30 * "0")
    assert size_of(result) == "2 of 40 trials, 5 of 1000 epochs, trials 2–3"
    (line,) = sizes({"two_dimensions": result})
    assert line.startswith("two_dimensions: 2 trials: 2–3, 5 epochs")


def test_the_picture_of_paths_has_the_level_lines_of_their_own_problem(monkeypatch):
    pytest.importorskip("holoviews")
    from egop.figures import descent

    drawn, objective = [], descent.objective
    monkeypatch.setattr(
        descent, "objective", lambda config, trial: drawn.append(trial) or objective(config, trial)
    )
    descent.two_dimensions(run("two_dimensions", trials=range(2, 4), epochs=5, out=None))
    assert drawn == [2]


def test_figures_and_the_lab_say_it_too():
    pytest.importorskip("holoviews")
    from egop.figures.captions import counted
    from egop.figures.labeled_result import LabeledResult
    from egop.lab.views.summary import notes

    result = run("two_dimensions", trials=range(2, 4), epochs=5, out=None)
    assert counted(result, 0) == "Lines: medians of 2 trials (trials 2–3); bands: the middle half."
    assert "late is a part of a sweep: trials 2–3." in notes([LabeledResult("late", result)])
