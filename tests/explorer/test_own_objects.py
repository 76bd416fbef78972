"""`egop.explore` takes the objects a user has and shows the numbers that `egop.run` gives."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

import egop
from egop import distributions, methods, objectives
from egop.explorer import Explorer
from egop.explorer.distribution_shape import shape_of
from egop.explorer.scene import Scene
from egop.explorer.scene_basis import make_basis
from egop.explorer.verdict_inputs import verdict_of

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_first_steps.ipynb"
WIDE = distributions.Gaussian(dim=2, scale=50.0)


class Slanted:
    """A distribution that the catalog does not know: points along a line, and no moments."""

    dim = 3

    def sample(self, n, rng):
        return rng.standard_normal((n, 1)) * np.array([1.0, 2.0, -1.0]) + rng.random((n, 3))


@pytest.fixture
def explore(monkeypatch):
    """`egop.explore` without loading Panel's extension again."""
    monkeypatch.setattr("panel.extension", lambda *names, **options: None)
    return egop.explore


def check_same_numbers(explorer: Explorer, rho, given, start, n_samples=2000, seed=0) -> None:
    """The page's basis and runs are those of the library from the same objects."""
    shown = explorer._shown
    assert shown is not None
    basis = egop.estimate_eigenbasis(shown.objective, rho, n_samples, seed)
    np.testing.assert_array_equal(shown.estimate.basis.eigenvalues, basis.eigenvalues)
    np.testing.assert_array_equal(
        np.abs(shown.estimate.basis.eigenvectors), np.abs(basis.eigenvectors)
    )
    sample = egop.gradients.sample_gradients(shown.objective, rho, n_samples, seed)
    np.testing.assert_array_equal(shown.estimate.sample.points, sample.points)
    for method, pair in zip(given, shown.pairs, strict=True):
        for path, axes in ((pair.original, None), (pair.rotated, basis)):
            expected = egop.run(shown.objective, method, start, len(shown.schedule), basis=axes)
            scale = np.abs(expected.values[0])
            np.testing.assert_allclose(path.values, expected.values, rtol=1e-9, atol=1e-12 * scale)


def test_the_first_notebooks_explorer_says_the_steps_that_it_printed(explore, capsys, tmp_path):
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shows = next(cell for cell in code if cell.startswith("egop.explore(objective"))
    script = tmp_path / "cells.py"
    script.write_text("\n".join([*code[:2], f"explorer = {shows}"]), encoding="utf-8")
    names = runpy.run_path(str(script))
    assert re.findall(r"at step (\d+)", capsys.readouterr().out) == ["523", "155"]
    explorer = names["explorer"]
    check_same_numbers(explorer, names["distribution"], [names["method"]], names["start"])
    (verdict,) = verdict_of(explorer._shown).methods
    assert "after 155 steps in EGOP coordinates, 523 in original ones" in verdict.sentence
    assert verdict.outcome == "gain"


def test_more_than_two_variables_an_unknown_distribution_and_own_hyperparameters(explore):
    objective = objectives.least_squares(3, 40, (3.0, 1.0, 0.2))
    given = [methods.adam(0.05, beta1=0.5), methods.adam(0.05), methods.rmsprop(0.02)]
    start = (1.0, -2.0, 0.25)
    explorer = explore(objective, Slanted(), given, start, n_steps=150, n_samples=300, seed=4)
    check_same_numbers(explorer, Slanted(), given, start, 300, 4)
    shown = explorer._shown
    assert list(shown.methods) == ["adam", "adam_2", "rmsprop"]
    np.testing.assert_array_equal(shown.start, start)
    assert "Slanted" in explorer.controls.sentence("distribution")
    assert "infinite" not in verdict_of(shown).headline  # its moments are not known


def test_an_objective_of_torch_and_points_of_data(explore):
    objective = objectives.from_torch(lambda x: (x[0] - x[1]) ** 2 + 0.1 * x[1] ** 4, 2)
    rho = distributions.empirical(np.random.default_rng(0).normal(size=(40, 2)))
    given, start = [methods.adam(0.1)], (2.0, -1.0)
    explorer = explore(objective, rho, given, start, n_steps=40, n_samples=200)
    check_same_numbers(explorer, rho, given, start, 200)
    assert "40 points of data" in explorer.controls.sentence("distribution")


