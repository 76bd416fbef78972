"""Predictions of memory and time: how they grow, and what they say."""

import time
from dataclasses import replace

import pytest

pytest.importorskip("torch")

from egop.experiments import EXPERIMENTS, configure, cost_estimate
from egop.experiments.claims.table import reported
from egop.experiments.cost_estimate import calibration, estimate_cost
from egop.experiments.cost_estimate.calibration import Rates
from egop.experiments.execution import SECONDS
from egop.experiments.experiment import PRESETS
from egop.experiments.imagined import Imagined
from egop.experiments.sweep.layer_r_med import EXAMPLES, N_PROBES
from egop.networks.memory import predicted_bytes

SLOW = Rates(*[1e-9] * len(Rates._fields))


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch, tmp_path):
    """A machine that needs a nanosecond for everything, without data sets."""
    monkeypatch.setattr(cost_estimate, "rates", lambda device: SLOW)
    monkeypatch.setenv("EGOP_DATA", str(tmp_path))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_larger_sizes_take_longer(name):
    presets = EXPERIMENTS[name].presets
    quick, laptop, paper = (estimate_cost(name, presets[size]) for size in PRESETS)
    assert quick.seconds <= laptop.seconds <= paper.seconds
    assert quick.runs <= laptop.runs <= paper.runs
    assert quick.memory_bytes <= paper.memory_bytes
    assert quick.sentence.startswith(f"{quick.runs:,} ")


def test_counts_of_runs():
    """2 trials × 4 bases × (3 + 1) given rates; descent is not run in the controls."""
    config = configure(
        "digits", changes={"trials": 2, "rates": {"adam": [1, 2, 3], "adagrad": [1]}}
    )
    assert estimate_cost("digits", config).runs == 32
    searched = estimate_cost("digits", replace(config, rates=None))
    assert searched.runs == 2 * (2 * 4 + 2 * 2) * (6 + 8)
    assert estimate_cost("sampling", configure("sampling")).runs == 4


def test_methods_of_matrices_take_longer_by_their_products_and_decompositions():
    config = configure("digits", changes={"trials": 1, "rates": [1]})
    config = replace(config, bases=("first",))

    def seconds(name):
        return estimate_cost("digits", replace(config, methods=(name,), rates=None)).seconds

    plain = seconds("adam")
    assert seconds("vector_adam") == pytest.approx(plain, rel=1e-6)
    assert 1.02 * plain < seconds("soap") < seconds("shampoo")
    assert 1.02 * plain < seconds("muon")


def test_bases_that_are_refreshed_take_their_gradients_and_memory():
    config = configure("digits", changes={"trials": 1, "rates": {"adam": [1]}})
    config = replace(config, methods=("adam",), bases=("matrices",))
    once = estimate_cost("digits", config, threads=1)
    anew = estimate_cost("digits", replace(config, bases=("matrices", "refreshed")), threads=1)
    of_example = 2 * (3 * (64 * 32 + 32 * 10) - 64 * 32)
    assert anew.seconds - once.seconds > config.epochs * 64 * 300 * of_example * 1e-9
    assert anew.memory_bytes > once.memory_bytes


def test_r_med_takes_its_gradients_at_each_epoch_that_is_measured():
    config = configure("digits", changes={"trials": 1, "rates": {"adam": [1]}})
    config = replace(config, methods=("adam",), bases=("first",))
    found = [estimate_cost("digits", replace(config, r_med_epochs=n), threads=1) for n in (0, 2, 4)]
    without, two, four = (each.seconds for each in found)
    of_example = 2 * (3 * (64 * 32 + 32 * 10) - 64 * 32)
    gradients = 2 * 256 * 500 * of_example  # in float64, at two more epochs in two bases
    assert four - two > 2 * 2 * gradients * 1e-9
    assert four - two == pytest.approx(two - without, rel=0.05)


