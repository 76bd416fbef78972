"""Threads of the random gradients that R_med is estimated by."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from egop.experiments.devices import limited_threads
from egop.networks import gauss_newton
from egop.networks.classifier import Classifier
from egop.networks.network import Batch


def test_runs_are_shared_among_workers_of_one_thread(monkeypatch):
    """All threads within one small product once took 20 to 80 times as long on a busy machine."""
    network, used = Classifier((3, 4, 2)), []
    write = gauss_newton._write

    def observed(*given):
        used.append(torch.get_num_threads())
        write(*given)

    points = torch.linspace(-1, 1, 3 * network.n_parameters).double().view(1, 3, -1)
    batch = Batch(torch.ones(1, 5, 3).double(), torch.zeros(1, 5, dtype=torch.long))

    def gradients(threads):
        with limited_threads(threads):
            drawn = [np.random.default_rng(0)]
            return gauss_newton.gauss_newton_gradients(network, points, batch, drawn)

    alone = gradients(1)
    monkeypatch.setattr(gauss_newton, "_write", observed)
    torch.testing.assert_close(gradients(2), alone)
    assert used == [1, 1]
