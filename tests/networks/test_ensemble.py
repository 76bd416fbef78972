"""Batched training against the same runs one by one through torch.optim, in both coordinates."""

import numpy as np
import pytest
import torch

from egop import methods
from egop.networks import Block, cuda_graph
from egop.networks.ensemble import Training
from egop.networks.plan import RunSpec
from tests.networks.small_trainings import (
    CASES,
    FOUR,
    PLAN,
    RATES,
    STEPS,
    TORCH,
    TRIALS,
    by_torch,
    finish,
    path_of,
    random_bases,
    starts,
    training,
)


@pytest.mark.parametrize("case", CASES)
def test_batched_runs_equal_torch_optim(case):
    points = path_of(training(case))
    assert 3 * len(points) > STEPS
    for trial in range(TRIALS):
        for place, run in enumerate(PLAN):
            expected = by_torch(case, run, trial, STEPS)
            torch.testing.assert_close(points[:, trial, place], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in TORCH if name not in FOUR])
def test_every_elementwise_method_equals_torch_optim(name):
    plan = [RunSpec(name, "original", 0.05), RunSpec(name, "egop", 0.05)]
    points = path_of(training("classifier", plan, n_epochs=5))
    for place, run in enumerate(plan):
        expected = by_torch("classifier", run, 1, 15)
        torch.testing.assert_close(points[:, 1, place], expected, rtol=1e-9, atol=1e-12)


