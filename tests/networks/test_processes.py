"""Bases that several processes estimate together, over gloo, against those of one process."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from egop import metrics
from egop.networks import processes
from egop.networks.bases import BlockBases

SCRIPT = """
import json
import os
import sys
from unittest import mock

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from egop.networks import estimate_block_bases, gaussian, predict_estimate
from egop.networks import footprint, module_estimate, processes

dist.init_process_group("gloo")
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()
rng = np.random.default_rng(0)
data = [
    (torch.tensor(rng.standard_normal((20, 6))), torch.tensor(rng.integers(0, 3, 20)))
    for _ in range(3)
]
entropy = nn.CrossEntropyLoss()


def vanishing(model, batch):
    return 1e-160 * entropy(model(batch[0]), batch[1])


CASES = {
    "dense": (100, {}),
    "few": (11, {}),
    "tiny": (100, {"loss": vanishing}),
    "partial": (17, {"structure": "partial", "k": 4}),
    "partial of many": (100, {"structure": "partial", "k": 4}),
    "sketch": (200, {"structure": "sketch", "k": 5}),
    "kronecker": (50, {"structure": "kronecker"}),
    "nearest": (50, {"structure": "kronecker", "factors": "nearest"}),
    "rows": (50, {"structure": "rows"}),
    "data": (50, {"structure": "data"}),
    "random": (50, {"structure": "random"}),
    "examples": (31, {"per_example": True}),
}
group = dist.group.WORLD if dist.get_world_size() > 1 else None
for name, (n_samples, options) in CASES.items():
    options = {"loss": entropy, **options}
    loss = options.pop("loss")
    law = gaussian(0.5)
    bases = estimate_block_bases(
        model, loss, data, law, n_samples, seed=3, process_group=group, **options
    )
    bases.save(f"{sys.argv[1]}/{name} {dist.get_rank()}")


def failing(model, batch):
    raise ZeroDivisionError("the loss of\\nthis process")


def undefined(model, batch):
    return entropy(model(batch[0]), batch[1]) * torch.nan


def broken(*arguments):
    raise MemoryError("no room")


def other_model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()


def network():
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()


def of_any_dtype(model, batch):
    return entropy(model(batch[0].to(model[0].weight.dtype)), batch[1])


arrays = [(x.numpy(), y.numpy()) for x, y in data]


def of_arrays(model, batch):
    return entropy(model(torch.as_tensor(batch[0])), torch.as_tensor(batch[1]))


def in_process(number, name, where=processes):
    own = dist.get_rank() == number
    return mock.patch.object(where, name, broken if own else getattr(where, name))


# arguments of all processes, those of process 1 alone, and what is broken
none, nowhere = {}, mock.MagicMock
DIFFERENT = {
    "loss": (none, {"loss": failing}, nowhere),
    "loss of data": ({"structure": "data"}, {"loss": failing}, nowhere),
    "nan": (none, {"loss": undefined}, nowhere),
    "batch": (none, {"batches": data[:1] + [(data[0][0][:, :4], data[0][1])]}, nowhere),
    "no batches": (none, {"batches": []}, nowhere),
    "other batches": (none, {"batches": data[::-1]}, nowhere),
    "data of other batches": ({"structure": "data"}, {"batches": data[::-1]}, nowhere),
    "n_samples": (none, {"n_samples": 21}, nowhere),
    "no samples": (none, {"n_samples": 0}, nowhere),
    "seed": (none, {"seed": 4}, nowhere),
    "structure": (none, {"structure": "kronecker"}, nowhere),
    "blocks": (none, {"blocks": "first"}, nowhere),
    "later batches": ({"batches": data}, {"batches": [*data[:2], data[0]]}, nowhere),
    "arrays": ({"loss": of_arrays, "batches": arrays}, {"batches": arrays[::-1]}, nowhere),
    "initialize": (none, {"initialize": gaussian(0.4)}, nowhere),
    "modes": (none, {"model": network().eval()}, nowhere),
    "dtypes": ({"loss": of_any_dtype}, {"model": network().float()}, nowhere),
    "budgets of two types": ({"memory_budget": 1e9}, {"memory_budget": 10**9}, nowhere),
    "no sample to time": ({"n_samples": 1, "predict": True}, none, nowhere),
    "model": (none, {"model": nn.Linear(6, 3).double()}, nowhere),
    "other weights": ({"initialize": None}, {"model": other_model()}, nowhere),
    "weights that are drawn": (none, {"model": other_model()}, nowhere),
    "budget": (none, {"memory_budget": 100}, nowhere),
    "budget of auto": ({"structure": "auto"}, {"memory_budget": 45_000}, nowhere),
    "free memory": ({"structure": "auto"}, none, lambda: mock.patch.object(
        footprint, "available_memory", lambda: 120_000)),
    "budget of a prediction": ({"predict": True}, {"memory_budget": 100}, nowhere),
    "first": (none, none, lambda: in_process(0, "eigenbasis")),
    "last": (none, none, lambda: in_process(1, "_warn_of_zeros", module_estimate)),
}
told = {}
for name, (every, own, breaking) in DIFFERENT.items():
    given = {"model": model, "loss": entropy, "batches": data, "initialize": gaussian(0.5)}
    given |= {"n_samples": 20, "seed": 3, "process_group": group} | every
    given |= own if dist.get_rank() == 1 else {}
    estimate = predict_estimate if given.pop("predict", False) else estimate_block_bases
    try:
        with breaking():
            bases = estimate(**given)
        if estimate is predict_estimate:
            told[name] = bases.gradients
            continue
        made = bases.fingerprint(), bases.bases[0].structure
        told[name] = [bases.n_samples, bases.n_excluded, *made]
    except Exception as error:
        told[name] = f"{type(error).__name__}: {error}"
