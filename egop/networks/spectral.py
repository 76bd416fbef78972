"""Sums of outer products → eigenvalues and eigenvectors, on a GPU or the CPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from egop.decomposition import fix_signs
from egop.networks.blocking import parts

COLUMNS = 256
"""Eigenvectors that get their signs at once."""

ORTHONORMAL = 1e-3
"""Largest |VᵀV − I| of a decomposition that can be used."""


def eigenbasis(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues (d,), descending, float64 on the CPU, and eigenvectors (d, d) of an EGOP.

    A decomposition that fails or is not orthonormal is made again in float64 on the CPU. Negative
    eigenvalues, which are round-off, become zero.

    Args:
        matrix: (d, d) symmetric and positive semidefinite.

    Raises:
        ValueError: entries that are not finite.
    """
    if not matrix.isfinite().all():
        raise ValueError("an EGOP takes finite gradients, got sums that overflow: use float64")
    try:
        values, vectors = torch.linalg.eigh(matrix)
        usable = bool(vectors.isfinite().all()) and _orthonormal(vectors)
    except RuntimeError:  # among them LinAlgError, and what GPU libraries raise
        usable = False
    if not usable:
        values, vectors = torch.linalg.eigh(matrix.double().cpu())
    device, dtype = matrix.device, matrix.dtype
    del matrix  # the largest thing here but the eigenvectors
    vectors = vectors.to(device, dtype).flip(-1)
    for some in parts(len(vectors), COLUMNS):
        vectors[:, some] = fix_signs(vectors[:, some])
    return values.double().cpu().flip(-1).clamp_min(0.0), vectors


def _orthonormal(vectors: Tensor) -> bool:
    """Returns True if VᵀV is near the identity, tried on a few random vectors: VᵀVx = x."""
    d = len(vectors)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (d, 4))
    probes = torch.from_numpy(signs).to(vectors)
    return float((vectors.mT @ (vectors @ probes) - probes).abs().max()) < ORTHONORMAL * d**0.5


@contextmanager
def highest_precision() -> Iterator[None]:
    """A context in which float32 products are float32: TF32 breaks Gram matrices.

    Set for each backend, which works whether the user chose a precision by
    `torch.set_float32_matmul_precision` or by `torch.backends`; the former fails after the latter.
    """
    mkldnn = torch.backends.mkldnn.matmul  # pyright: ignore[reportAttributeAccessIssue]
    places = torch.backends.cuda.matmul, mkldnn
    before = [place.fp32_precision for place in places]
    for place in places:
        place.fp32_precision = "ieee"
    try:
        yield
    finally:
        for place, precision in zip(places, before, strict=True):
            place.fp32_precision = precision
