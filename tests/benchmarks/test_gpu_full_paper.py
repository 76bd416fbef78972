"""The benchmark of the whole paper, on the CPU at tiny sizes: what it counts, keeps and refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import device_check, gpu_full_paper, sensitivity
from benchmarks.device_limits import Limits
from benchmarks.networks import examples
from benchmarks.paper_work import CountedTraining, Works
from benchmarks.stored_results import read
from egop.experiments import convex, digits
from egop.experiments.claims.report import markdown
from egop.networks.batches import Minibatches
from egop.networks.classifier import Classifier
from egop.networks.data import load
from egop.networks.plan import RunSpec

SAME = {"cpu and CPU": 0.0, "replayed and plain steps": 0.0}
SMALL = convex.Config(trials=1, rates=tuple((m, (0.1,)) for m in sensitivity.METHODS))
TINY = replace(digits.EXPERIMENT.quick, hidden=(4,), n_samples=300, bases=("matrices",))


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """Limits that need no measuring, small networks, and no file of the repository touched."""
    monkeypatch.setattr(gpu_full_paper, "RESULT", tmp_path / "results" / "gpu_full_paper.json")
    monkeypatch.setattr(gpu_full_paper, "limits", lambda device, seconds: Limits(1e12, 1e11))
    monkeypatch.setattr(digits, "EXPERIMENT", replace(digits.EXPERIMENT, quick=TINY))


def called(out, *more):
    words = ["--device", "cpu", "--quick", "--trials", "1", "--epochs", "2", "--out", str(out)]
    gpu_full_paper.main([*words, *more])
    return json.loads((out / "gpu_full_paper.json").read_text())


def test_each_experiment_gets_a_row_and_is_stored(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(device_check, "differences", lambda device: SAME)
    content = called(tmp_path, "--only", "digits", "two_dimensions")
    network, landscape = content["experiments"]["digits"], content["experiments"]["two_dimensions"]
    p, squares = 64 * 4 + 4 * 10, (64 * 4) ** 2 + 40**2
    rows = len(load("digits").train.targets)
    step_by_step = 2 * rows * (3 * p - 64 * 4)  # forward and backward, without a slope in inputs
    each = (
        2 * step_by_step + 2 * -(-rows // 300) * 2 * 2 * squares / 2
    )  # half of the runs are rotated
    assert network["training"]["flops"] == pytest.approx(network["runs"] * each)
    assert network["egop"]["flops"] > 300 * 2 * squares
    assert landscape["training"]["flops"] == 0
    assert landscape["runs"] == 6
    assert 0 < network["training"]["share_of_sgemm"] < 1
    assert network["seconds"] > network["training"]["seconds"] > 0
    assert "digits (figure 1 right, 10)" in capsys.readouterr().out
    kept = read(tmp_path)
    assert list(kept) == ["digits", "two_dimensions"]
    losses = kept["digits"]["training_loss"]
    assert losses.dims[0] == "optimizer"
    assert np.isfinite(losses.where(kept["digits"]["status"] == "finished", 0)).all()
    assert (tmp_path / "claims.md").read_text() == markdown(kept)
    assert not (tmp_path / "sensitivity.md").exists()


def test_convex_claims_are_judged_under_other_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(device_check, "differences", lambda device: SAME)
    cells = {"as in the table": {}, "seed 1": {"seed": 1}}
    monkeypatch.setattr(sensitivity, "CELLS", cells)
    monkeypatch.setattr(convex, "EXPERIMENT", replace(convex.EXPERIMENT, quick=SMALL))
    monkeypatch.setattr(gpu_full_paper, "Config", lambda methods: replace(SMALL, methods=methods))
    called(tmp_path, "--only", "convex")
    table = (tmp_path / "sensitivity.md").read_text()
    assert "| as in the table | seed 1 | holds in |" in table
    assert table.count("| not decided | not decided | 0 of 2 |") == len(sensitivity.ROWS)


def test_counted_products_are_those_that_torch_counts():
    works, network = Works(), Classifier((64, 4, 10))
    batches = Minibatches(examples(50, 0), size=20)
    plan = [RunSpec("adam", basis, 0.01) for basis in ("original", "egop", "egop")]
    given = {
        "bases": {"egop": [device_check.random_bases(network, 0)]},
        "n_epochs": 2,
        "gradient_norms": False,
    }
    train = CountedTraining(
        works, network, batches, plan, torch.zeros(1, network.n_parameters), **given
    )
    next(iter(train))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the counter does not see what other threads do
    try:
        with FlopCounterMode(display=False) as counter:
            train.train_epoch()
    finally:
        torch.set_num_threads(threads)
    assert works.training.flops == counter.get_total_flops()


def test_a_device_that_computes_something_else_stops_it(monkeypatch, tmp_path):
    trained = device_check.trained
    calls = []

    def wrong(device):
        calls.append(device)
        numbers = trained(device)
        return numbers | {"points": numbers["points"] * (1 + 1e-4 * len(calls))}

    monkeypatch.setattr(device_check, "EPOCHS", 1)
    monkeypatch.setattr(device_check, "trained", wrong)
    with pytest.raises(SystemExit, match=r"differs by 0\.0001 between cpu and CPU, 1e-06 is"):
        called(tmp_path, "--only", "schedule")


def test_equal_computations_differ_by_nothing(monkeypatch):
    monkeypatch.setattr(device_check, "EPOCHS", 1)
    assert device_check.check("cpu") == SAME


def test_a_failed_experiment_stops_no_other(monkeypatch, tmp_path, capsys):
    def fails(config, done):
        raise MemoryError("the budget is too small")

    monkeypatch.setattr(device_check, "differences", lambda device: SAME)
    monkeypatch.setattr(digits, "EXPERIMENT", replace(digits.EXPERIMENT, plan=fails))
    with pytest.raises(SystemExit, match="digits failed"):
        called(tmp_path, "--only", "digits", "schedule")
    content = json.loads((tmp_path / "gpu_full_paper.json").read_text())
    assert content["experiments"]["digits"]["failed"] == "MemoryError: the budget is too small"
    assert "failed" not in content["experiments"]["schedule"]
    assert "MemoryError" in capsys.readouterr().out


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="finds no GPU here"):
        gpu_full_paper.main(["--device", "cuda"])