def test_the_exact_basis_of_a_sampler_without_moments_is_refused_in_one_sentence():
    f, basis = objectives.quadratic(), egop.Eigenbasis.identity(2)
    rho = distributions.from_sampler(lambda n, rng: rng.normal(size=(n, 2)))
    with pytest.raises(ValueError, match="whose mean and covariance are known"):
        make_basis(Scene(basis="exact"), f, rho, basis)


def test_the_start_stays_when_the_left_figure_shows_other_coordinates(explore):
    objective = objectives.least_squares(4, 40, (3.0, 1.0, 0.2, 0.1))
    start = (1.0, -2.0, 0.25, 7.0)
    explorer = explore(objective, start=start, n_steps=20)
    explorer.scene.param.update(first_axis=3, second_axis=4)
    assert explorer.scene.start == (0.25, 7.0)
    np.testing.assert_array_equal(explorer._shown.start, start)
    explorer.scene.start = (0.5, 6.0)
    explorer.scene.param.update(first_axis=1, second_axis=2)
    np.testing.assert_array_equal(explorer._shown.start, (1.0, -2.0, 0.5, 6.0))


@pytest.mark.parametrize(
    ("rho", "kind"),
    [
        (WIDE, "gaussian"),
        (distributions.Gaussian(mean=[1.0, -2.0], covariance=[[4.0, 1.5], [1.5, 2.0]]), "gaussian"),
        (distributions.Gaussian(dim=5, scale=0.3), "gaussian"),
        (distributions.UniformBox(mean=[1.0, 2.0], half_width=3.0), "uniform_box"),
        (distributions.Laplace(mean=[1.0, 2.0], scale=3.0), "laplace"),
        (distributions.Sphere(mean=[0.0, 0.0, 0.0], radius=2.0), "sphere"),
        (distributions.StudentT(2, degrees_of_freedom=1.5, scale=2.0), "student_t"),
    ],
)
def test_the_controls_show_the_shape_of_a_distribution_they_know(rho, kind):
    assert shape_of(rho)["distribution"] == kind


@pytest.mark.parametrize(
    "rho",
    [
        distributions.Gaussian(dim=3, mean=[0.0, 0.0, 1.0]),
        distributions.Gaussian(covariance=[[1.0, 0.0], [0.0, 0.0]]),
        distributions.UniformBox(half_width=[1.0, 2.0]),
        distributions.AlongPath(np.ones((3, 2)), jitter=0.1),
    ],
)
def test_a_shape_that_the_controls_cannot_make_is_not_claimed(rho):
    assert shape_of(rho) == {}


def test_an_own_distribution_is_called_so_until_it_is_moved(explore):
    rho = distributions.Gaussian(mean=[1.0, -2.0], covariance=[[4.0, 1.5], [1.5, 2.0]])
    explorer = explore("booth", rho, n_steps=30)
    assert explorer._shown.distribution is rho
    label = f"Yours: {rho.describe()}"
    options = explorer.controls.values["distribution:options"]
    assert options[label] == "gaussian"
    explorer.controls.set("scale", 3.0)
    moved = explorer._shown.distribution
    assert moved is not rho
    np.testing.assert_allclose(moved.mean, rho.mean)
    assert label not in explorer.controls.values["distribution:options"]


def test_an_own_distribution_of_no_known_shape_stays_and_has_no_width_to_set(explore):
    objective = objectives.from_expression("x^2 + 3*y^2")
    rho = distributions.UniformBox(half_width=[1.0, 2.0])
    explorer = explore(objective, rho, n_steps=30)
    values = explorer.controls.values
    assert values["distribution:options"][f"Yours: {rho.describe()}"] == values["distribution"]
    explorer.controls.set("n_samples", 64)
    assert explorer._shown.distribution is rho
    assert rho.describe() in explorer.controls.sentence("distribution")


def test_own_methods_keep_their_hyperparameters_at_another_rate(explore):
    own = methods.adagrad(0.5, initial_accumulator=3.0)
    explorer = explore("booth", methods=[own, "adam"], n_steps=30)
    assert explorer.controls.values["own_adagrad"] is True
    explorer.controls.set("rate:adagrad", 0.25)
    explorer.scene.accumulator = 0.7
    made = explorer._shown.methods["adagrad"]
    assert made.hyperparameters == own.hyperparameters
    assert made.learning_rate == 0.25
    assert "adam" in explorer._shown.methods


def descent_update(gradient, state, point, powers, h):
    return gradient, h.scale, state


