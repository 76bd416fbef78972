"""Arguments of runs and sweeps besides arrays; `tests/mistakes` has those they refuse."""

import numpy as np
import pytest
import torch

from egop import methods
from egop.distributions import Gaussian
from egop.method_run import run
from egop.objectives import landscape, quadratic
from egop.refreshed import Refreshed
from egop.run_arguments import read_schedule, takes_same_path
from egop.sweep import Sweep

OBJECTIVE = quadratic(np.diag([3.0, 1.0]))
START = np.array([1.0, 2.0])


def halved(step):
    return 0.5**step


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("cosine", [1.0, 0.75, 0.25]),
        ("constant", [1.0, 1.0, 1.0]),
        (None, [1.0, 1.0, 1.0]),
        (halved, [1.0, 0.5, 0.25]),
        ((1, 0, 2), [1.0, 0.0, 2.0]),
    ],
)
def test_a_schedule_is_a_name_a_function_or_factors(schedule, factors):
    np.testing.assert_allclose(read_schedule(schedule, 3), factors)
    method = methods.gradient_descent(0.1)
    path = run(OBJECTIVE, method, START, 3, schedule=schedule)
    shrunk = np.cumprod(1 - 0.1 * np.array(factors))
    np.testing.assert_allclose(path.points[1:, 1], 2.0 * shrunk)
    sweep = Sweep(OBJECTIVE, method, [None], START, 0.1, n_steps=3, schedule=schedule).finish()
    assert sweep.final_values[0] == path.final_value


def test_cosine_is_that_of_torch():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    annealed = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    rates = []
    for _ in range(7):
        rates.append(annealed.get_last_lr()[0])
        optimizer.step()
        annealed.step()
    np.testing.assert_allclose(read_schedule("cosine", 7), rates, atol=1e-12)


def test_one_name_is_recorded_as_well_as_several():
    path = run(OBJECTIVE, methods.adam(0.1), START, 5, record="gradient")
    assert list(path.recorded) == ["gradient"]
    np.testing.assert_allclose(path.recorded["gradient"], OBJECTIVE.gradient(path.points[:-1]))


def test_a_start_at_infinity_is_data_and_nan_is_a_mistake():
    assert run(OBJECTIVE, methods.adam(0.1), [np.inf, 0.0], 5).diverged_at == 0
    starts = [[0.0, 1.0], [np.nan, 1.0], [1.0, np.nan]]
    for refused in (
        lambda: run(OBJECTIVE, methods.adam(0.1), starts, 5),
        lambda: Sweep(OBJECTIVE, methods.adam(0.1), [None], starts, 0.1),
    ):
        with pytest.raises(ValueError, match="got NaN in 2 of 3 starts"):
            refused()


@pytest.mark.parametrize(
    ("name", "moments", "same"),
    [
        ("momentum", "rotate", True),
        ("momentum", "reset", False),
        ("momentum", "keep", False),
        ("gradient_descent", "keep", True),
        ("adam", "rotate", False),
    ],
)
def test_which_methods_know_no_basis_that_is_refreshed(name, moments, same):
    """A tuner runs them in the first basis alone."""
    basis = Refreshed(every=3, distribution=Gaussian(2), n_samples=20, moments=moments)
    method = methods.method(name, 0.1)
    assert takes_same_path(method, basis) is same
    rosenbrock, start = landscape("rosenbrock"), [0.2, -0.3]
    method = method.with_learning_rate(1e-3)
    path = run(rosenbrock, method, start, 12, basis=basis).points
    assert np.allclose(path, run(rosenbrock, method, start, 12).points, rtol=1e-7) is same
