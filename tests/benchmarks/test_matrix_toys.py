"""Methods on small matrix objectives: the rule on planted entries, claims small and as stored."""

import json

import numpy as np
import pytest

from benchmarks.matrix_toys import (
    CLAIMS,
    KRONECKER,
    OF_ALL,
    RANKED,
    RESULTS,
    Entry,
    as_json,
    bases_of,
    count_first,
    document,
    measure,
    scenes,
    stored,
)


def entry(*steps: int) -> Entry:
    return Entry(0.1, list(steps), [0.0] * len(steps))


def test_first_is_who_takes_fewer_steps_than_each_other_one():
    others = [name for name in RANKED if name not in {"Muon", "SOAP"}]
    entries = {"Muon": entry(1, 5, 3, -1), "SOAP": entry(2, 4, 3, -1)}
    entries |= {name: entry(9, 9, -1, -1) for name in others} | {KRONECKER: entry(0, 0, 0, 0)}
    assert count_first(entries, "Muon") == count_first(entries, "SOAP") == 1
    assert count_first(entries, "Muon", ("ASGO", "Adam")) == 3
    assert count_first(entries, "ASGO") == 0


def test_a_kronecker_basis_turns_each_matrix_from_both_sides():
    scene = scenes()["network, steep inputs"]
    _, kronecker = bases_of(scene)
    for block in (slice(0, 36), slice(36, 72)):
        V = kronecker.eigenvectors[block]
        V = V[:, np.abs(V).max(axis=0) > 0]
        sigma = np.linalg.svd(V.T.reshape(36, 6, 6), compute_uv=False)
        np.testing.assert_allclose(sigma[:, 0], 1.0)


@pytest.mark.parametrize(
    ("scene", "first"),
    [
        ("network, whitened inputs", "ASGO"),
        ("network, steep inputs", "EGOP-Adam"),
        ("network, equal targets, to 10⁻²", "Muon"),
    ],
)
def test_who_is_first_changes_from_scene_to_scene(scene, first):
    rates = np.array([0.02, 0.1, 0.2, 0.4, 1.0])
    entries = measure(scenes()[scene], rates, tuned=6, judged=10)
    assert count_first(entries, first) >= OF_ALL * 10


def test_claims_hold_in_what_is_stored_from_fifty_starts():
    found = stored()
    assert found.keys() == scenes().keys()
    for claim in CLAIMS:
        entries = found[claim.scene]
        assert {len(each.steps) for each in entries.values()} == {50}
        assert count_first(entries, claim.first, claim.others) >= 40
    assert (RESULTS / "matrix_toys.md").read_text() == document(found)


def test_what_is_stored_is_read_again_and_has_one_line_for_each_method():
    found = stored()
    text = as_json(found, {"cores": 2})
    assert text.count("\n") <= sum(len(entries) + 2 for entries in found.values()) + 4
    scenes = json.loads(text)["scenes"]
    for scene, entries in found.items():
        for name, entry in entries.items():
            assert scenes[scene][name]["steps"] == entry.steps
            np.testing.assert_allclose(scenes[scene][name]["gaps"], entry.gaps, rtol=1e-5)
