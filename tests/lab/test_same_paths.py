"""Words about methods whose path a basis leaves as it is, or does under a condition."""

import json
from dataclasses import asdict

import pytest

from egop.experiments.data_shapes import gradient_ranks
from egop.experiments.digits import Config
from egop.experiments.linear import Config as LinearConfig
from egop.experiments.sweep.basis_names import BASES
from egop.lab.same_paths import BASES_OF_RESULTS, ranks_of_result, same_path_words
from egop.lab.settings import BASIS_WORDS
from egop.methods import NETWORK_METHODS, ROTATIONS, equivariance_table
from egop.methods.rule import GradientRank

THREE = {
    "Each matrix": BASES["matrices"],
    "Kronecker": BASES["kronecker"],
    "Rows": BASES["rows"],
}
SQUARE = [GradientRank((8, 8), 8)]


def test_methods_are_told_with_the_bases_that_change_nothing_for_them():
    assert same_path_words(["adam", "momentum", "muon", "vector_adam", "shampoo"], THREE) == (
        "Momentum takes the same path in every basis here as in original coordinates. "
        "Muon and Shampoo take the same path in Kronecker and Rows as in original coordinates. "
        "VectorAdam takes the same path in Rows as in original coordinates."
    )


def test_nothing_is_told_where_every_path_changes_or_no_basis_is_chosen():
    assert same_path_words(["adam", "somebody's"], THREE) == ""
    assert same_path_words(["muon"], {"Each matrix": BASES["matrices"]}) == ""
    assert same_path_words(["muon"], {}) == ""


def test_of_a_basis_that_is_refreshed_nothing_is_told():
    """Shampoo begins anew with its bases: a path in them is another one."""
    label, _ = BASIS_WORDS["refreshed"]
    words = same_path_words(["shampoo"], THREE | {label: BASES["refreshed"]})
    assert words == "Shampoo takes the same path in Kronecker and Rows as in original coordinates."


@pytest.mark.parametrize("basis", [key for key, spec in BASES.items() if not spec.refreshed])
@pytest.mark.parametrize("name", NETWORK_METHODS)
def test_a_sentence_tells_the_cell_of_the_table(name, basis):
    """Of layers that are not known, of square ones, and of those of digits, which are wider."""
    found = equivariance_table(name)[name][BASES[basis].rotation]
    same = "takes the same path in it as in original coordinates"

    def words(ranks=()):
        return same_path_words([name], {"it": BASES[basis]}, ranks)

    if found == "changed":
        assert words() == words(SQUARE) == ""
    elif found == "unchanged":
        assert words() == words(SQUARE) == words(gradient_ranks(Config()))
        assert words().endswith(f"{same}.")
    else:
        assert words() == words(SQUARE)
        assert words().endswith(f"{same}, {found}, up to round-off.")
        assert words(gradient_ranks(Config())) == ""


def test_a_basis_of_one_side_has_no_condition_on_the_other():
    words = same_path_words(["soap"], {"Rows": BASES["rows"]})
    assert words.endswith("span all columns, up to round-off.")
    assert "rows" not in words


def test_a_batch_of_few_examples_excludes_a_condition():
    def of_batches(batch_size):
        config = LinearConfig(sizes=(8, 8, 8), batch_size=batch_size)
        return same_path_words(["kl_shampoo", "kl_soap"], THREE, gradient_ranks(config))

    assert of_batches(500) == (
        "KL-Shampoo and KL-SOAP take the same path in Kronecker as in original coordinates, if the "
        "first gradient spans all rows and columns, up to round-off. KL-Shampoo and KL-SOAP take "
        "the same path in Rows as in original coordinates, if the first gradient spans all "
        "columns, up to round-off."
    )
    assert of_batches(5) == ""


def test_the_gradient_of_a_classifier_spans_no_more_than_all_classes_but_one():
    assert [each.rank for each in gradient_ranks(Config())] == [32, 9]


def test_a_basis_of_the_first_layer_takes_that_layer_alone():
    ranks = [GradientRank((8, 4), 4), GradientRank((4, 8), 4)]
    words = same_path_words(["soap"], {"Rows": BASES["rows"], "Layer 1": BASES["data"]}, ranks)
    assert words.startswith("SOAP takes the same path in Layer 1 as")
    assert "Rows" not in words


def test_the_layers_of_a_result_are_those_of_its_config():
    config = {name: value for name, value in asdict(Config()).items() if name != "bases"}
    known = {"experiment": "digits", "config": json.dumps(config)}
    assert ranks_of_result(known) == gradient_ranks(Config())
    for odd in ({}, {"config": "{"}, {"config": json.dumps(config | {"hidden": [-1]})}):
        assert ranks_of_result({"experiment": "digits"} | odd) == []
    assert ranks_of_result({"experiment": "nobody's", "config": "{}"}) == []


def test_paths_of_runs_are_the_same_where_the_words_say_so():
    """The inputs' basis turns the four columns of an 8×4 matrix, whose gradients have rank 4."""
    pytest.importorskip("torch")
    from egop.experiments import run

    sizes = {"sizes": (4, 8, 6, 4), "n_examples": (120, 20, 20), "batch_size": 40, "decay": 0.5}
    config = LinearConfig(trials=1, epochs=10, n_samples=30, dtype="float64", **sizes)
    same = ["soap", "kl_shampoo", "kl_soap", "galore", "conda"]
    names, bases = [*same, "splus"], ["rows", "data"]
    result = run("linear", methods=names, bases=bases, rates=[0.01], config=config, out=None)
    losses = result["training_loss"].isel(learning_rate=0, trial=0)
    off = abs(losses / losses.sel(basis="original") - 1).max("epoch")
    for name in names:
        words = same_path_words([name], {"data": BASES["data"]}, gradient_ranks(config))
        assert bool(words) == (name in same)
    assert (off.sel(basis="data", optimizer=same) < 1e-6).all()
    assert off.sel(basis="data", optimizer="splus") > 1e-6
    assert (off.sel(basis="rows") > 1e-6).all()


def test_options_of_a_method_decide():
    """With three gradients before the first eigenbases, R of 64 columns has all its directions."""
    written = ["soap", "soap(warm_up=3)", "soap(warm_up=word)", "soap(nothing=3)", "soap("]
    words = same_path_words(written, {"Rows": BASES["rows"]}, [GradientRank((32, 64), 32)])
    assert words.startswith("SOAP, warm up 3 takes the same path in Rows as")
    assert words.count("SOAP") == 1


def test_what_each_basis_does_to_a_matrix_is_known():
    assert {spec.rotation for spec in BASES_OF_RESULTS.values()} <= {*ROTATIONS, ""}
    assert {*BASIS_WORDS} <= {*BASES}
