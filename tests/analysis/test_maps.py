"""Every cell of a map is one run, and a tap finds it."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.maps import RatePair, Setting, map_angles_and_rates, map_rates, spread_rates
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import landscape, quadratic
from egop.sweep import PENDING

OBJECTIVE = quadratic(condition_number=50.0, angle=0.4)
START = np.array([1.0, -0.5])
METHODS = [methods.adagrad(), methods.gradient_descent()]
RATES = np.array([1e-3, 1e-2, 0.1, 1.0, 10.0])
ANGLES = np.linspace(0, np.pi / 2, 13)


def whole(stream):
    return list(stream)[-1]


def test_each_cell_of_an_angle_map_is_the_run_that_a_tap_loads():
    grid = whole(
        map_angles_and_rates(OBJECTIVE, METHODS, START, rates=RATES, angles=ANGLES, n_steps=60)
    )
    assert grid.share == 1
    for row, method in enumerate(METHODS):
        for i in range(len(ANGLES)):
            for j in range(len(RATES)):
                setting = grid.setting(method.name, ANGLES[i] + 0.02, RATES[j] * 1.9)
                assert setting == Setting(method.name, ANGLES[i], RATES[j])
                path = run(
                    OBJECTIVE,
                    method.with_learning_rate(setting.rate),
                    START,
                    60,
                    basis=Eigenbasis.rotation(setting.angle),
                )
                if path.diverged_at >= 0:
                    assert np.isposinf(grid.picture(method.name)[i, j])
                    assert grid.diverged_at[row, i, j] == path.diverged_at
                else:
                    assert grid.picture(method.name)[i, j] == path.final_value


def test_the_coarse_grid_fills_the_picture_first():
    stream = map_angles_and_rates(OBJECTIVE, METHODS, START, rates=spread_rates(0.1), n_steps=5)
    for grid in stream:
        for row, method in enumerate(METHODS):
            pending = grid.diverged_at[row] == PENDING
            if grid.share >= 2 * 19 * 9 / grid.final_values.size - 1e-12:
                assert not np.isnan(grid.picture(method.name)).any()
            else:
                assert pending.sum() >= 91 * 25 - 19 * 9
    assert not pending.any()
    assert grid.share == 1


def test_pending_cells_show_their_nearest_coarse_one():
    stream = map_angles_and_rates(OBJECTIVE, METHODS[:1], START, rates=spread_rates(0.1), n_steps=5)
    grid = next(each for each in stream if each.share >= 19 * 9 / (91 * 25))
    picture = grid.picture("adagrad")
    if grid.diverged_at[0, 1, 1] == PENDING:
        assert picture[1, 1] == picture[0, 0]
    assert picture[4, 3] == picture[5, 3] or grid.diverged_at[0, 4, 3] != PENDING


def test_each_cell_of_a_rate_map_compares_two_runs():
    basis = Eigenbasis.rotation(0.4)
    grid = whole(map_rates(OBJECTIVE, METHODS, START, basis=basis, rates=RATES, n_steps=60))
    picture = grid.picture("adagrad", level=0.0)
    for i, rotated in enumerate(RATES):
        for j, original in enumerate(RATES):
            pair = grid.setting("adagrad", original / 1.5, rotated * 1.5)
            assert pair == RatePair("adagrad", original, rotated)
            ends = [
                run(OBJECTIVE, methods.adagrad(rate), START, 60, basis=each).final_value
                for rate, each in ((original, None), (rotated, basis))
            ]
            before, after = np.maximum(ends, 1e-16)
            assert picture[i, j] == pytest.approx(np.log10(before / after), abs=1e-12)
    rotated = np.maximum(grid.final_values[0, 1], 1e-16)
    assert picture.max(axis=1).argmax() == rotated.argmin()


def test_an_equivariant_method_is_even_on_the_diagonal_and_divergence_is_infinite():
    basis = Eigenbasis.rotation(0.4)
    grid = whole(map_rates(OBJECTIVE, METHODS, START, basis=basis, rates=RATES, n_steps=400))
    picture = grid.picture("gradient_descent", level=0.0)
    stays = RATES < 2 / 50
    assert np.diag(picture)[stays] == pytest.approx(np.zeros(stays.sum()), abs=1e-9)
    assert np.isposinf(picture[np.ix_(stays, ~stays)]).all()
    assert np.isneginf(picture[np.ix_(~stays, stays)]).all()
    assert np.isnan(picture[np.ix_(~stays, ~stays)]).all()


def test_rates_work_in_any_dimension_and_angles_in_two():
    objective = landscape("zakharov_3d")
    with pytest.raises(ValueError, match="zakharov_3d has 3; map rate × rate instead"):
        next(map_angles_and_rates(objective, METHODS, np.ones(3), rates=RATES))
    basis = Eigenbasis.random(3)
    grid = whole(map_rates(objective, METHODS, np.ones(3), basis=basis, rates=RATES, n_steps=3))
    assert grid.final_values.shape == (2, 2, 5)


def test_a_schedule_reaches_every_cell():
    factors = np.array([1.0, 1.0, 0.0, 0.0])
    settings = {"rates": RATES, "n_steps": 4, "schedule": factors}
    angles = whole(map_angles_and_rates(OBJECTIVE, METHODS, START, angles=ANGLES, **settings))
    pairs = whole(map_rates(OBJECTIVE, METHODS, START, basis=Eigenbasis.rotation(0.4), **settings))
    expected = run(OBJECTIVE, methods.adagrad(RATES), START, 2).final_value
    np.testing.assert_allclose(angles.final_values[0, 0], expected)
    np.testing.assert_allclose(pairs.final_values[0, 0], expected)


def test_an_abandoned_map_stops():
    stream = map_angles_and_rates(OBJECTIVE, METHODS, START, rates=RATES, n_steps=50_000, threads=1)
    grid = next(stream)
    stream.close()
    assert (grid.diverged_at == PENDING).mean() > 0.9


def test_rates_spread_evenly_around_their_center():
    rates = spread_rates(30.0)
    assert (len(rates), rates[12]) == (25, 30.0)
    assert rates[[0, -1]] == pytest.approx([0.3, 3000])
