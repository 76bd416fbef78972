"""Gradients by the chunk → eigenvalues and eigenvectors of their EGOP, float64 unless asked."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from egop.decomposition import decompose, fix_signs
from egop.networks.blocking import parts
from egop.networks.scaling import exponent, square_exponent

COLUMNS = 256
"""Eigenvectors that get their signs at once."""

ORTHONORMAL = 1e-3
"""Largest |VᵀV − I| of a decomposition that can be used."""


class DenseEGOP:
    """The EGOP of one block as a sum Σ g gᵀ (p_b, p_b), or the gradients themselves where M < p_b.

    Args:
        dim: p_b.
        n_samples: M, gradients to come.
        device: where it lives.
        dtype: of the sums and of the decomposition. float32 leaves eigenvalues below about 1e-7
            of the largest as noise, float64 those below 1e-16.

    What is held belongs to gradients · 2^−e, with e ≠ 0 where their squares would vanish in
    `dtype`, or overflow.
    """

    def __init__(self, dim: int, n_samples: int, device: torch.device, dtype: torch.dtype):
        self.few = n_samples < dim
        shape = (n_samples, dim) if self.few else (dim, dim)
        self.held = torch.zeros(shape, device=device, dtype=dtype)
        self.n_samples = 0
        self._largest: int | None = None
        self._exponent = 0

    def add(self, gradients: Tensor) -> None:
        """Adds gradients (m, p_b), all of them finite."""
        self._make_room(gradients)
        if self._exponent:
            gradients = gradients.double() * 2.0**-self._exponent
        gradients = gradients.to(self.held.dtype)
        stop = self.n_samples + len(gradients)
        if self.few:
            self.held[self.n_samples : stop] = gradients
        else:
            self.held.addmm_(gradients.mT, gradients)
        self.n_samples = stop

    def _make_room(self, gradients: Tensor) -> None:
        """Scales what is held so that the squares of these gradients can be added to it."""
        largest = float(gradients.abs().amax()) if gradients.numel() else 0.0
        if largest == 0:
            return
        found = exponent(largest)
        self._largest = found if self._largest is None else max(self._largest, found)
        before, self._exponent = self._exponent, square_exponent(self._largest, self.held.dtype)
        if self.n_samples and self._exponent != before:
            power = 1 if self.few else 2
            self.held.mul_(2.0 ** (power * (before - self._exponent)))

    def decompose(self, seed: int) -> tuple[Tensor, Tensor]:
        """Eigenvalues (p_b,), float64 on the CPU, and eigenvectors (p_b, p_b) in `dtype`.

        With M < p_b the eigenvectors are completed at random from `seed` (§5, App. B). The sums
        are used up.
        """
        if self.few:
            like, rows = self.held[:0], self._used_up()[: self.n_samples].double().cpu().numpy()
            values, vectors = decompose(rows, self.n_samples, seed)
            return self._unscaled(torch.from_numpy(values)), torch.from_numpy(vectors).to(like)
        values, vectors = eigenbasis(self._used_up().div_(self.n_samples))
        return self._unscaled(values), vectors

    def _unscaled(self, values: Tensor) -> Tensor:
        """The eigenvalues of the gradients from those of what is held."""
        return torch.from_numpy(np.ldexp(values.numpy(), 2 * self._exponent))

    def _used_up(self) -> Tensor:
        """Returns the accumulated tensor and frees it here."""
        held, self.held = self.held, self.held.new_empty(0)
        return held

    @staticmethod
    def memory(dim: int, n_samples: int, dtype: torch.dtype) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decomposition (measured)."""
        if n_samples < dim:
            rows = n_samples * dim
            return rows * dtype.itemsize, 8 * (2 * rows + int(4.6 * dim * dim))
        return dim * dim * dtype.itemsize, int(4.5 * dim * dim) * dtype.itemsize


STRUCTURES = {"dense": DenseEGOP}
"""The representations of a block's EGOP, by name."""


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
