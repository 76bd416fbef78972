"""One's own update rules by name in experiments, in Python and on the command line."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import egop
from egop import methods
from egop.cli import main
from egop.experiments import begin, configure, convex, digits, load, run
from egop.experiments.compared_methods import check_methods, import_own
from egop.lab.settings import SettingError, config_of, defaults
from egop.methods.blocks import rule_blocks
from egop.networks.plan import RunSpec, arrange
from egop.networks.update import new_state
from egop.sweep import Sweep

README = Path(egop.__file__).parents[1] / "README.md"
NETWORK = digits.Config(data="digits", trials=1, epochs=1, hidden=(4,), n_samples=20)


@pytest.fixture
def lion_file(tmp_path):
    """A file with the first block of the README's section on one's own method."""
    section = README.read_text(encoding="utf-8").partition("## Your own method")[2]
    block = section.partition("```pycon\n")[2].partition("```")[0]
    lines = [line[4:] for line in block.splitlines() if line[:3] in (">>>", "...")]
    assert len(lines) <= 10
    path = tmp_path / "my_lion.py"
    path.write_text("\n".join(lines))
    return path


def plain_update(gradient, state, point, powers, h):
    return gradient, 1.0, state


def test_an_own_rule_is_trained_as_any_other():
    methods.from_update("own_descent", plain_update)
    rates = {"own_descent": [0.1], "gradient_descent": [0.1]}
    result = run("digits", rates=rates, methods=list(rates), config=NETWORK, out=None)
    assert list(result["optimizer"].values) == list(rates)
    losses = result["training_loss"].sel({"basis": ["original", "egop"]})  # no control for descent
    np.testing.assert_allclose(
        losses.sel({"optimizer": "own_descent"}), losses.sel({"optimizer": "gradient_descent"})
    )
    assert losses.isel({"epoch": -1}).max() < losses.isel({"epoch": 0}).min()


def test_the_own_rule_of_the_readme_in_a_file(lion_file, tmp_path):
    import_own([str(lion_file)])
    lion = methods.method("my_lion")
    objective, start = egop.objectives.quadratic(), [3.0, -2.0]
    path = egop.run(objective, lion, start, 10)
    moved = np.abs(np.diff(path.points, axis=0))
    np.testing.assert_allclose(moved, lion.learning_rate)
    sweep = Sweep(objective, lion, [None], start, [0.1, 3.0], n_steps=10).finish()
    assert sweep.final_values[0, 1] == path.final_value
    given = {"rates": [0.01], "methods": "my_lion", "config": NETWORK, "out": None}
    loss = run("digits", **given)["training_loss"]
    assert (loss.isel({"epoch": -1}) < loss.isel({"epoch": 0})).all()


def test_the_command_line_imports_a_file_with_an_own_rule(lion_file, tmp_path):
    words = ["experiment", "two_dimensions", "--import", str(lion_file)]
    given = ["--methods", "my_lion", "adagrad", "--rates", "1", "--epochs", "20"]
    assert main([*words, *given, "--trials", "1", "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.glob("two_dimensions-*")
    result = load(folder)
    assert list(result["optimizer"].values) == ["my_lion", "adagrad"]
    loss = result["training_loss"].sel({"optimizer": "my_lion"})
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
        ("digits", ("full_adagrad",), "full_adagrad keeps a number for each pair of parameters"),
        ("convex", ("muon",), "muon steps matrices, and the variables of this experiment are one"),
        ("digits", (), "methods takes names such as"),
        ("digits", (3,), "methods takes names such as"),
        ("digits", ("adagrad_from_zero",), "unknown method 'adagrad_from_zero'"),
    ],
)
def test_methods_that_an_experiment_cannot_compare(name, given, words):
    with pytest.raises(ValueError, match=words) as caught:
        configure(name, changes={"methods": given})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "given", "layer"),
    [
        (
            "digits",
            "galore(rank=40)",
            "layer 2: galore takes a rank .* got 40 for 10×32; .*rank=10",
        ),
        ("digits", "cosmos(rank=11)", "layer 2: cosmos takes a rank .* got 11 for 10×32"),
        ("fashion", methods.galore(rank=5), "layer 2: .* got 5 for 4×"),
        ("linear", "galore(rank=1000)", "layer 1: .* got 1000 for"),
    ],
)
def test_a_rank_above_a_layer_is_refused_before_the_run_has_a_folder(name, given, layer, tmp_path):
    with pytest.raises(ValueError, match=rf"^methods: {layer}") as caught:
        begin(name, methods=("adam", given), out=tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    configure("digits", changes={"methods": "galore(rank=10)"})


def test_a_rank_above_a_layer_is_said_beside_the_methods_of_the_form():
    settings = defaults("digits", "quick")
    with pytest.raises(SettingError, match="layer 2: galore takes a rank") as caught:
        config_of(replace(settings, methods=["adam", "galore(rank=40)"]))
    assert caught.value.setting == "methods"


def test_methods_that_belong_to_an_experiment():
    check_methods(convex.Config(), network=False)
    assert configure("convex", changes={"methods": "adagrad_from_zero"}).methods == (
        "adagrad_from_zero",
    )


def test_rules_of_one_name_and_equal_hyperparameters_are_not_taken_for_each_other():
    first = methods.from_update("twice", plain_update, beta1=0.5)
    second = methods.from_update("twice", lambda g, s, x, p, h: (2 * g, 1.0, s), beta1=0.5)
    groups = arrange([RunSpec(each, "original", 0.1) for each in (first, second, first)]).groups
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
            new_state(rule_blocks(method, (), 3)[0], torch.zeros(1, 2, 3))
