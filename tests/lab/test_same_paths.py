"""Words about methods whose path a basis leaves as it is."""

from egop.experiments.sweep.basis_names import BASES
from egop.lab.same_paths import ROTATIONS_OF_RESULTS, same_path_words
from egop.lab.settings import BASIS_WORDS
from egop.methods import ROTATIONS, equivariance_table

THREE = {"Each matrix": "whole", "Kronecker": "kronecker", "Rows": "right"}


def test_methods_are_told_with_the_bases_that_change_nothing_for_them():
    assert same_path_words(["adam", "momentum", "muon", "vector_adam", "shampoo"], THREE) == (
        "Momentum takes the same path in every basis here as in original coordinates. "
        "Muon and Shampoo take the same path in Kronecker and Rows as in original coordinates. "
        "VectorAdam takes the same path in Rows as in original coordinates."
    )


def test_nothing_is_told_where_every_path_changes_or_no_basis_is_chosen():
    assert same_path_words(["adam", "somebody's"], THREE) == ""
    assert same_path_words(["muon"], {"Each matrix": "whole"}) == ""
    assert same_path_words(["muon"], {}) == ""


def test_of_a_basis_that_is_refreshed_nothing_is_told():
    """Shampoo begins anew with its bases: a path in them is another one."""
    label, _ = BASIS_WORDS["refreshed"]
    words = same_path_words(["shampoo"], THREE | {label: BASES["refreshed"].rotation})
    assert words == "Shampoo takes the same path in Kronecker and Rows as in original coordinates."


def test_a_condition_is_told():
    for name, cells in equivariance_table().items():
        if cells["kronecker"] not in ("changed", "unchanged"):
            assert cells["kronecker"] in same_path_words([name], THREE)


def test_what_each_basis_does_to_a_matrix_is_known():
    assert {*ROTATIONS_OF_RESULTS.values()} <= {*ROTATIONS, ""}
    assert {*BASIS_WORDS} <= {*BASES}
