"""One's own update rules by name in experiments, in Python and on the command line."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from egop import methods
from egop.cli import main
from egop.experiments import begin, configure, convex, digits, load, run
from egop.experiments.compared_methods import check_methods, import_own
from egop.networks.plan import Run, arrange
from egop.networks.update import new_state

FILE = """
from egop import methods

def update(gradient, state, point, powers, h):
    (mean,) = state
    direction = methods.sign(h.beta1 * mean + (1 - h.beta1) * gradient)
    return direction, 1.0, (h.beta2 * mean + (1 - h.beta2) * gradient,)

methods.from_update("lion_of_a_file", update, state="mean", beta1=0.9, beta2=0.99)
"""
NETWORK = digits.Config(data="digits", trials=1, epochs=1, hidden=(4,), n_samples=20)


@pytest.fixture
def lion_file(tmp_path):
    path = tmp_path / "lion_file.py"
    path.write_text(FILE)
    return path


def plain_update(gradient, state, point, powers, h):
    return gradient, 1.0, state


def test_an_own_rule_is_trained_as_any_other():
    methods.from_update("own_descent", plain_update)
    rates = {"own_descent": [0.1], "gradient_descent": [0.1]}
    result = run("digits", rates=rates, methods=list(rates), config=NETWORK, out=None)
    assert list(result["optimizer"].values) == list(rates)
    losses = result["training_loss"]
    np.testing.assert_allclose(
        losses.sel({"optimizer": "own_descent"}), losses.sel({"optimizer": "gradient_descent"})
    )
    assert losses.isel({"epoch": -1}).max() < losses.isel({"epoch": 0}).min()


def test_an_own_rule_of_a_file_on_the_command_line(lion_file, tmp_path):
    words = ["experiment", "two_dimensions", "--import", str(lion_file)]
    given = ["--methods", "lion_of_a_file", "adagrad", "--rates", "0.1", "--epochs", "20"]
    assert main([*words, *given, "--trials", "1", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.glob("two_dimensions-*")
    result = load(folder)
    assert list(result["optimizer"].values) == ["lion_of_a_file", "adagrad"]
    loss = result["training_loss"].sel({"optimizer": "lion_of_a_file"})
    assert (loss.isel({"epoch": -1}) < loss.isel({"epoch": 0})).all()


def test_a_run_says_which_method_it_lacks(tmp_path):
    methods.from_update("own_and_lost", plain_update)
    begun = begin("convex", methods="own_and_lost", rates=[0.1], out=tmp_path)
    begun.close()
    code = f"from egop.experiments import resume; resume({str(begun.folder)!r})"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    ).stderr
    assert "unknown method 'own_and_lost'" in said
    assert "egop resume RUN --import FILE" in said


def test_an_import_that_fails_is_one_sentence(tmp_path):
    for file, text in ((tmp_path / "none.py", None), (tmp_path / "wrong.py", "1 / 0")):
        if text is not None:
            file.write_text(text)
        with pytest.raises(ImportError, match=r"--import: .* cannot be imported, ") as caught:
            import_own([str(file)])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("convex", ("adm",), "unknown method 'adm'; did you mean 'adam'"),
        ("convex", ("qqq",), "egop.methods.from_update makes others known"),
        ("digits", ("full_adagrad",), "full_adagrad couples them"),
        ("digits", (), "methods takes names such as"),
        ("digits", (methods.adam(),), "methods takes names such as"),
        ("digits", ("adagrad_from_zero",), "unknown method 'adagrad_from_zero'"),
    ],
)
def test_methods_that_an_experiment_cannot_compare(name, given, words):
    with pytest.raises(ValueError, match=words) as caught:
        configure(name, changes={"methods": given})
    assert "\n" not in str(caught.value)


def test_methods_that_belong_to_an_experiment():
    check_methods(convex.Config(), network=False)
    assert configure("convex", changes={"methods": "adagrad_from_zero"}).methods == (
        "adagrad_from_zero",
    )


def test_rules_of_one_name_and_equal_hyperparameters_are_not_taken_for_each_other():
    first = methods.from_update("twice", plain_update, beta1=0.5)
    second = methods.from_update("twice", lambda g, s, x, p, h: (2 * g, 1.0, s), beta1=0.5)
    groups = arrange([Run(each, "original", 0.1) for each in (first, second, first)]).groups
    assert [(g.method.rule, g.runs.stop - g.runs.start) for g in groups] == [
        (first.rule, 2),
        (second.rule, 1),
    ]


def test_a_rule_that_takes_no_tensors_says_so():
    for update in (
        lambda g, s, x, p, h: (g.astype(float), 1.0, s),
        lambda g, s, x, p, h: (g.double() if hasattr(g, "double") else g, 1.0, s),
    ):
        method = methods.from_update("no_tensors", update)
        with pytest.raises(ValueError, match=r"the update of no_tensors .* tensors"):
            new_state(method, torch.zeros(1, 2, 3))