def test_time_is_counted_in_operations_of_training():
    """One epoch more: gradients of all minibatches and of the whole set, and the losses of both."""
    config = configure("digits", changes={"trials": 1, "rates": {"adam": [1]}})
    config = replace(config, methods=("adam",), bases=("first",))
    longer = estimate_cost("digits", replace(config, epochs=11), threads=1).seconds
    difference = longer - estimate_cost("digits", replace(config, epochs=10), threads=1).seconds
    of_example = 2 * (3 * (64 * 32 + 32 * 10) - 64 * 32)
    steps = -(-1222 // 300)
    gradients = 2 * of_example * (300 * steps + 1222 + 0.4 * (2 * 191 + 384))
    rotation = 4 * (64 * 32) ** 2 * steps
    updates = 2 * 2410 * steps
    expected = 1e-9 * (gradients + rotation + updates + 2 * steps)
    assert difference == pytest.approx(expected, rel=1e-6)


def test_a_long_random_basis_costs_what_its_sides_do():
    """64 × 200 weights, which a dense basis would take half an hour for on this machine."""
    config = configure("digits", changes={"trials": 1, "rates": {"adam": [1]}, "bases": "random"})
    config = replace(config, methods=("adam",), hidden=(200,), epochs=1)
    known = estimate_cost("digits", config)
    dense = 64 * 200
    assert known.seconds < 0.5 * 1e-9 * dense**3
    assert known.memory_bytes < 8 * dense**2


def test_memory_is_that_of_what_is_trained_together():
    config = configure("digits", changes={"trials": 3, "rates": {"adam": [0.1] * 2 + [0.2]}})
    config = replace(config, bases=("matrices",))
    from egop.experiments.classifiers import classifier
    from egop.networks.data import load
    from egop.networks.plan import RunSpec

    network = classifier(load("digits"), (32,))
    plan = [RunSpec("adam", "egop", rate) for rate in (0.1, 0.2)]
    training = predicted_bytes(network, plan, 3, bases=("egop",), examples=300)
    found = estimate_cost("digits", config).memory_bytes - cost_estimate.PROCESS
    assert training <= found < 1.2 * training + 150e6
    more = estimate_cost("digits", replace(config, bases=("matrices", "global"))).memory_bytes
    assert more - found - cost_estimate.PROCESS > 3 * 4 * 2410**2
    small = estimate_cost("digits", replace(config, bases=("matrices", "kronecker"))).memory_bytes
    assert 0 < small - found - cost_estimate.PROCESS < 3 * 4 * 2410**2 / 20


def test_sizes_beyond_memory_are_said():
    config = replace(configure("digits"), hidden=(5000,))
    found = estimate_cost("digits", config)
    assert found.memory_bytes > 1e11
    assert "GB of memory, but only" in found.sentence
    assert found.sentence.endswith("are free: choose smaller sizes.")


def test_times_are_said_as_people_do(monkeypatch):
    config = configure("digits", quick=True)
    for rate, words in ((1e-13, "1 second "), (1e-9, "minutes"), (1e-5, "days")):
        rates = Rates(*[rate] * len(Rates._fields))
        monkeypatch.setattr(cost_estimate, "rates", lambda device, r=rates: r)
        assert f" {words}" in estimate_cost("digits", config).sentence


def loaded(monkeypatch, load, cores=2):
    """A machine with so many threads ready to run."""
    monkeypatch.setattr(cost_estimate.os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(cost_estimate, "available_threads", lambda: cores)


def test_time_is_a_range_that_says_when_others_keep_the_machine_busy(monkeypatch):
    """Two minutes of work took seven on two cores beside a dozen other threads."""
    config = configure("digits", changes={"trials": 1, "epochs": 40, "rates": {"adam": [1]}})
    loaded(monkeypatch, 0.1)
    alone = estimate_cost("digits", config, threads=1)
    assert alone.longest == 2 * alone.seconds
    assert "busy" not in alone.sentence
    loaded(monkeypatch, 12.0)
    beside = estimate_cost("digits", config, threads=1)
    assert beside.seconds == alone.seconds
    assert beside.longest == pytest.approx(alone.longest * (12 + 1) / 2)
    assert "as other programs keep this machine busy, and" in beside.sentence
    monkeypatch.delattr(cost_estimate.os, "getloadavg")
    assert estimate_cost("digits", config, threads=1).longest == alone.longest


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (83, 166, "83 seconds to 2.8 minutes"), (1, 2, "1 second to 2 seconds"),
        (30, 60, "30 to 60 seconds"), (7200, 18000, "2 to 5 hours"),
    ],
)  # fmt: skip
def test_a_range_of_times(low, high, words):
    assert cost_estimate._span(low, high) == words