def test_cosine_rates_equal_torch():
    points = path_of(training("classifier", n_epochs=6, schedule="cosine"))
    for place, run in enumerate(PLAN):
        expected = by_torch("classifier", run, 0, 18, n_epochs=6)
        torch.testing.assert_close(points[:, 0, place], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_descent_and_momentum_know_no_basis(case):
    plan = [
        RunSpec(n, b, 0.05) for n in ("gradient_descent", "momentum") for b in ("original", "egop")
    ]
    points = path_of(training(case, plan))
    torch.testing.assert_close(points[:, :, 0], points[:, :, 1], rtol=0, atol=1e-10)
    torch.testing.assert_close(points[:, :, 2], points[:, :, 3], rtol=0, atol=1e-10)
    plan = [RunSpec("adam", b, 0.05) for b in ("original", "egop")]
    points = path_of(training(case, plan))
    assert (points[:, :, 0] - points[:, :, 1]).abs().max() > 1e-2


def test_several_bases_and_one_whole_block():
    network = CASES["classifier"][0]
    whole = Block("all", (network.n_parameters,), 0, network.n_parameters)
    bases = {"global": random_bases(network, [whole]), "egop": random_bases(network)}
    plan = [RunSpec("adam", b, 0.05) for b in ("global", "original", "egop", "global")]
    points = training("classifier", plan, n_epochs=4, bases=bases)
    finish(points)
    alone = training("classifier", [RunSpec("adam", "egop", 0.05)], n_epochs=4)
    finish(alone)
    torch.testing.assert_close(points.points[:, 2], alone.points[:, 0], rtol=0, atol=1e-10)
    torch.testing.assert_close(points.points[:, 0], points.points[:, 3], rtol=0, atol=1e-10)
    assert (points.points[:, 0] - points.points[:, 2]).abs().max() > 1e-3


@pytest.mark.parametrize("bad_basis", ["original", "egop"])
def test_a_diverging_run_leaves_the_others_bit_for_bit(bad_basis):
    bad = PLAN.index(RunSpec("gradient_descent", bad_basis, RATES[1]))
    wild = [r._replace(learning_rate=1e150) if k == bad else r for k, r in enumerate(PLAN)]
    calm, stormy = training("linear", n_epochs=4), training("linear", wild, n_epochs=4)
    before, after = finish(calm), finish(stormy)
    others = [k for k in range(len(PLAN)) if k != bad]
    assert torch.equal(calm.points[:, others], stormy.points[:, others])
    assert stormy.points[:, bad].isnan().all()
    assert (after[-1].diverged_at[:, bad] >= 1).all()
    assert (after[-1].diverged_at[:, others] == -1).all()
    for name in ("training_loss", "gradient_norm"):
        one, other = getattr(before[-1], name), getattr(after[-1], name)
        np.testing.assert_array_equal(one[:, others], other[:, others])
        assert np.isnan(other[:, bad]).all()
    assert np.isfinite(after[0].training_loss).all()


def test_a_run_that_grows_slowly_has_diverged_at_the_step_that_passes_the_limit():
    plan = [RunSpec("gradient_descent", "original", 2.0)]
    train = training("linear", plan, n_epochs=40)
    last = finish(train)[-1]
    at = last.diverged_at[0, 0]
    assert 3 <= at < 120
    network, batches, *_ = CASES["linear"]
    with torch.no_grad():
        x = starts(network)[:, None]
        limit = 1e12 * (1 + network.losses(x, batches.whole["train"])[0, 0])
        losses = []
        for epoch in range(at // 3 + 1):
            for batch in batches.epoch(epoch, range(TRIALS)):
                loss, gradient = network.gradients(x, batch)
                losses.append(loss[0, 0])
                x = x - 2.0 * gradient
    assert not losses[at] <= limit
    assert all(loss <= limit for loss in losses[:at])


@pytest.mark.parametrize("case", CASES)
def test_restored_training_goes_on_bit_for_bit(case):
    through = training(case, n_epochs=6, schedule="cosine")
    expected = finish(through)
    first = training(case, n_epochs=6, schedule="cosine")
    for metrics in first:
        if metrics.epoch == 3:
            break
    kept = first.state()
    finish(first)  # the state is a copy: going on does not change it
    second = training(case, n_epochs=6, schedule="cosine")
    second.restore(kept)
    rest = finish(second)
    assert [metrics.epoch for metrics in rest] == [4, 5, 6]
    assert torch.equal(second.points, through.points)
    for one, other in zip(expected[4:], rest, strict=True):
        for name in ("training_loss", "validation_accuracy", "gradient_norm", "diverged_at"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_trial_alone_equals_the_trial_in_a_group():
    network, batches, *_ = CASES["classifier"]
    together = training("classifier")
    last = finish(together)[-1]
    alone = Training(
        network,
        batches,
        PLAN[3:8],
        starts(network)[1:],
        n_epochs=17,
        trials=[1],
        bases={"egop": random_bases(network)[1:]},
        dtype=torch.float64,
    )
    metrics = finish(alone)[-1]
    torch.testing.assert_close(alone.points[0], together.points[1, 3:8], rtol=0, atol=1e-10)
    np.testing.assert_allclose(metrics.training_loss[0], last.training_loss[1, 3:8], atol=1e-10)


def test_threads_change_nothing():
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            train = training("classifier", n_epochs=3)
            finish(train)
            results.append(train.points)
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*results)


def test_metrics_are_those_of_the_points():
    network, batches, *_ = CASES["classifier"]
    train = training("classifier", n_epochs=2)
    for metrics in train:
        sets = batches.whole
        losses, gradients = network.gradients(train.points, sets["train"])
        np.testing.assert_allclose(metrics.training_loss, losses, rtol=1e-12)
        np.testing.assert_allclose(metrics.gradient_norm, gradients.norm(dim=-1), rtol=1e-12)
        np.testing.assert_allclose(
            metrics.validation_loss, network.losses(train.points, sets["validation"]), rtol=1e-12
        )
        for name in ("validation", "test"):
            share = network.accuracy(train.points, sets[name])
            np.testing.assert_allclose(getattr(metrics, f"{name}_accuracy"), share)
    assert metrics.epoch == 2
    bare = finish(training("linear", n_epochs=1, gradient_norms=False))[-1]
    assert np.isnan(bare.gradient_norm).all()
    assert np.isnan(bare.validation_accuracy).all()
    assert np.isfinite(bare.training_loss).all()


def test_every_run_of_a_trial_begins_at_the_same_point():
    train = training("classifier", n_epochs=0)
    first = finish(train)
    assert len(first) == 1
    expected = starts(CASES["classifier"][0])[:, None].expand(-1, len(PLAN), -1)
    torch.testing.assert_close(train.points, expected, rtol=0, atol=0)
    assert (first[0].training_loss == first[0].training_loss[:, :1]).all()


def test_hyperparameters_of_a_given_method():
    plan = [
        RunSpec(methods.adagrad(initial_accumulator=0.1), "original", 0.1),
        RunSpec("adagrad", "original", 0.1),
        RunSpec(methods.adam(beta1=0.0), "original", 0.1),
        RunSpec("adam", "original", 0.1),
    ]
    train = training("classifier", plan, n_epochs=2)
    finish(train)
    for one in range(4):
        for other in range(one):
            assert (train.points[:, one] - train.points[:, other]).abs().max() > 1e-4
    assert len(train.arrangement.groups) == 4


def test_float32_follows_float64():
    exact, rounded = (
        training("classifier", n_epochs=2),
        training("classifier", n_epochs=2, dtype=torch.float32),
    )
    finish(exact)
    finish(rounded)
    assert rounded.points.dtype == torch.float32
    torch.testing.assert_close(rounded.points.double(), exact.points, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"plan": []}, "at least one run"),
        ({"plan": [RunSpec("adaam", "original", 0.1)]}, "did you mean 'adam'"),
        ({"plan": [RunSpec("adam", "original", -0.1)]}, "learning rates"),
        ({"plan": [RunSpec("adam", "eigen", 0.1)]}, "'eigen', but given are: egop"),
        ({"schedule": "step"}, "one of constant, cosine"),
        ({"trials": [0, 1, 2]}, r"\(3, 59\)"),
        ({"bases": {"egop": random_bases(CASES["classifier"][0])[:1]}}, "each of the 2 trials"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    with pytest.raises(ValueError, match=words):
        training("classifier", **options)


def test_data_of_another_network_are_refused():
    classifier, batches = CASES["classifier"][0], CASES["linear"][1]
    with pytest.raises(ValueError, match=r"Classifier.* takes .*, got shape"):
        Training(classifier, batches, PLAN[:1], torch.zeros(TRIALS, 59), n_epochs=1)


def test_a_state_of_another_training_is_refused():
    with pytest.raises(ValueError, match="same network, plan and trials"):
        training("classifier", PLAN[:3]).restore(training("classifier").state())


class Graph:
    """Stands in for a CUDA graph: notes what was captured, and replays it as a call."""

    def __init__(self, step, batch):
        self.step, self.batch = step, batch

    def replay(self):
        self.step(self.batch)


def test_replayed_steps_equal_plain_ones(monkeypatch):
    """The bookkeeping of graphs: what is captured, from which tensors a replay reads its batch."""
    captured = []

    def capture(self, batch):
        static = type(batch)(*(part.clone() for part in batch))
        captured.append(static)
        return cuda_graph._Captured(Graph(self._step, static), tuple(static))

    monkeypatch.setattr(cuda_graph.CudaGraph, "_capture", capture)
    monkeypatch.setattr(cuda_graph.CudaGraph, "_warm_up", lambda self, batch: self._step(batch))
    plain, replayed = training("classifier", n_epochs=5), training("classifier", n_epochs=5)
    replayed._step._on_cuda = True
    finish(plain)
    finish(replayed)
    assert len(captured) == 2  # the whole minibatches, and the last ones of 5 examples
    assert torch.equal(plain.points, replayed.points)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("case", CASES)
def test_a_gpu_gives_the_numbers_of_the_cpu(case):
    there, here = training(case, device="cuda"), training(case)
    finish(there)
    finish(here)
    torch.testing.assert_close(there.points.cpu(), here.points, rtol=1e-8, atol=1e-9)


EIGENBASES = ("soap", "galore", "conda", "kl_soap", "cosmos")
"""Methods that divide by squares along eigenvectors, which a Gram matrix tells less exactly."""
COUPLED = [n for n in methods.NETWORK_METHODS if not methods.method(n).rule.elementwise]


@pytest.mark.parametrize("name", COUPLED)
def test_methods_that_couple_entries_step_each_run_as_it_goes_alone(name):
    plan = [RunSpec(name, b, rate) for b in ("original", "egop") for rate in (1e-3, 1e-2)]
    together = training("classifier", plan, n_epochs=3)
    begun = together.points.clone()
    finish(together)
    assert (together.points != begun).any(-1).all()
    for place, run in enumerate(plan):
        alone = training("classifier", [run], n_epochs=3)
        finish(alone)
        exact = (
            {"rtol": 1e-6, "atol": 1e-8} if name in EIGENBASES else {"rtol": 1e-8, "atol": 1e-10}
        )
        torch.testing.assert_close(together.points[:, place], alone.points[:, 0], **exact)


@pytest.mark.parametrize("name", COUPLED)
def test_methods_that_couple_entries_go_on_from_a_state(name):
    plan = [RunSpec(name, b, 1e-2) for b in ("original", "egop")]
    through, second = (training("classifier", plan, n_epochs=4) for _ in range(2))
    for metrics in through:
        if metrics.epoch == 2:
            second.restore(through.state())
    finish(second)
    assert torch.equal(through.points, second.points)
