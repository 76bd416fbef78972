"""The scenes as they open; the first one shows that rotating helps."""

import numpy as np
import pytest

from egop import Eigenbasis, run
from egop.analysis.rate_grids import rate_grid
from egop.analysis.starts import draw_starts
from egop.analysis.tuning import tune
from egop.explorer import Explorer, catalog
from egop.explorer.openings import FIRST, default_rates, default_start, opening_of
from egop.explorer.scene import OBJECTIVES, Scene
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.steps import steps_of_arrival

FORMULA = "(1-x)^2 + 100*(y-x^2)^2"
METHODS = ("adagrad", "adam")
NEVER = np.inf


@pytest.fixture(scope="module")
def shown() -> ComparisonResult:
    shown = Explorer()._shown
    assert shown is not None
    return shown


def arrivals(values: np.ndarray) -> np.ndarray:
    """First step of each run (T+1, ...) with f within 10⁻³ of f(x_0); the minimum is 0."""
    near = values <= 1e-3 * values[0]
    return np.where(near.any(axis=0), near.argmax(axis=0), NEVER)


def paths(
    shown: ComparisonResult, method: str, starts, basis=None
) -> tuple[np.ndarray, np.ndarray]:
    """Points and values by step of the method at the scene's rate."""
    path = run(shown.objective, shown.methods[method], starts, len(shown.schedule), basis=basis)
    assert path.points is not None
    assert path.values is not None
    return path.points, path.values


def length_over_distance(points: np.ndarray, values: np.ndarray) -> float:
    """Of the path until it arrives: 1 is straight."""
    until = min(arrivals(values), len(points) - 1)
    points = points[: int(until) + 1]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    return float(steps.sum() / np.linalg.norm(points[-1] - points[0]))


@pytest.mark.parametrize("key", OBJECTIVES)
def test_every_objective_opens_where_there_is_something_to_see(key):
    objective = catalog.make_objective(key, **({"formula": FORMULA} if key == "formula" else {}))
    start = default_start(key, objective)
    assert start.shape == (objective.dim,)
    value, gradient = objective.value_and_gradient(start)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.linalg.norm(gradient) > 0
    opening = opening_of(key, objective)
    assert opening.start == tuple(start[:2].round(6))
    assert set(METHODS) <= opening.rates.keys()
    assert all(0 < rate < 1e6 for rate in [*opening.rates.values(), opening.scale])
    assert all(0 < rate < 1e6 for rate in default_rates(objective).values())


def test_a_scene_without_settings_is_the_first_opening(shown):
    objective = catalog.make_objective(**Scene().problem())
    opening = opening_of(FIRST, objective)
    assert shown.objective is objective
    assert opening.start == Scene().start == shown.scene.start
    assert shown.scene.rates == opening.rates
    assert shown.scene.methods == list(METHODS)
    assert objective.minimum == 0


def test_figure_1_is_the_next_scene_at_the_papers_rate_and_tolerance():
    assert OBJECTIVES[:2] == [FIRST, "log_sum_exp"]
    explorer = Explorer()
    explorer.scene.objective = "log_sum_exp"
    shown = explorer._shown
    assert shown.methods["adagrad"].learning_rate == 30.0
    assert shown.start.tolist() == [60.0, 80.0]
    assert (explorer.scene.scale, explorer.scene.n_steps) == (50.0, 1000)
    assert shown.target.tolerance == 1e-4


@pytest.mark.parametrize("method", METHODS)
def test_rotating_makes_the_first_scene_straighter_and_sooner(shown, method):
    original, rotated = (paths(shown, method, shown.start, b) for b in (None, shown.basis))
    assert length_over_distance(*rotated) <= 0.75 * length_over_distance(*original)
    assert 5 * arrivals(rotated[1]) <= arrivals(original[1])


@pytest.mark.parametrize("method", METHODS)
def test_it_is_sooner_from_most_starts_and_not_from_the_shown_one_alone(shown, method):
    """The 50 starts of the tab "Compare", and 2,000 others."""
    draws = {50: draw_starts(shown.distribution, 50, 0), 2000: shown.distribution.sample(2000, 5)}
    for count, starts in draws.items():
        first, second = (
            arrivals(paths(shown, method, starts, basis)[1]) for basis in (None, shown.basis)
        )
        assert (second < first).sum() >= 0.76 * count


@pytest.mark.parametrize("method", METHODS)
def test_it_is_sooner_than_most_random_rotations(shown, method):
    rotated = arrivals(paths(shown, method, shown.start, shown.basis)[1])
    others = [paths(shown, method, shown.start, Eigenbasis.random(2, seed)) for seed in range(10)]
    assert sum(arrivals(values) > rotated for _, values in others) >= 8


def test_it_is_sooner_in_the_median_when_each_basis_is_tuned(shown):
    *_, tuning = tune(
        shown.objective, list(shown.methods.values()), [None, shown.basis],
        draw_starts(shown.distribution, 20, 0), rates=rate_grid(-3, 1),
        n_steps=len(shown.schedule), target=shown.target.value, level=0.0,
    )  # fmt: skip
    starts = draw_starts(shown.distribution, 50, 0)
    for name, curve in tuning.curves.items():
        medians = []
        for rate, basis in zip(curve.best, (None, shown.basis), strict=True):
            method = shown.methods[name].with_learning_rate(rate)
            path = run(shown.objective, method, starts, len(shown.schedule), basis=basis)
            medians.append(np.median(arrivals(path.values)))
        assert medians[1] < medians[0], name


def test_starts_of_matrices_are_as_wide_as_their_opening_says():
    for key, spread in (("associative_memory", 0.1), ("matrix_quadratic", 1.0)):
        start = default_start(key, catalog.make_objective(key))
        assert np.std(start) == pytest.approx(spread, rel=0.3)


def test_muon_arrives_before_adam_in_the_scene_of_the_linear_network():
    explorer = Explorer(objective="two_layer_linear", methods=["muon", "adam"])
    reached = steps_of_arrival(explorer._shown)
    assert 0 < reached["muon", False] < reached["adam", False] / 2
