"""Methods of matrices are offered where the variables are matrices, and only there."""

import json

import numpy as np
import pytest

import egop
from egop import methods
from egop.analysis.why import look_inside
from egop.explorer import Explorer
from egop.explorer.saved_scene import read_scene
from egop.explorer.update_cost import seconds_of_step
from egop.explorer.views.control_rows import MATRICES, VECTORS
from egop.objectives import from_functions, matrix_quadratic

SETTINGS = {"n_steps": 20, "n_samples": 50}
MEMORY = {"objective": "associative_memory", "methods": ["adam", "muon"], "rates": {"muon": 0.02}}


def options(explorer):
    return explorer.controls.values["methods:options"]


def test_they_are_offered_with_matrices_in_a_group_of_their_own():
    explorer = Explorer(**SETTINGS)
    assert set(options(explorer).values()) == set(methods.VECTOR_METHODS)
    explorer.scene.objective = "matrix_quadratic"
    groups = options(explorer)
    assert set(groups[VECTORS].values()) == set(methods.VECTOR_METHODS)
    assert set(groups[MATRICES].values()) == set(methods.MATRIX_METHODS)


def test_they_run_in_both_bases_and_stay_among_matrices():
    explorer = Explorer(**SETTINGS, **MEMORY)
    assert list(explorer._shown.methods) == ["adam", "muon"]
    start, path = explorer._shown.start, explorer._shown.pairs[1].original
    alone = egop.run(explorer._shown.objective, methods.muon(0.02), start, 20)
    np.testing.assert_array_equal(path.points, alone.points)
    explorer.scene.objective = "matrix_quadratic"
    assert explorer.scene.methods == ["adam", "muon"]
    assert explorer.controls.sentence("methods") == ""


def test_leaving_matrices_drops_them_and_says_so():
    explorer = Explorer(**SETTINGS, **MEMORY)
    explorer.scene.objective = "rosenbrock"
    assert explorer.scene.methods == ["adam"]
    told = "Left out: Muon. They step matrices, and the variables of Rosenbrock are one vector."
    assert explorer.controls.sentence("methods") == told
    explorer.scene.n_samples = 60
    assert explorer.controls.sentence("methods") == told
    explorer.scene.objective = "booth"
    assert explorer.controls.sentence("methods") == ""


def test_a_saved_scene_with_one_on_a_vector_shows_the_rest():
    saved = json.dumps({"objective": "himmelblau", "methods": ["muon"], "rates": {"muon": 0.1}})
    explorer = Explorer(**read_scene(saved), **SETTINGS)
    assert explorer.scene.methods == ["adagrad", "adam"]
    assert "Left out: Muon." in explorer.controls.sentence("methods")
    other = Explorer(**SETTINGS)
    other.restore(json.dumps(MEMORY))
    assert list(other._shown.methods) == ["adam", "muon"]


def test_an_explorer_of_ones_own_objects_takes_them_where_they_fit():
    objective = matrix_quadratic(seed=1)
    explorer = egop.explore(objective, methods=[methods.muon(0.05), "shampoo"], **SETTINGS)
    assert list(explorer._shown.methods) == ["muon", "shampoo"] or explorer.updates.added.is_tuning
    with pytest.raises(ValueError, match="muon steps matrices, but the variables of rosenbrock"):
        egop.explore("rosenbrock", methods="muon")


def test_a_step_of_a_matrix_has_no_preconditioner_of_its_coordinates():
    objective = matrix_quadratic(seed=1)
    start = np.ones(objective.dim)
    trace = look_inside(objective, methods.muon(0.05), start, 5)
    np.testing.assert_allclose(trace.gradients, objective.gradient(trace.points[:-1]))
    assert np.isnan(trace.momenta).all()
    assert np.isnan(trace.at(2).ellipse()).all()
    by_rows = look_inside(objective, methods.vector_adam(0.05), start, 5)
    assert np.isfinite(by_rows.at(2).ellipse()).all()


def test_the_tab_why_opens_on_one():
    explorer = Explorer(**SETTINGS, **{**MEMORY, "methods": ["muon"]})
    explorer.tab = "why"
    words = explorer.tabs[3].message.object
    assert "measured: steps" in words
    assert "made of whole matrices" in words
    assert "ellipse: preconditioner" not in words
    assert "−m" not in words
    explorer.scene.methods = ["adam"]
    assert "ellipse: preconditioner" in explorer.tabs[3].message.object


def test_their_steps_cost_what_their_sides_do():
    small, large = (
        from_functions(lambda x: (x**2).sum(-1), lambda x: 2 * x, dim=n * n, shapes=(n, n))
        for n in (4, 14)
    )
    steps = [seconds_of_step(each, methods.shampoo(), 0.0) for each in (small, large)]
    assert steps[0] < steps[1] < 1e-3
    assert steps[0] > seconds_of_step(small, methods.adagrad_norm(), 0.0)