def test_an_own_rule_is_shown_also_by_its_name(explore):
    own = methods.from_update("scaled_descent", descent_update, learning_rate=0.02, scale=2.0)
    for given in (own, "scaled_descent"):
        explorer = explore("booth", methods=[given, "gradient_descent"], n_steps=30)
        paths = {pair.name: pair.original for pair in explorer._shown.pairs}
        expected = egop.run(
            objectives.landscape("booth"),
            methods.gradient_descent(0.01),
            explorer._shown.start,
            30,
        )
        np.testing.assert_allclose(paths["scaled_descent"].points, expected.points)


def test_an_own_basis_is_the_right_figures(explore):
    basis = egop.Eigenbasis.rotation(0.3)
    explorer = explore("booth", basis=basis, n_steps=30)
    np.testing.assert_allclose(
        np.abs(explorer._shown.basis.eigenvectors), np.abs(basis.eigenvectors)
    )
    assert explorer._shown.basis_name == "your"
    explorer.controls.set("basis", "egop")
    assert explorer._shown.basis_name == "EGOP"


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"objective": lambda x: x}, TypeError, "egop Objective or a name"),
        ({"objective": "x^2 + y^2"}, ValueError, r"from_expression\('x\^2 \+ y\^2'\)"),
        ({"objective": objectives.log_sum_exp(1, 20, (1.0,))}, ValueError, "2 or more variables"),
        ({"distribution": "gausian"}, ValueError, "no 'gausian'.*gaussian"),
        ({"distribution": 3.0}, TypeError, r"sample\(n, rng\), got float"),
        ({"distribution": distributions.Gaussian(dim=3)}, ValueError, "dim=2"),
        ({"methods": "adm"}, ValueError, "'adm'.*adam"),
        ({"methods": {"adam": 0.1}}, TypeError, "rates="),
        ({"methods": "sgd"}, ValueError, "gradient_descent or momentum"),
        ({"methods": methods.adam}, TypeError, "got the function adam"),
        ({"methods": [3]}, TypeError, "egop.methods.adam"),
        ({"methods": methods.adam(np.array([0.1, 0.2]))}, ValueError, "one learning rate"),
        ({"methods": methods.adam(0.0)}, ValueError, "rates above 0, got 0 for adam"),
        ({"start": (1.0, 2.0, 3.0)}, ValueError, "2 finite numbers"),
        ({"start": "here"}, ValueError, "2 finite numbers"),
        ({"start": (np.nan, 1.0)}, ValueError, "2 finite numbers"),
        ({"tolerance": -1.0}, ValueError, "positive number"),
        ({"tolerance": "small"}, ValueError, "positive number"),
        ({"basis": np.eye(2)}, TypeError, "egop.Eigenbasis, got ndarray"),
        ({"basis": egop.Eigenbasis.identity(3)}, ValueError, "basis has 3"),
        ({"basis": "own"}, ValueError, "no 'own'"),
    ],
)
def test_what_it_does_not_take_is_answered_in_one_sentence(explore, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        explore(**arguments)


def test_methods_in_writing_are_shown_with_their_options_at_a_tuned_rate(explore):
    written = ["adam", "adam(beta1=0.5)", "adam(beta1=0.50)", "momentum(momentum=0.5)"]
    explorer = explore(
        "booth", methods=[*written, "adam(beta1=0.5, learning_rate=0.2)"], n_steps=30
    )
    names = ["adam", "adam(beta1=0.5)", "momentum(momentum=0.5)", "adam_2(beta1=0.5)"]
    assert explorer.scene.methods == list(explorer._shown.methods) == names
    made = explorer._shown.methods
    assert [made[name].hyperparameters.beta1 for name in (names[0], *names[1::2])] == [
        0.9,
        0.5,
        0.5,
    ]
    assert made[names[3]].learning_rate == explorer.scene.rates[names[3]] == 0.2
    hints = [explorer.controls.values[f"rate:{name}:hint"] for name in names]
    assert [*map(bool, hints)] == [False, True, True, False]
    options = explorer.controls.values["methods:options"]
    assert options["Yours: Adam, beta1 0.5"] == "adam(beta1=0.5)"
    assert options["Yours: Adam 2, beta1 0.5"] == "adam_2(beta1=0.5)"


def test_a_rate_is_given_by_a_method_in_writing(explore):
    explorer = explore(methods="adam(beta1=0.5)", rates={"adam(beta1=0.50)": 0.3}, n_steps=30)
    method = explorer._shown.methods["adam(beta1=0.5)"]
    assert method.learning_rate == 0.3
    assert repr(method).startswith("adam(learning_rate=0.3, beta1=0.5")
