"""R_med of every layer of a sweep's runs, at a few epochs (`egop.metrics.r_med`).

It is that of the Hessian's diagonal in the coordinates that a run works in: exact, of the loss over
the whole training set, and for classifiers estimated from `N_PROBES` random gradients at their
first `EXAMPLES` examples. What a sweep's result holds where its Config has `r_med_epochs`:
    r_med               (optimizer, basis, learning_rate, trial, measured_epoch, layer) NaN from
                        divergence on, and of single layers where a basis mixes them
    r_med_error         likewise, the standard error; 0 where R_med is exact
    measured_epoch      0, and epochs that are evenly spaced in their logarithms
    layer               the weight matrices, and "all": every parameter
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from egop.networks.classifier import Classifier
from egop.networks.ensemble import Training
from egop.networks.epochs import EpochMetrics
from egop.networks.hessian_diagonals import GROUPS, hessian_diagonal, keeps_layers
from egop.networks.network import Batch, Network
from egop.networks.refreshed_bases import RefreshedRotation
from egop.networks.rotation import Rotation
from egop.runs.run_table import R_MED

N_PROBES = 256
"""Random gradients: each entry of the diagonal has a relative error of about 9 %."""
EXAMPLES = 500
"""Examples at which these are taken."""
POINTS = 4
"""Points, gradients and sums of a run that are held besides the groups of an estimate."""
WHOLE = "all"
"""The name of all parameters together."""


def layers_of(network: Network) -> dict[str, slice]:
    """The entries of the flat vector that R_med is taken of, by name."""
    layers = {block.name: slice(block.start, block.stop) for block in network.matrices}
    return layers | {WHOLE: slice(0, network.n_parameters)}


def measured_epochs(epochs: int, count: int) -> np.ndarray:
    """The start and up to `count` − 1 later epochs to the last, evenly in their logarithms."""
    later = np.geomspace(epochs, 1, max(count - 1, 1)) if count > 1 and epochs else [0]
    return np.unique(np.append(0, np.round(later).astype(int)))


class Work(NamedTuple):
    """Operations of the measurement of one run at one epoch, and its memory.

    Attributes:
        gradients: floating-point operations of gradients; one in float64 counts as two.
        rotations: points that are rotated one way.
        numbers: in float64 that are held.
        written: numbers in activations, each of which takes as long as one that a method updates.
    """

    gradients: float
    rotations: int
    numbers: int
    written: int = 0


def work_of(network: Network, examples: int) -> Work:
    """The work that a measurement takes."""
    p = network.n_parameters
    if isinstance(network, Classifier):
        n = min(examples, EXAMPLES)
        written = N_PROBES * network.activation_floats(n)
        flops = 2 * N_PROBES * network.flops(n)
        return Work(flops, N_PROBES, (GROUPS + POINTS) * p, written)
    return Work(2 * 2 * p * network.flops(examples), p, POINTS * p)


class LayerRMed:
    """R_med of a training's runs.

    Args:
        training: of some trials.
        epochs: at which it is measured.
        seed: of the probes.

    Attributes:
        arrays: by the names of `R_MED` (trials, runs, measured epochs, layers), NaN until measured.
    """

    def __init__(self, training: Training, epochs: np.ndarray, seed: int):
        self.training, self.epochs, self.seed = training, epochs, seed
        self._layers = layers_of(training.network)
        trials, runs, _ = training.points.shape
        shape = (trials, runs, len(epochs), len(self._layers))
        self.arrays = {name: np.full(shape, np.nan, np.float32) for name in R_MED}

    def after(self, measured: EpochMetrics) -> None:
        """Measures, if this is one of the epochs."""
        at = np.flatnonzero(self.epochs == measured.epoch)
        if not at.size:
            return
        found = self.training.in_own_coordinates(self._of_runs)
        found[measured.diverged_at >= 0] = np.nan
        for k, array in enumerate(self.arrays.values()):
            array[:, :, at[0]] = found[..., k]

    def _of_runs(self, points: Tensor, rotation: Rotation | RefreshedRotation | None) -> Tensor:
        """(trials, runs, layers, 2) R_med and its standard error.

        NaN in coordinates that mix layers of a classifier, or are each run's own.
        """
        training, network = self.training, self.training.network
        if isinstance(rotation, RefreshedRotation):
            return torch.full((*points.shape[:2], len(self._layers), 2), torch.nan).double()
        apart = keeps_layers(rotation, network)
        estimated = isinstance(network, Classifier)
        found = torch.full((*points.shape[:2], len(self._layers), 2), torch.nan).double()
        if estimated and not apart:
            return found
        diagonal = hessian_diagonal(
            network,
            points,
            self._batch(estimated),
            estimator="gauss_newton" if estimated else "exact",
            n_probes=N_PROBES,
            bases=rotation,
            seed=self.seed,
            trials=training.trials,
        )
        for k, (name, entries) in enumerate(self._layers.items()):
            if apart or name == WHOLE:
                found[:, :, k] = torch.from_numpy(np.stack(diagonal.r_med(entries), axis=-1))
        return found

    def _batch(self, some: bool) -> Batch:
        whole = self.training.batches.whole["train"]
        if some:
            whole = Batch(*(part[:, :EXAMPLES] for part in whole))
        return whole.to(dtype=torch.float64)