def test_a_gpu_that_is_not_there_is_a_sentence(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="finds no GPU here"):
        estimate_cost("digits", configure("digits"), device="cuda")


def test_what_is_measured_is_what_experiments_cost():
    tasks = [
        task
        for name, experiment in EXPERIMENTS.items()
        for task in Imagined("cpu", 1).all_tasks(experiment, configure(name, quick=True))
    ]
    counted = {kind for task in tasks for kind in task.cost().amounts}
    assert counted == {*Rates._fields, "descents"} == SECONDS.keys()
    assert counted >= calibration.FURTHER.keys()


def test_rates_of_this_machine_are_measured_once():
    rates = calibration.rates("cpu")
    assert all(rate >= 0 for rate in rates)
    assert 1e-13 < rates.gradients < 1e-8
    assert 1e-13 < rates.products < 1e-8
    assert calibration.rates("cpu") is rates


def test_waiting_is_no_part_of_what_an_operation_takes():
    """A page that was loaded meanwhile once made an estimate of 37 s one of 75."""
    assert calibration._least(lambda: time.sleep(0.2), "cpu", repeats=1) < 0.1


def test_threads_share_the_work_but_not_the_steps(monkeypatch):
    config = configure("digits", quick=True)
    one, two = (estimate_cost("digits", config, threads=n).seconds for n in (1, 2))
    assert one / 2 < two < one / 1.3
    only_steps = Rates(*[0.0] * len(Rates._fields))._replace(steps=1e-3)
    monkeypatch.setattr(cost_estimate, "rates", lambda device: only_steps)
    one, two = (estimate_cost("digits", config, threads=n).seconds for n in (1, 2))
    assert one == two


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_paper_reports_something_of_every_experiment(name):
    sentences = reported(name)
    assert sentences
    assert all(each.endswith(").") and "(Figure " in each for each in sentences)


def test_stages_are_told_of_a_search_alone():
    """Of given rates there is one: "16 runs of 1 trial, stage 1" once explained itself nowhere."""

    def told(**changes):
        config = configure("linear", quick=True, changes={"trials": 1, **changes})
        tasks = Imagined("cpu", 1).all_tasks(EXPERIMENTS["linear"], config)
        return [task.message for task in tasks if " of 1 trial" in task.message]

    assert [words.endswith("of 1 trial") for words in told(rates=[0.01])] == [True, True]
    assert told()[-1].endswith(" of 1 trial, stage 2 of 2 of the search for rates")


def test_r_med_takes_longer_by_the_activations_of_its_gradients(monkeypatch):
    """Of digits they take longer than the products; without them it took 2.4 times as predicted."""
    only_updates = Rates(*[1e-9 * (kind == "updates") for kind in Rates._fields])
    monkeypatch.setattr(cost_estimate, "rates", lambda device: only_updates)

    def seconds(count):
        changes = {"trials": 2, "epochs": 3, "rates": {"adam": [1]}, "r_med_epochs": count}
        config = replace(configure("digits", changes=changes), bases=("matrices",))
        return estimate_cost("digits", config, threads=1).seconds

    gradients = 2 * 2 * 3 * N_PROBES
    least = 1e-9 * gradients * EXAMPLES * (32 + 10)
    assert least < seconds(3) - seconds(0) < 3 * least
