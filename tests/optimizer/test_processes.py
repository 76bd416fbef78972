"""Two processes train as one: DDP, and FSDP2 where a basis leaves the rows apart."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import optim

from egop.optimizer import EGOPOptimizer
from tests.conftest import ROOT
from tests.optimizer.rotated_models import (
    bases_of,
    batches,
    dense,
    kronecker,
    perceptron,
    rows_apart,
    train,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, str(Path(__file__).with_name("two_processes.py"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo"}
    started = [
        subprocess.Popen(
            [*command, str(rank), str(folder)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    errors = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


def trained(make):
    model = perceptron()
    bases = bases_of(model, make)
    train(model, EGOPOptimizer(optim.AdamW, model.named_parameters(), bases, lr=0.01), batches(20))
    return model.state_dict()


@pytest.mark.parametrize("make", [dense, kronecker])
def test_data_in_two_processes_is_data_in_one(results, make):
    one, other = (each["in_parallel"][make.__name__] for each in results)
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    torch.testing.assert_close(one, trained(make), rtol=1e-12, atol=1e-12)


def test_rows_in_two_processes_are_rows_in_one(results):
    one, other = (each["sharded"] for each in results)
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    torch.testing.assert_close(one, trained(rows_apart), rtol=1e-12, atol=1e-12)


def test_every_basis_is_local_where_each_process_holds_all_rows(results):
    torch.testing.assert_close(results[0]["alone"], trained(dense), rtol=1e-12, atol=1e-12)


def test_a_basis_that_mixes_rows_of_processes_is_refused(results):
    for each in results:
        assert "sharded over processes by their rows" in each["refused"]
        assert "got 0.weight" in each["refused"]
