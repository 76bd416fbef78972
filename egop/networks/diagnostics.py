"""Numbers that tell how good a basis of a block is, from gradients of that block.

All of them take a matrix G of gradients (M, p_b), whose EGOP is P = GᵀG/M, and none forms P where
M < p_b: ‖P‖_F follows from the M×M products of the gradients with each other, and the diagonal of
VᵀPV from mean squares of rotated gradients.

P itself deviates from the true EGOP by ‖P − E P‖_F² ≈ E‖g‖⁴/M, which is most of ‖P‖_F² where M is
small, and a basis made of the same gradients fits that deviation. So the numbers are corrected by
default: sums over pairs of different gradients (U-statistics) have no such bias, if the gradients
are others than those of the basis.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from egop.bootstrap import Bootstrap, bootstrap
from egop.networks.block_basis import BlockBasis
from egop.networks.blocking import parts
from egop.networks.spectral import highest_precision
from egop.networks.structures.partial import gram
from egop.tails import effective_sample_size

ROWS_FLOATS = 4_000_000
"""Numbers in the gradients that are rotated at once."""
LEADING = 256
"""Directions of the sample that are resampled; the others add to an angle about
√(Σ_{k>256} λ_k/(M λ_1))."""
NOT_OF_GRADIENTS = frozenset({"data", "random"})
"""Structures whose eigenvalues are not those of an EGOP."""


class EstimatedNumber(NamedTuple):
    """A number estimated from a sample of gradients.

    Attributes:
        value: the estimate; NaN where the sample says nothing.
        error: its standard error (jackknife over the gradients).
    """

    value: float
    error: float


class Energies(NamedTuple):
    """Squares of entries of an EGOP, split over its gradients.

    Those of several blocks can be added, where all were divided by one scale.

    Attributes:
        all: (M,) Σ_m ⟨g_i, g_m⟩², of each i, whose sum is M²‖P‖_F².
        all_alone: (M,) ‖g_i‖⁴, the part of i alone.
        diagonal: (M,) the same of the diagonal of VᵀPV.
        diagonal_alone: (M,) Σ_j z_ij⁴.
    """

    all: Tensor
    all_alone: Tensor
    diagonal: Tensor
    diagonal_alone: Tensor

    def share(self, *, corrected: bool = True) -> EstimatedNumber:
        """The share of the squares beside the diagonal."""
        whole, alone = _leave_one_out(self.all, self.all_alone, corrected)
        diagonal, diagonal_alone = _leave_one_out(self.diagonal, self.diagonal_alone, corrected)
        return _jackknife(1 - diagonal / whole, 1 - diagonal_alone / alone)

    def in_random_basis(self, dim: int) -> "Energies":
        """The expectation over all orthogonal bases (Haar) of p_b directions.

        Of a symmetric P it is E Σ_j (vⱼᵀPvⱼ)² = ((tr P)² + 2‖P‖_F²)/(p_b + 2).
        """
        norms = self.all_alone.sqrt()
        diagonal = (norms * norms.sum() + 2 * self.all) / (dim + 2)
        return Energies(self.all, self.all_alone, diagonal, 3 * self.all_alone / (dim + 2))


def off_diagonal_share(
    gradients: Tensor, basis: BlockBasis | None = None, *, corrected: bool = True
) -> EstimatedNumber:
    """The share of the EGOP that a basis leaves beside the diagonal, from 0 (an eigenbasis) to 1.

    ‖VᵀPV − diag(VᵀPV)‖_F²/‖VᵀPV‖_F². Its square root is the relative error of V D Vᵀ with the best
    diagonal D. A random basis leaves nearly all of a spectrum that decays; where directions are
    dropped it is the share among those that are kept.

    Args:
        gradients: (M, p_b) of the block.
        basis: of the block; None: the original coordinates.
        corrected: whether pairs of different gradients alone count: without bias for gradients
            that the basis was not made of, and then possibly a little below 0. If not, it is the
            share of the sample's own EGOP.

    Raises:
        ValueError: another shape than the basis has, fewer than two gradients, or entries that
            are not finite.
    """
    return energies(gradients, basis).share(corrected=corrected)


def energies(
    gradients: Tensor, basis: BlockBasis | None = None, scale: float | None = None
) -> Energies:
    """The squares of an EGOP's entries and of its diagonal in a basis, gradient by gradient.

    Args:
        gradients: (M, p_b) of the block.
        basis: of the block; None: the original coordinates.
        scale: that gradients are divided by first, the same of blocks that are to be added; None:
            their largest entry.
    """
    gradients, _ = _scaled(gradients, basis, scale)
    with highest_precision():
        rotated = _rotated(gradients, basis)
        keeps_all = basis is None or basis.n_coordinates == basis.dim
        whole = _square_sums(gradients if keeps_all else rotated)
        alone = (gradients if keeps_all else rotated).double().square().sum(1).square()
        squares = torch.zeros(rotated.shape[1], device=rotated.device, dtype=torch.float64)
        for some in _pieces(rotated):
            squares += rotated[some].double().square().sum(0)
        diagonal, diagonal_alone = torch.empty_like(alone), torch.empty_like(alone)
        for some in _pieces(rotated):
            each = rotated[some].double().square()
            diagonal[some], diagonal_alone[some] = each @ squares, each.square().sum(1)
    return Energies(whole, alone, diagonal, diagonal_alone)


def relative_error(
    basis: BlockBasis, gradients: Tensor, *, corrected: bool = True
) -> EstimatedNumber:
    """‖P − V diag(λ) Vᵀ‖_F/‖P‖_F: how far the EGOP that a basis stands for is from the true one.

    For a Kronecker basis λ are the products of the eigenvalues of both sides, for a partial one the
    leading eigenvalues and zeros.

    Args:
        basis: with eigenvalues of gradients.
        gradients: (M, p_b) of its block.
        corrected: as in `off_diagonal_share`. If not, it is the distance from the dense EGOP of
            these gradients.

    Raises:
        ValueError: a structure whose eigenvalues are not those of gradients, or gradients as in
            `off_diagonal_share`.
    """
    if basis.structure in NOT_OF_GRADIENTS:
        raise ValueError(
            f"relative_error takes a basis that was estimated from gradients, got the structure "
            f"{basis.structure!r}; off_diagonal_share takes it"
        )
    gradients, scale = _scaled(gradients, basis)
    values = (basis.coordinate_eigenvalues / scale / scale).to(gradients.device)
    with highest_precision():
        rotated = _rotated(gradients, basis)
        whole, alone = _square_sums(gradients), gradients.double().square().sum(1).square()
        along = torch.cat([rotated[some].double().square() @ values for some in _pieces(rotated)])
    count, total = len(gradients), values.square().sum()
    pairs = count * (count - 1) if corrected else count**2
    fewer = (count - 1) * (count - 2) if corrected else (count - 1) ** 2
    squares, squares_without = _leave_one_out(whole, alone, corrected)

    def error(squares: Tensor, along: Tensor) -> Tensor:
        return ((squares - 2 * along + total).clamp_min(0) / squares).sqrt()

    without = error(squares_without / max(fewer, 1), (along.sum() - along) / (count - 1))
    return _jackknife(error(squares / pairs, along.mean()), without)


def effective_samples(gradients: Tensor) -> float:
    """(Σ‖g‖²)²/Σ‖g‖⁴: gradients of equal length that would weigh as much, from 1 to M."""
    gradients, _ = _scaled(gradients, None)
    return effective_sample_size(gradients.double().square().sum(1).cpu().numpy())


def bootstrap_of_block(gradients: Tensor, n_resamples: int = 200, seed: int = 0) -> Bootstrap:
    """Bands of the leading eigenvalues of a block, the angle of v_1 and how many of them are tied.

    As `egop.bootstrap`, within the leading 256 directions of the sample; its eigenvalues are those
    of gradients over their largest entry.

    Args:
        gradients: (M, p_b).
        n_resamples: at least 1.
        seed: an integer.
    """
    scaled, _ = _scaled(gradients, None)
    with highest_precision():
        few = len(scaled) <= scaled.shape[1]
        products = gram(scaled) if few else gram(scaled.mT.contiguous())
        values, vectors = torch.linalg.eigh(products)
        leading = slice(max(0, len(values) - LEADING), None)
        vectors = vectors[:, leading].flip(-1)
        sizes = values[leading].flip(-1).clamp_min(0)
        along = vectors * sizes.sqrt() if few else scaled.double() @ vectors
    return bootstrap(along.cpu().numpy(), n_resamples, seed=seed)


def _square_sums(rows: Tensor) -> Tensor:
    """(M,) Σ_m ⟨g_i, g_m⟩² of each row, by products of rows or of columns, whichever are fewer."""
    if len(rows) <= rows.shape[1]:
        return gram(rows).square().sum(1)
    products = gram(rows.mT.contiguous())
    pieces = (rows[some].double() for some in _pieces(rows))
    return torch.cat([((each @ products) * each).sum(1) for each in pieces])


def _leave_one_out(sums: Tensor, alone: Tensor, corrected: bool) -> tuple[Tensor, Tensor]:
    """A sum over pairs of gradients, and (M,) the same without each one of them."""
    without = sums.sum() - 2 * sums + alone
    if not corrected:
        return sums.sum(), without
    return sums.sum() - alone.sum(), without - (alone.sum() - alone)


def _jackknife(value: Tensor, without: Tensor) -> EstimatedNumber:
    """A value with its standard error, from those without each gradient."""
    spread = (len(without) - 1) ** 0.5 * without.std(correction=0)
    return EstimatedNumber(float(value), float(spread))


def _rotated(gradients: Tensor, basis: BlockBasis | None) -> Tensor:
    """Coordinates (M, n_coordinates) of gradients, in the dtype of the wider of both."""
    if basis is None:
        return gradients
    like = next(tensor for name, tensor in basis.tensors().items() if "eigenvalues" not in name)
    dtype = torch.promote_types(like.dtype, gradients.dtype)
    moved = basis.to(gradients.device, dtype)
    return torch.cat([moved.to_basis(gradients[some].to(dtype)) for some in _pieces(gradients)])


def _scaled(
    gradients: Tensor, basis: BlockBasis | None, scale: float | None = None
) -> tuple[Tensor, float]:
    """Gradients over a scale, usually their largest entry, so that fourth powers can be added."""
    dim = "p" if basis is None else basis.dim
    shape = tuple(gradients.shape)
    if len(shape) != 2 or len(gradients) < 2 or shape[1] != (basis.dim if basis else shape[1]):
        raise ValueError(
            f"a diagnostic takes at least two gradients, in rows (M, {dim}), got shape {shape}"
        )
    largest = float(gradients.abs().max())
    if not largest < float("inf"):
        raise ValueError(
            "a diagnostic takes finite gradients, got others; `sample_gradients` leaves them out"
        )
    scale = scale or largest or 1.0
    wide = gradients.double() if not 1e-9 < scale < 1e9 else gradients
    return wide / scale, scale


def _pieces(rows: Tensor) -> list[slice]:
    """Slices of rows that are worked on at once."""
    return [*parts(len(rows), max(1, ROWS_FLOATS // rows.shape[1]))]
