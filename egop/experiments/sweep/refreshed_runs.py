"""The basis of a sweep that is estimated anew in every epoch, around the weights of each run.

What a sweep's result holds of it:
    refreshed_eigenvalues   (optimizer, learning_rate, epoch, rotated_block, leading) the leading
                            eigenvalues by epoch, of the first trial
"""

from collections.abc import Sequence

import torch

from egop.experiments.sweep.basis_names import BASES
from egop.networks.block_basis import matrix_shape
from egop.networks.initialization import gaussian
from egop.networks.network import Network
from egop.networks.refreshed_bases import RefreshedBases

N_SAMPLES = 64
"""Gradients of each estimate: as many as two to five epochs of the paper's networks take."""
SCALE = 0.01
"""Standard deviation of the noise around the weights, about a tenth of that of the start."""


def refreshed_bases(bases: Sequence[str], steps: int, seed: int) -> dict[str, RefreshedBases]:
    """The basis that is refreshed once in an epoch by its name in results, if a Config has it.

    Args:
        bases: what the Config calls them.
        steps: of an epoch.
        seed: of the run.
    """
    return {
        BASES[key].name: RefreshedBases(
            every=steps,
            noise=gaussian(SCALE),
            n_samples=N_SAMPLES,
            structure=BASES[key].structure,
            seed=seed,
        )
        for key in bases
        if BASES[key].refreshed
    }


def numbers_of_run(network: Network, dtype: torch.dtype) -> int:
    """Numbers that one run holds of its own bases, sums and decompositions in float64 included."""
    sides = [side for block in network.matrices for side in matrix_shape(block)]
    return sum(n * n for n in sides) * (4 + 4 * 8 // dtype.itemsize)
