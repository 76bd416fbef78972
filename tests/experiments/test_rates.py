"""The search of App. D.2 on planted tables of losses."""

from typing import NamedTuple

import numpy as np
import pytest

from egop.experiments.sweep.rates import first_rates, next_rates, read_rates
from egop.runs.run_table import RunTable
from egop.trials import select_rates

BASES = ("original", "egop")
COARSE = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0]


class Planted(NamedTuple):
    """Rates (L,) and final losses (B bases, S trials, L) of one method."""

    rates: np.ndarray
    values: np.ndarray
    reached_at: np.ndarray
    start: float

    @property
    def best(self) -> np.ndarray:
        """By the table of all runs."""
        bases = BASES[: len(self.values)]
        runs = [("adam", basis, rate) for basis in bases for rate in self.rates]
        n_trials = self.values.shape[1]
        table = RunTable(runs, range(n_trials), 1)
        table.fill(runs, range(n_trials), {"diverged_at": np.full((n_trials, len(runs)), -1)})
        values, steps = (x.swapaxes(1, 2)[None] for x in (self.values, self.reached_at))
        return table.best_rates(values, steps, np.full(values.shape, self.start))[0]


def planted(rates, original, rotated, trials: int = 3) -> Planted:
    """Losses that are the distance of log10(rate) from a number of decades, in each basis."""
    decades = np.log10(rates)
    losses = np.stack([np.abs(decades - each) for each in (original, rotated)])
    values = np.repeat(losses[:, None], trials, axis=1)
    return Planted(np.asarray(rates), values, np.full(values.shape, -1), 10.0)


def refined(**ends: Planted) -> dict[str, np.ndarray]:
    """The rates to go on with."""
    best = {method: each.best for method, each in ends.items()}
    return next_rates(best, {method: each.rates for method, each in ends.items()})


def test_it_begins_with_the_powers_of_ten():
    plan = first_rates(["adam", "momentum"], None)
    assert list(plan) == ["adam", "momentum"]
    np.testing.assert_allclose(plan["adam"], COARSE)


def test_it_goes_on_between_the_neighbors_of_the_best_in_each_basis():
    plan = refined(adam=planted(COARSE, -2, -2), adagrad=planted(COARSE, -2, 0))
    np.testing.assert_allclose(plan["adam"], [0.002, 0.004, 0.008, 0.02, 0.04, 0.08])
    np.testing.assert_allclose(plan["adagrad"], [*plan["adam"], 0.2, 0.4, 0.8, 2, 4, 8])


def test_it_stays_between_1e_3_and_100():
    plan = refined(adam=planted(COARSE, -3, 2))
    np.testing.assert_allclose(plan["adam"], [0.002, 0.004, 0.008, 20, 40, 80])


def test_given_rates_are_all_that_is_tried():
    given = read_rates({"adam": [0.1, 0.02]}, ("adagrad", "adam"))
    assert given == (("adam", (0.02, 0.1)),)
    assert read_rates({"b": [1.0], "a": [2.0]}, ("a", "b")) == (("a", (2.0,)), ("b", (1.0,)))
    assert {key: list(rates) for key, rates in first_rates(("adagrad", "adam"), given).items()} == {
        "adam": [0.02, 0.1]
    }


def test_the_best_is_found_in_each_basis():
    np.testing.assert_allclose(planted(COARSE, -1, 1).best, [0.1, 10.0])


def test_a_trial_that_is_not_finite_counts_as_infinite():
    ends = planted(COARSE, -1, 1)
    ends.values[0, :2, 2] = np.nan, -np.inf
    assert ends.best[0] == 0.01
    ends.values[0, 0, 2] = 0.0  # one of three trials does not move the median
    assert ends.best[0] == 0.1


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_ties_are_relative_to_the_start_and_go_to_the_fewest_steps(scale):
    rates, steps = np.array([1.0, 2.0, 4.0, 8.0]), np.array([[[90, 70, 40, 5]]])
    equal = scale * np.array([[[1e-15, 0.0, 3e-16, 1.0]]])
    assert select_rates(rates, equal, steps, scale) == [4.0]
    different = scale * np.array([[[1e-9, 1e-10, 1e-7, 1.0]]])
    assert select_rates(rates, different, steps, scale) == [2.0]


def test_rounding_at_the_minimum_decides_nothing():
    values, steps = np.array([[[1e-15, 0.0]]]), np.array([[[3, 9]]])
    assert select_rates(np.array([1.0, 2.0]), values, steps, 1e-6, minimum=7.0) == [1.0]


@pytest.mark.parametrize("share", [2, 3])
def test_where_every_rate_diverges_there_is_no_best_and_nothing_to_refine(share):
    ends = planted(COARSE, -1, -1)
    ends.values[1, :share] = np.nan
    assert ends.best[0] == 0.1
    assert np.isnan(ends.best[1])
    np.testing.assert_allclose(refined(adam=ends)["adam"], [0.02, 0.04, 0.08, 0.2, 0.4, 0.8])
    ends.values[0] = np.nan
    assert refined(adam=ends) == {}


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ({"adan": [0.1]}, "unknown method 'adan'; did you mean 'adam'"),
        ({"unheard": [0.1]}, "unknown method 'unheard'; known are adagrad, adam"),
        ({"muon": [0.1]}, "unknown method of this experiment 'muon'; known are adagrad, adam"),
        ({"rmsprop": [0.1]}, "unknown method of this experiment 'rmsprop'"),
        ({"adam": [0.1, -1.0]}, "rates of adam take positive numbers"),
        ({"adam": []}, "rates of adam take positive numbers"),
        ({"adam": "fast"}, "rates of adam take positive numbers, .* got 'fast'"),
        ([0.0], "rates of adagrad take positive numbers"),
    ],
)
def test_what_are_no_rates_is_one_sentence(rates, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_rates(rates, ("adagrad", "adam"))
