"""Gradients that come again: counted once, told of, and never taken for ones not seen."""

import warnings

import pytest
import torch
from torch import nn

from egop.networks import (
    BlockBases,
    estimate_block_bases,
    pytorch_default,
    report,
    sample_gradients,
)
from egop.networks.diagnostics import effective_samples
from egop.networks.distinct_gradients import are_new, count_shared, marks
from tests.networks.test_module_structures import LOSS, batches, multilayer

SENTENCE = "60 samples are only 4 different gradients, .* take n_samples=4, per_example=True"


def test_the_same_gradient_is_known_again_after_rounding_and_no_other_is():
    rows = torch.randn(50, 30, generator=torch.Generator().manual_seed(0)).double()
    again = rows[[3, 7, 3]] * (1 + 1e-8)
    new = are_new(marks(torch.cat([rows, again])))
    assert new.tolist() == [True] * 50 + [False] * 3
    assert are_new(marks(torch.zeros(4, 30))).all()
    assert are_new(marks(rows.flip(1) + 0 * rows)).all()
    assert count_shared(marks(torch.cat([rows[:5], 1 + rows])), marks(rows).tolist()) == 5


@pytest.mark.parametrize("structure", ["dense", "kronecker"])
def test_batches_at_one_point_are_told_and_counted_once(structure):
    model, data = multilayer(), batches(4)
    with pytest.warns(UserWarning, match=SENTENCE) as told:
        bases = estimate_block_bases(model, LOSS, data, None, 60, structure=structure)
    assert told[0].filename == __file__
    with pytest.warns(UserWarning, match=SENTENCE) as told:
        rows = sample_gradients(model, LOSS, data, None, 60)
    assert told[0].filename == __file__
    assert (rows.n_samples, rows.n_repeated, rows.n_excluded) == (4, 56, 0)
    assert all(effective_samples(rows[name]) <= 4 for name in rows)
    found = report(bases, rows)
    assert found.n_seen == 4
    assert "not known: 4 of the 4 different gradients" in str(found)
    assert "bases fit:" not in str(found)


def test_examples_at_one_point_are_told_where_they_come_again():
    model, data = multilayer(), batches(2)
    count = 3 * 2 * len(data[0][0])
    with pytest.warns(UserWarning, match="different gradients, (?!.*per_example)"):
        rows = sample_gradients(model, LOSS, data, None, count, per_example=True)
    assert rows.n_samples == count / 3


def test_draws_of_any_kind_are_no_repeats():
    model, data = multilayer(), batches(4)
    dropping = nn.Sequential(model, nn.Dropout(0.5)).train()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sample_gradients(model, LOSS, data, pytorch_default(), 60).n_repeated == 0
        assert sample_gradients(dropping, LOSS, data, None, 60).n_repeated == 0
        estimate_block_bases(dropping, LOSS, data, None, 60)
        estimate_block_bases(model, LOSS, data, None, 4)


def test_gradients_of_another_seed_are_not_those_of_the_bases(tmp_path):
    same = (multilayer(), LOSS, batches(4), pytorch_default(), 60)
    estimate_block_bases(*same).save(tmp_path / "bases")
    bases = BlockBases.load(tmp_path / "bases")
    assert report(bases, sample_gradients(*same)).n_seen == 0
    assert report(bases, sample_gradients(*same, seed=0)).n_seen == 60
