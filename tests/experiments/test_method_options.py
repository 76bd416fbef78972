"""Methods with options in experiments: in writing, side by side, resumed, split and merged."""

import numpy as np
import pytest

pytest.importorskip("torch")

from egop import methods, theme
from egop.cli import main
from egop.experiments import begin, configure, convex, digits, load, merge, rates_from, resume, run
from egop.experiments.execution import execute
from egop.figures import draw
from egop.methods import galore

CONFIG = digits.Config(
    data="digits", trials=2, epochs=2, hidden=(4,), n_samples=20, dtype="float64"
)
GRID = {"methods": ["adam", galore(rank=2), "galore( rank = 4 )"], "bases": ["matrices"]}
NAMES = ["adam", "galore(rank=2)", "galore(rank=4)"]
RATES = {"adam": [0.01], galore(rank=2): [0.1], "galore(rank=4)": [0.1]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run("digits", config=CONFIG, rates=RATES, out=folder, **GRID)
    return next(folder.iterdir())


def test_one_method_with_two_options_stands_side_by_side(whole):
    result = load(whole)
    assert result["optimizer"].values.tolist() == NAMES
    losses = result["training_loss"].isel(learning_rate=-1, epoch=-1)
    few, all_of_them = (losses.sel({"optimizer": name}) for name in NAMES[1:])
    assert (np.abs(few / all_of_them - 1) > 1e-4).all()
    alone = {"methods": galore(rank=2), "rates": [0.1], "bases": ["matrices"]}
    again = run("digits", config=CONFIG, out=None, **alone)["training_loss"]
    np.testing.assert_allclose(again.isel(optimizer=0, learning_rate=0, epoch=-1), few, rtol=1e-10)
    assert methods.method(result["optimizer"].values[1]).hyperparameters.rank == 2
    assert rates_from(result) == {"adam": [0.01], NAMES[1]: [0.1], NAMES[2]: [0.1]}
    assert draw(result)


def test_parts_with_options_are_merged(whole, tmp_path):
    for trials in (range(1), range(1, 2)):
        run("digits", trials, config=CONFIG, rates=RATES, out=tmp_path, **GRID)
    merged = merge(tmp_path, out=None)
    np.testing.assert_allclose(merged["training_loss"], load(whole)["training_loss"], rtol=1e-10)


def test_a_run_with_options_is_resumed(whole, tmp_path):
    begun = begin("digits", config=CONFIG, rates=RATES, out=tmp_path, **GRID)

    def stop(share, words):
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(begun, stop)
    begun.close()
    assert not (begun.folder / "result.nc").exists()
    resumed = resume(begun.folder)
    np.testing.assert_array_equal(resumed["training_loss"], load(whole)["training_loss"])


def test_the_command_line_takes_options(tmp_path):
    words = ["experiment", "two_dimensions", "--trials", "1", "--epochs", "20"]
    words += ["--methods", "adam", "adam(beta1=0.5)", "--rates", "adam=1", "adam(beta1=0.5)=1,2"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    assert load(folder)["optimizer"].values.tolist() == ["adam", "adam(beta1=0.5)"]


def test_adagrad_keeps_the_accumulator_of_its_experiment():
    def chosen(*given):
        return configure("convex", changes={"methods": given}).methods

    optax, torch = methods.adagrad(initial_accumulator=0.1), methods.adagrad()
    assert chosen("adagrad", torch) == ("adagrad", "adagrad(initial_accumulator=0.0)")
    assert chosen(optax) == ("adagrad",)
    assert chosen("adagrad_from_zero(eps=1)") == ("adagrad_from_zero(eps=1.0)",)
    for text, start in (("adagrad(eps=1)", 0.1), (chosen(torch)[0], 0.0)):
        assert convex.method_of(text, 0.1).hyperparameters.initial_accumulator == start


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("galor(rank=4)", "methods: unknown method 'galor'; did you mean 'galore'"),
        ("galore(rnk=4)", "methods: galore takes .* got rnk; did you mean 'rank'"),
        ("soap(frequency=4)", "methods: soap takes .* got frequency; did you mean refresh"),
        ("galore(rank=-1)", "methods: galore takes rank as an integer of at least 0, got -1"),
        ("galore(rank=", "methods: a method is written as its name, or as its name with options"),
        ("galore(rank=0)", "methods names 'galore' more than once"),
        (galore(0.3), "methods: galore is run at the rates of the experiment; leave its learning_"),
        (galore([0.1, 0.2]), "methods: galore is run at the rates of the experiment"),
        ("galore(learning_rate=1)", "methods: galore is run at the rates of the experiment"),
        ("full_adagrad(eps=1)", "methods: full_adagrad keeps a number for each pair"),
    ],
)
def test_options_that_are_refused(given, words):
    with pytest.raises(ValueError, match=words) as caught:
        configure("digits", changes={"methods": ["galore", given]})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", [dict, tuple])
def test_rates_of_one_method_in_two_spellings_are_refused(form):
    given = form([(galore(), [0.1]), ("galore(rank=0)", [0.2])])
    with pytest.raises(ValueError, match="rates names 'galore' more than once; name it once"):
        configure("digits", changes={"methods": "galore", "rates": given})


def test_a_rank_above_a_side_of_a_layer_leaves_no_run(tmp_path):
    with pytest.raises(ValueError, match=r"galore takes a rank up to the smaller side .* 4×64"):
        run("digits", config=CONFIG, methods="galore(rank=5)", rates=[0.1], out=tmp_path)
    assert not [*tmp_path.iterdir()]


def test_labels_tell_options():
    assert theme.label("galore(rank=4)") == "GaLore, rank 4"
    assert theme.label("soap(refresh=5, warm_up=0)") == "SOAP, refresh 5, warm up 0"
    assert theme.label("my_lion(beta1=0.5)") == "my lion, beta1 0.5"
