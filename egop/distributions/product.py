"""Distributions with independent coordinates: uniform box, Laplace, Xavier normal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from egop.arrays import read_positive, read_vector
from egop.distributions.distribution import (
    Distribution,
    is_isotropic,
    numbers,
    parameters_by_name,
    read_dim,
)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class UniformBox(Distribution):
    """Uniform in the box |θ_i − μ_i| ≤ h_i; its covariance is diag(h²/3).

    Args:
        dim: d; by default the length of the mean or of the half width, else 2.
        mean: μ, a number or (d,).
        half_width: h > 0, a number or (d,).

    Raises:
        ValueError: shapes that do not fit, a half width ≤ 0.
    """

    dim: int
    mean: np.ndarray
    half_width: np.ndarray
    covariance: np.ndarray = field(init=False)

    @parameters_by_name
    def __init__(
        self, dim: int | None = None, *, mean: ArrayLike = 0.0, half_width: ArrayLike = 1.0
    ):
        dim = read_dim("UniformBox", dim, mean, half_width)
        mean = read_vector(mean, dim, "the mean of a UniformBox")
        half_width = read_positive(half_width, dim, "the half width of a UniformBox")
        self._set(dim=dim, mean=mean, half_width=half_width, covariance=np.diag(half_width**2 / 3))

    def _draw(self, n, rng):
        return self.mean + self.half_width * (2 * rng.random((n, self.dim)) - 1)

    @property
    def decay_order(self) -> float:
        """Infinite: it is bounded."""
        return np.inf

    def describe(self) -> str:
        """Returns a text such as "uniform in the box 0 ± 1 in 2 variables"."""
        return (
            f"uniform in the box {numbers(self.mean)} ± {numbers(self.half_width)} "
            f"in {self.dim} variables"
        )


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Laplace(Distribution):
    """Independent Laplace coordinates, density ∝ exp(−|θ_i − μ_i|/b_i); covariance diag(2b²).

    Args:
        dim: d; by default the length of the mean or of the scale, else 2.
        mean: μ, a number or (d,).
        scale: b > 0, a number or (d,); the standard deviation is √2 b.

    Raises:
        ValueError: shapes that do not fit, a scale ≤ 0.
    """

    dim: int
    mean: np.ndarray
    scale: np.ndarray
    covariance: np.ndarray = field(init=False)

    @parameters_by_name
    def __init__(self, dim: int | None = None, *, mean: ArrayLike = 0.0, scale: ArrayLike = 1.0):
        dim = read_dim("Laplace", dim, mean, scale)
        mean = read_vector(mean, dim, "the mean of a Laplace")
        scale = read_positive(scale, dim, "the scale of a Laplace")
        self._set(dim=dim, mean=mean, scale=scale, covariance=np.diag(2 * scale**2))

    def _draw(self, n, rng):
        return rng.laplace(self.mean, self.scale, (n, self.dim))

    @property
    def decay_order(self) -> float:
        """One."""
        return 1.0

    def describe(self) -> str:
        """Returns a text such as "Laplace with mean 0 and scale 1 in 2 variables"."""
        return (
            f"Laplace with mean {numbers(self.mean)} and scale {numbers(self.scale)} "
            f"in {self.dim} variables"
        )


@dataclass(frozen=True, eq=False, init=False, repr=False)
class XavierNormal(Distribution):
    """Weight matrices, flattened one after the other, with entries N(0, 2/(fan_in + fan_out)).

    Rotation invariant within each matrix; over all variables only when the variances agree (§1).

    Args:
        blocks: (fan_out, fan_in) of each weight matrix.

    Raises:
        ValueError: no block, or a block that is not two positive integers.
    """

    blocks: tuple[tuple[int, int], ...]
    dim: int = field(init=False)
    mean: np.ndarray = field(init=False)
    covariance: np.ndarray = field(init=False)

    def __init__(self, blocks: Sequence[tuple[int, int]] = ((1, 2),)):
        blocks = tuple(_read_block(block) for block in blocks)
        if not blocks:
            raise ValueError("XavierNormal takes at least one block (fan_out, fan_in), got none")
        variances = [np.full(rows * columns, 2 / (rows + columns)) for rows, columns in blocks]
        covariance = np.diag(np.concatenate(variances))
        dim = len(covariance)
        self._set(blocks=blocks, dim=dim, mean=np.zeros(dim), covariance=covariance)

    def _draw(self, n, rng):
        return rng.standard_normal((n, self.dim)) * np.sqrt(np.diag(self.covariance))

    @property
    def _spherical(self):
        return is_isotropic(self.covariance)

    @property
    def decay_order(self) -> float:
        """Two: it is Gaussian."""
        return 2.0

    def describe(self) -> str:
        """Returns a text such as "Xavier normal weights 10×64, 4×10 in 680 variables"."""
        sizes = ", ".join(f"{rows}×{columns}" for rows, columns in self.blocks[:4])
        more = ", …" if len(self.blocks) > 4 else ""
        return f"Xavier normal weights {sizes}{more} in {self.dim} variables"


def _read_block(block) -> tuple[int, int]:
    sizes = np.asarray(block)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu" or sizes.min() < 1:
        raise ValueError(
            f"a block of XavierNormal takes two positive integers (fan_out, fan_in), got {block!r}"
        )
    return int(sizes[0]), int(sizes[1])
