"""Distributions whose level sets are ellipsoids: Gaussian, Student-t, uniform ball and sphere."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from egop.arrays import read_positive, read_symmetric, read_vector
from egop.distributions.distribution import (
    Distribution,
    independent_streams,
    is_isotropic,
    number,
    numbers,
    parameters_by_name,
    read_dim,
)

INDEFINITE = 1e-10
"""A covariance may have eigenvalues down to minus this times its largest, as round-off."""


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Gaussian(Distribution):
    """N(μ, Σ) with Σ = scale² I, or any positive semidefinite Σ.

    A singular Σ is welcome: the points then stay in the mean plus the range of Σ. Points are
    μ + Σ^½ n for standard normal n, so they move smoothly while Σ is dragged.

    Args:
        dim: d; by default what the mean or the covariance says, else 2.
        mean: μ, a number or (d,).
        scale: standard deviation per coordinate; may be left out when `covariance` is given, and
            then reads back as the root mean square √(tr Σ/d).
        covariance: Σ (d, d).

    Raises:
        ValueError: shapes that do not fit, scale ≤ 0, scale and covariance that contradict each
            other, a covariance that is not symmetric or is indefinite.
    """

    dim: int
    mean: np.ndarray
    scale: float
    covariance: np.ndarray
    _root: np.ndarray = field(init=False, repr=False)

    @parameters_by_name
    def __init__(
        self,
        dim: int | None = None,
        *,
        mean: ArrayLike = 0.0,
        scale: float = 1.0,
        covariance: ArrayLike | None = None,
    ):
        dim = read_dim("Gaussian", dim, mean, covariance)
        mean = read_vector(mean, dim, "the mean of a Gaussian")
        scale = float(read_positive(scale, 1, "the scale of a Gaussian")[0])
        if covariance is None:
            root = scale * np.eye(dim)
            covariance = scale**2 * np.eye(dim)
        else:
            covariance = read_symmetric(covariance, "the covariance of a Gaussian")
            root = _square_root(covariance)
            scale = _agreed_scale(scale, covariance)
        self._set(dim=dim, mean=mean, scale=scale, covariance=covariance, _root=root)

    def _draw(self, n, rng):
        normal = rng.standard_normal((n, self.dim))
        if self._spherical:
            return self.mean + normal * self._root[0, 0]
        return self.mean + normal @ self._root

    @property
    def _spherical(self):
        return is_isotropic(self.covariance)

    @property
    def decay_order(self) -> float:
        """Two."""
        return 2.0

    def describe(self) -> str:
        """Returns a text such as "N(0, 2² I) in 3 variables"."""
        spread = "Σ"
        if self._spherical:
            spread = "I" if self.scale == 1 else f"{number(self.scale)}² I"
        return f"N({numbers(self.mean)}, {spread}) in {self.dim} variables"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class StudentT(Distribution):
    """The multivariate Student-t: μ + scale · N(0, I) / √(χ²_ν/ν).

    Its covariance is ν/(ν−2) · scale² I for ν > 2, infinite for 1 < ν ≤ 2 and NaN for ν ≤ 1, where
    even its mean does not exist (NaN; points still center on `center`). An EGOP of a quadratic
    needs ν > 2 to exist and ν > 4 to be estimated at the rate 1/√M.

    Args:
        dim: d.
        degrees_of_freedom: ν > 0; the smaller, the heavier the tails.
        mean: μ, a number or (d,).
        scale: of the Gaussian in the numerator.

    Raises:
        ValueError: shapes that do not fit, ν ≤ 0, scale ≤ 0.
    """

    dim: int
    degrees_of_freedom: float
    mean: np.ndarray
    scale: float
    covariance: np.ndarray = field(init=False)
    center: np.ndarray = field(init=False)

    @parameters_by_name
    def __init__(
        self,
        dim: int | None = None,
        degrees_of_freedom: float = 3.0,
        *,
        mean: ArrayLike = 0.0,
        scale: float = 1.0,
    ):
        dim = read_dim("StudentT", dim, mean)
        center = read_vector(mean, dim, "the mean of a StudentT")
        scale = float(read_positive(scale, 1, "the scale of a StudentT")[0])
        freedom = float(read_positive(degrees_of_freedom, 1, "degrees_of_freedom")[0])
        exists = freedom > 1
        variance = np.inf if exists else np.nan
        if freedom > 2:
            variance = scale**2 * freedom / (freedom - 2)
        covariance = np.where(np.eye(dim) > 0, variance, 0.0 if exists else np.nan)
        mean = center if exists else np.full(dim, np.nan)
        self._set(dim=dim, degrees_of_freedom=freedom, mean=mean, scale=scale)
        self._set(covariance=covariance, center=center)

    def _draw(self, n, rng):
        normals, chi_squares = independent_streams(rng, 2)
        normal = normals.standard_normal((n, self.dim))
        width = np.sqrt(chi_squares.chisquare(self.degrees_of_freedom, n) / self.degrees_of_freedom)
        return self.center + self.scale * normal / width[:, None]

    @property
    def tail_index(self) -> float:
        """ν: E‖θ‖^k is finite for k < ν."""
        return self.degrees_of_freedom

    @property
    def rotation_invariant(self) -> bool:
        """True if it is centered on the origin (Lemma 14), without moments as well."""
        return not self.center.any()

    @property
    def decay_order(self) -> float:
        """0: its tails are a power of r."""
        return 0.0

    def describe(self) -> str:
        """Returns "Student-t with 3 degrees of freedom, center 0, scale 1, in 2 variables"."""
        return (
            f"Student-t with {number(self.degrees_of_freedom)} degrees of freedom, center "
            f"{numbers(self.center)}, scale {number(self.scale)}, in {self.dim} variables"
        )


@dataclass(frozen=True, eq=False, init=False, repr=False)
class UniformBall(Distribution):
    """Uniform in the ball ‖θ − μ‖₂ ≤ radius; its covariance is radius²/(d+2) · I.

    Args:
        dim: d.
        mean: μ, a number or (d,).
        radius: of the ball.

    Raises:
        ValueError: shapes that do not fit, radius ≤ 0.
    """

    dim: int
    mean: np.ndarray
    radius: float
    covariance: np.ndarray = field(init=False)

    @parameters_by_name
    def __init__(self, dim: int | None = None, *, mean: ArrayLike = 0.0, radius: float = 1.0):
        dim = read_dim("UniformBall", dim, mean)
        mean = read_vector(mean, dim, "the mean of a UniformBall")
        radius = float(read_positive(radius, 1, "the radius of a UniformBall")[0])
        covariance = radius**2 / (dim + 2) * np.eye(dim)
        self._set(dim=dim, mean=mean, radius=radius, covariance=covariance)

    def _draw(self, n, rng):
        # the first d coordinates of a uniform point on the sphere in R^{d+2} fill the ball evenly
        normal = rng.standard_normal((n, self.dim + 2))
        radii = np.linalg.norm(normal, axis=1, keepdims=True)
        return self.mean + self.radius * normal[:, : self.dim] / radii

    @property
    def _spherical(self):
        return True

    @property
    def decay_order(self) -> float:
        """Infinite: it is bounded."""
        return np.inf

    def describe(self) -> str:
        """Returns a text such as "uniform in the ball of radius 1 around 0 in 2 variables"."""
        return (
            f"uniform in the ball of radius {number(self.radius)} around {numbers(self.mean)} "
            f"in {self.dim} variables"
        )


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Sphere(Distribution):
    """Uniform on the sphere ‖θ − μ‖₂ = radius; its covariance is radius²/d · I.

    Args:
        dim: d.
        mean: μ, a number or (d,).
        radius: of the sphere.

    Raises:
        ValueError: shapes that do not fit, radius ≤ 0.
    """

    dim: int
    mean: np.ndarray
    radius: float
    covariance: np.ndarray = field(init=False)

    @parameters_by_name
    def __init__(self, dim: int | None = None, *, mean: ArrayLike = 0.0, radius: float = 1.0):
        dim = read_dim("Sphere", dim, mean)
        mean = read_vector(mean, dim, "the mean of a Sphere")
        radius = float(read_positive(radius, 1, "the radius of a Sphere")[0])
        covariance = radius**2 / dim * np.eye(dim)
        self._set(dim=dim, mean=mean, radius=radius, covariance=covariance)

    def _draw(self, n, rng):
        normal = rng.standard_normal((n, self.dim))
        radii = np.linalg.norm(normal, axis=1, keepdims=True)
        return self.mean + self.radius * normal / radii

    @property
    def _spherical(self):
        return True

    @property
    def decay_order(self) -> float:
        """Infinite: it is bounded."""
        return np.inf

    def describe(self) -> str:
        """Returns a text such as "uniform on the sphere of radius 1 around 0 in 2 variables"."""
        return (
            f"uniform on the sphere of radius {number(self.radius)} around {numbers(self.mean)} "
            f"in {self.dim} variables"
        )


def _square_root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric Σ^½; works for a singular Σ, where Cholesky does not."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    if eigenvalues[0] < -INDEFINITE * np.abs(eigenvalues).max():
        raise ValueError(
            "a covariance takes no direction of negative variance, got the smallest eigenvalue "
            f"{eigenvalues[0]:.3g}"
        )
    roots = np.sqrt(np.maximum(eigenvalues, 0.0))
    return (eigenvectors * roots) @ eigenvectors.T


def _agreed_scale(scale: float, covariance: np.ndarray) -> float:
    implied = float(np.sqrt(covariance.trace() / len(covariance)))
    if scale != 1.0 and not np.isclose(scale, implied, rtol=1e-9):
        raise ValueError(
            f"a Gaussian takes a scale or a covariance, got scale={scale:g} and a covariance of "
            f"scale {implied:g}; leave one of them out"
        )
    return implied
