"""Predicted memory against the tensors that training holds, and groups under a budget."""

import pytest
import torch

from egop.networks import Batch, Classifier
from egop.networks.batches import Minibatches
from egop.networks.ensemble import Training
from egop.networks.memory import WORKING, grouped, predicted_bytes
from egop.networks.plan import RunSpec

NETWORK = Classifier((64, 32, 10))
PLAN = [
    RunSpec(name, basis, 0.01 * (k + 1))
    for name in ("gradient_descent", "momentum", "adagrad", "adam")
    for k in range(5)
    for basis in ("original", "egop")
]


def test_what_training_holds_is_what_was_predicted():
    plan = [run for run in PLAN if run.basis == "original"]
    data = Minibatches(Batch(torch.rand(1, 20, 64), torch.zeros(1, 20, dtype=torch.int64)))
    train = Training(NETWORK, data, plan, torch.zeros(8, NETWORK.n_parameters), n_epochs=1)
    tensors = [*train.state().values(), train._gradients]
    held = sum(t.numel() * t.element_size() for t in tensors)
    predicted = predicted_bytes(NETWORK, plan, 8, examples=20)
    many = [predicted_bytes(NETWORK, plan, trials, examples=20) for trials in (1000, 2000)]
    assert held == pytest.approx((many[1] - many[0]) * 8 / 1000, rel=0.02)
    assert held < predicted


def test_products_of_gradients_and_their_decompositions_count():
    plans = {name: [RunSpec(name, "original", 0.1)] for name in ("adam", "muon", "shampoo")}
    needed = {name: predicted_bytes(NETWORK, plan, 4) for name, plan in plans.items()}
    sides = 4 * 4 * (32**2 + 64**2 + 10**2 + 32**2)
    assert needed["shampoo"] - needed["adam"] > 3 * sides
    assert needed["muon"] < needed["shampoo"]
    more = predicted_bytes(NETWORK, plans["shampoo"], 4, device="cuda")
    assert more - predicted_bytes(NETWORK, plans["adam"], 4, device="cuda") > 3 * sides


def test_bases_count():
    plain = predicted_bytes(NETWORK, PLAN, 3)
    assert predicted_bytes(NETWORK, PLAN, 3, bases=["egop"]) - plain == 4 * 3 * (2048**2 + 320**2)
    one_layer = predicted_bytes(NETWORK, PLAN, 3, bases=["egop"], rotated=320**2)
    assert one_layer - plain == 4 * 3 * 320**2
    assert predicted_bytes(NETWORK, PLAN, 3, dtype=torch.float64) == 2 * plain - WORKING


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("share", [10.0, 0.6, 0.2, 0.04])
def test_groups_cover_everything_once_and_fit(share, device):
    trials = 10
    one = max(predicted_bytes(NETWORK, [run], 1, device=device) for run in PLAN)
    budget = one + int(share * (predicted_bytes(NETWORK, PLAN, trials, device=device) - one))
    groups = grouped(NETWORK, PLAN, trials, budget=budget, device=device)
    seen = [(t, r) for g in groups for t in g.trials for r in range(len(PLAN))[g.runs]]
    assert sorted(seen) == [(t, r) for t in range(trials) for r in range(len(PLAN))]
    for trials_of, runs in groups:
        needed = predicted_bytes(NETWORK, PLAN[runs], len(trials_of), device=device)
        assert needed <= budget
    if share > 1:
        assert len(groups) == 1


def test_as_few_groups_as_can_be():
    budget = predicted_bytes(NETWORK, PLAN, 4)
    assert [len(g.trials) for g in grouped(NETWORK, PLAN, 12, budget=budget)] == [4, 4, 4]
    assert len(grouped(NETWORK, PLAN, 12, budget=budget - 4)) == 4


def test_what_is_free_is_the_budget_when_none_is_given():
    assert len(grouped(NETWORK, PLAN[:2], 2)) == 1


def test_a_budget_too_small_for_one_run_is_one_sentence():
    with pytest.raises(MemoryError, match=r"one run of Classifier\(.* bytes.*1,000") as told:
        grouped(NETWORK, PLAN, 3, budget=1000)
    assert "\n" not in str(told.value)
