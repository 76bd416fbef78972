"""Bases that several processes estimate together, over gloo, against those of one process."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from egop import metrics
from egop.networks.bases import BlockBases

SCRIPT = """
import sys
import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from egop.networks import estimate_block_bases, gaussian, xavier_normal

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
dist.destroy_process_group()
"""
NAMES = re.findall(r'^    "([a-z ]+)": \(', SCRIPT, re.MULTILINE)


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
        errors = process.communicate(timeout=120)[1]
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