with open(f"{sys.argv[1]}/told {dist.get_rank()}", "w") as file:
    json.dump(told, file)
dist.destroy_process_group()
os._exit(0)  # threads of gloo outlive a group that is still named, and may abort Python's own end
"""
NAMES = re.findall(r'^    "([a-z ]+)": \(\d', SCRIPT, re.MULTILINE)


def estimated(folder, count):
    """Runs the script in so many processes; a folder with what each of them saved."""
    script = folder / "script.py"
    script.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []
    for rank in range(count):
        environment = os.environ | {
            "PYTHONPATH": str(Path.cwd()),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port,
            "RANK": str(rank),
            "WORLD_SIZE": str(count),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, str(script), str(folder)]
        running.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        )
    for process in running:
        errors = process.communicate(timeout=240)[1]
        assert process.returncode == 0, errors
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {n: estimated(tmp_path_factory.mktemp(f"of {n}"), n) for n in (1, 2, 3)}


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_several_processes_estimate_what_one_does(folders, name, count):
    one = BlockBases.load(folders[1] / f"{name} 0")
    several = [BlockBases.load(folders[count] / f"{name} {rank}") for rank in range(count)]
    assert len({bases.fingerprint() for bases in several}) == 1
    assert several[0].n_samples == one.n_samples
    for basis, expected in zip(several[0], one, strict=True):
        rough, k = (0.1, 1) if name == "sketch" else (1e-10, 2)
        largest = float(expected.eigenvalues[0])
        torch.testing.assert_close(
            basis.eigenvalues[:k], expected.eigenvalues[:k], rtol=rough, atol=1e-13 * largest
        )
        if name != "sketch":  # its directions depend on which gradients come together
            assert metrics.subspace_angle(basis.leading(k), expected.leading(k)) < 1e-6


OF_ONE = {
    "loss": "ZeroDivisionError: the loss of",
    "loss of data": "ZeroDivisionError: the loss of",
    "batch": "ValueError: CrossEntropyLoss|RuntimeError: mat1 and mat2",
    "no batches": "ValueError: an EGOP takes a list of at least one batch, got none",
    "no samples": "ValueError: an EGOP takes n_samples of at least 1, got 0",
    "last": "MemoryError: no room",
}
"""Errors of process 1, which the others name with its number."""
OF_ALL = {
    "other batches": "ValueError: all processes take the same batches, got ",
    "data of other batches": "ValueError: all processes take the same batches, got ",
    "later batches": "ValueError: all processes take the same batches, got ",
    "arrays": r"ValueError: all processes take the same batches, got shapes \(20, 6\), \(20,\) w",
    "initialize": r"ValueError: all processes take the same initialize, got gaussian\(0\.5\) in",
    "modes": "ValueError: all processes take the same modes, got 4 train with .* and 4 eval with",
    "dtypes": "ValueError: all processes take the same dtypes, got 4 torch.float64 with .* and 4 t",
    "n_samples": "ValueError: all processes take the same n_samples, got 20 in process 0 and 21 in",
    "seed": "ValueError: all processes take the same seed, got 3 in process 0 and 4 in process 1",
    "structure": r"ValueError: all processes take the same structure, got Structure\(name='dense'",
    "blocks": "ValueError: all processes take the same blocks, got 45 entries in 2 tensors with",
    "model": "ValueError: all processes take the same blocks, got 45 entries in 2 tensors with",
    "other weights": r"ValueError: all processes take the same parameters, got shapes \(5, 6\)",
    "budget": r"MemoryError: a dense basis of 0\.weight with 30 entries needs .* 0\.1 kB are",
    "budget of a prediction": r"MemoryError: a dense basis of 0\.weight with 30 entries needs ",
}
"""Errors that all processes raise."""


@pytest.fixture(scope="module", params=[2, 3])
def told(folders, request):
    """Returns the results or errors of each process in estimates in which they differ."""
    each = [folders[request.param] / f"told {rank}" for rank in range(request.param)]
    return [json.loads(path.read_text()) for path in each]


@pytest.mark.parametrize("name", OF_ONE)
def test_an_error_of_one_process_ends_the_others_with_its_sentence(told, name):
    assert re.match(OF_ONE[name], told[1][name])
    first_line = told[1][name].partition("\n")[0]
    others = {each[name] for rank, each in enumerate(told) if rank != 1}
    assert others == {f"OtherProcessError: process 1 failed: {first_line}"}


@pytest.mark.parametrize("name", OF_ALL)
def test_processes_that_differ_are_told_where(told, name):
    assert len({each[name] for each in told}) == 1
    assert re.match(OF_ALL[name], told[0][name])


def test_an_error_in_what_the_first_process_does_for_all(told):
    assert told[0]["first"] == "MemoryError: no room"
    others = {each["first"] for each in told[1:]}
    assert others == {"OtherProcessError: process 0 failed: MemoryError: no room"}


def test_gradients_that_one_process_cannot_compute_are_left_out_of_all(told):
    lost = len(range(1, 20, len(told)))
    assert told[0]["nan"][:2] == [20 - lost, lost]
    assert [each["nan"] for each in told] == [told[0]["nan"]] * len(told)


def test_the_least_memory_of_all_chooses_the_structure(told):
    assert told[0]["budget of auto"][3] == "kronecker"
    assert [each["budget of auto"] for each in told] == [told[0]["budget of auto"]] * len(told)


def test_processes_on_one_machine_share_what_is_free(told):
    assert {each["free memory"][3] for each in told} == {"dense" if len(told) == 2 else "kronecker"}


def test_budgets_may_be_of_two_types(told):
    assert [each["budgets of two types"][0] for each in told] == [20] * len(told)


def test_processes_without_a_sample_tell_the_time_of_the_others(told):
    assert {each["no sample to time"] for each in told} == {told[0]["no sample to time"]}
    assert told[0]["no sample to time"] > 0


def test_weights_that_are_drawn_anew_may_differ(told):
    everybody = [each["weights that are drawn"] for each in told]
    assert everybody == [everybody[0]] * len(told)
    assert everybody[0][0] == 20


@pytest.fixture
def of_nccl(monkeypatch):
    monkeypatch.setattr(processes.dist, "get_rank", lambda group: 0)
    monkeypatch.setattr(processes.dist, "get_backend", lambda group: "nccl")


@pytest.mark.usefixtures("of_nccl")
def test_nccl_exchanges_tensors_on_the_device_of_the_model():
    device = torch.device("cuda", 3)
    assert processes.Processes("group", device).home == device
    with pytest.raises(ValueError, match="nccl takes a model on a GPU, got one on cpu"):
        processes.Processes("group")


def test_a_group_that_is_none_is_told():
    with pytest.raises(TypeError, match=r"takes a group of torch\.distributed, .* got 'world'"):
        processes.Processes("world")


def test_a_group_without_this_process_is_told(monkeypatch):
    monkeypatch.setattr(processes.dist, "get_rank", lambda group: -1)
    with pytest.raises(ValueError, match="process_group takes a group that this process is in"):
        processes.Processes("group")
