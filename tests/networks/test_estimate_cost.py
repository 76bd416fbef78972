"""Costs in words, and seconds of decompositions that other work does not spoil."""

import time

import pytest
import torch

from egop.networks import estimate_cost
from egop.networks.estimate_cost import EstimateCost, decomposition_seconds


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (1000, "1 kB"),
        (31_000_000, "31 MB"),
        (410_000_000, "0.41 GB"),
        (4.6e9, "4.6 GB"),
        (57.4e12, "57.4 TB"),
    ],
)
def test_a_cost_is_told_with_its_units(memory, said):
    cost = EstimateCost(int(memory), 778.1, 75.0)
    assert str(cost) == repr(cost)
    assert str(cost).startswith(f"{said}, 778 s of gradients and 75 s of decompositions")


def test_decompositions_are_timed_by_the_least_of_several(monkeypatch):
    waits, sizes = iter([0.0, 0.3, 0.02, 0.2]), []

    def slow(matrix):
        sizes.append(len(matrix))
        assert matrix.tril(-1).any(), "the identity is decomposed in no time"
        time.sleep(next(waits))

    monkeypatch.setattr(estimate_cost, "eigenbasis", slow)
    found = decomposition_seconds([20, 10], torch.device("cpu"), torch.float64)
    assert sizes == [20] * 4
    assert 0.02 * 1.125 <= found < 0.2
