"""Eigenvalues and eigenvectors of the EGOP, and x = V z both ways."""

from dataclasses import dataclass, replace
from os import PathLike

import numpy as np

from egop import metrics, theme
from egop.arrays import frozen, read_symmetric, restore_read_only
from egop.basis_checks import ROUND_OFF, check_decomposition, check_leading
from egop.basis_file import read_basis, write_basis
from egop.decomposition import decompose, fix_signs, nearest_frame, triangular_factor
from egop.gradients import usable


@dataclass(frozen=True, eq=False, repr=False)
class Eigenbasis:
    """EGOP = V diag(λ) Vᵀ and the change of coordinates z = Vᵀx (§2 of the paper).

    Attributes:
        eigenvalues: (d,) λ_i = E⟨∇f, v_i⟩² (Eq. 2), descending; in the basis of a Hessian those of
            the Hessian, by magnitude.
        eigenvectors: (d, d) V, orthonormal columns v_1 … v_d.
        n_samples: M gradients the estimate comes from; None when it is no estimate.
        n_excluded: gradients left out of it, since they or f are not finite there.
        caveat: a sentence where the EGOP is infinite, or the sample's largest gradients look so;
            then no sample settles the basis. Empty where nothing of the kind was found.
        n_active: k of the leading coordinates z_1 … z_k, in which alone runs move; None: all.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, columns that are not
            orthonormal, eigenvalues that do not descend, k outside 1 … d.
    """

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    n_samples: int | None = None
    n_excluded: int = 0
    caveat: str = ""
    n_active: int | None = None

    def __post_init__(self):
        for name in ("eigenvalues", "eigenvectors"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        check_decomposition(self.eigenvalues, self.eigenvectors)
        check_leading(self.n_active, self.dim)

    __setstate__ = restore_read_only

    def __repr__(self):
        values = [theme.number(value, 3) for value in self.eigenvalues[:4]]
        shown = ", ".join(values) + (", …" if self.dim > 4 else "")
        source = "" if self.n_samples is None else f", n_samples={self.n_samples}"
        left_out = f", n_excluded={self.n_excluded}" if self.n_excluded else ""
        variables = "1 variable" if self.dim == 1 else f"{self.dim} variables"
        caveat = ", has a caveat" if self.caveat else ""
        moving = "" if self.n_active is None else f", runs move along the first {self.n_active}"
        return f"<Eigenbasis of {variables}: eigenvalues {shown}{source}{left_out}{caveat}{moving}>"

    @property
    def dim(self) -> int:
        """Number of variables d."""
        return len(self.eigenvalues)

    @property
    def matrix(self) -> np.ndarray:
        """V diag(λ) Vᵀ, (d, d)."""
        return (self.eigenvectors * self.eigenvalues) @ self.eigenvectors.T

    @property
    def stable_rank(self) -> float:
        """Stable rank Σ_i √(λ_i/λ_1), between 1 and d (Eq. 3); of |λ| in the basis of a Hessian."""
        return float(metrics.stable_rank(np.abs(self.eigenvalues)))

    @property
    def density(self) -> np.ndarray:
        """Density β_k = ‖v_k‖₁²/d of each eigenvector, (d,), from 1/d to 1 (§2)."""
        return metrics.density(self.eigenvectors)

    @property
    def angle(self) -> float:
        """Angle of v_1 against the first axis, in radians in (−π/2, π/2]; for d = 2.

        Raises:
            ValueError: d is not 2.
        """
        if self.dim != 2:
            raise ValueError(f"a basis has one angle in 2 variables, this one has {self.dim}")
        x, y = self.eigenvectors[:, 0]
        return float(np.arctan(y / x)) if x else np.pi / 2

    def to_basis(self, x) -> np.ndarray:
        """z = Vᵀx of points x (..., d), the same shape.

        Raises:
            ValueError: the last axis is not d.
        """
        return self._points(x) @ self.eigenvectors

    def from_basis(self, z) -> np.ndarray:
        """x = V z of points z (..., d), the same shape.

        Raises:
            ValueError: the last axis is not d.
        """
        return self._points(z) @ self.eigenvectors.T

    def oriented(self, previous: "Eigenbasis | None" = None) -> "Eigenbasis":
        """The same basis with the signs for a picture: det V = +1, nearest `previous`.

        v_k still belongs to λ_k: a previous basis decides signs, never the order of the columns.

        Args:
            previous: the basis of the previous frame of the same scene; None: there is none.
        """
        before = None if previous is None else previous.eigenvectors
        return replace(self, eigenvectors=nearest_frame(self.eigenvectors, before))

    def leading(self, k: int) -> "Eigenbasis":
        """The same basis for runs that move along v_1 … v_k alone, the rest of z standing still.

        A method is then one in k variables, as in low-rank gradient descent (Cosson et al., arXiv
        2206.08257) and in methods of active subspaces (Cartis et al.); `Eigenbasis.random(d,
        seed).leading(k)` gives a random subspace.

        Raises:
            ValueError: k is no integer from 1 to d.
        """
        check_leading(k, self.dim, optional=False)
        return replace(self, n_active=int(k))

    def save(self, path: str | PathLike) -> None:
        """Writes the basis to a file of numpy's format npz, which `load` reads; bit by bit.

        Args:
            path: the file, overwritten where it exists; numpy adds ".npz" where it has no such end.
        """
        write_basis(
            path,
            self.eigenvalues,
            self.eigenvectors,
            n_samples=self.n_samples,
            n_excluded=self.n_excluded,
            caveat=self.caveat,
            n_active=self.n_active,
        )

    @classmethod
    def load(cls, path: str | PathLike) -> "Eigenbasis":
        """The basis that `save` wrote to a file; ".npz" may be left out.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it holds no eigenbasis.
        """
        return cls(*read_basis(path))

    @classmethod
    def identity(cls, dim: int) -> "Eigenbasis":
        """The original coordinates, V = I; all eigenvalues are one."""
        return cls(np.ones(dim), np.eye(dim))

    @classmethod
    def rotation(cls, angle: float) -> "Eigenbasis":
        """The basis of two variables turned by `angle` (radians, counterclockwise); λ = (1, 1)."""
        cosine, sine = np.cos(angle), np.sin(angle)
        return cls(np.ones(2), np.array([[cosine, -sine], [sine, cosine]]))

    @classmethod
    def random(cls, dim: int, seed=0) -> "Eigenbasis":
        """A basis drawn uniformly (Haar) from the orthogonal matrices; all eigenvalues are one."""
        gaussian = np.random.default_rng(seed).standard_normal((dim, dim))
        columns, triangle = np.linalg.qr(gaussian)
        return cls(np.ones(dim), columns * np.where(np.diag(triangle) < 0, -1.0, 1.0))

    @classmethod
    def from_matrix(cls, matrix) -> "Eigenbasis":
        """The eigenbasis of a known EGOP (d, d).

        Raises:
            ValueError: not symmetric, or indefinite beyond round-off.
        """
        eigenvalues, eigenvectors = np.linalg.eigh(read_symmetric(matrix, "from_matrix"))
        if eigenvalues[0] < -ROUND_OFF * np.abs(eigenvalues).max():
            raise ValueError(
                "from_matrix takes a positive semidefinite EGOP, got the smallest eigenvalue "
                f"{eigenvalues[0]:.3g}; for a Hessian use Eigenbasis.from_hessian"
            )
        eigenvalues = np.maximum(eigenvalues[::-1], 0.0)
        return cls(eigenvalues, fix_signs(eigenvectors[:, ::-1]))

    @classmethod
    def from_hessian(cls, hessian) -> "Eigenbasis":
        """The eigenbasis of a Hessian (d, d), which may be indefinite: ordered by |λ|.

        Raises:
            ValueError: not symmetric.
        """
        eigenvalues, eigenvectors = np.linalg.eigh(read_symmetric(hessian, "from_hessian"))
        order = np.argsort(-np.abs(eigenvalues), kind="stable")
        return cls(eigenvalues[order], fix_signs(eigenvectors[:, order]))

    @classmethod
    def from_gradients(cls, gradients, seed=0) -> "Eigenbasis":
        """The eigenbasis of P̂ = (1/M) Σ g gᵀ for gradients (M, d) in rows (Algorithm 1).

        Rows that are not finite are left out and counted. With fewer rows than variables the basis
        is completed to a full orthonormal one, at random from `seed`.

        Raises:
            ValueError: not a matrix, no rows, or not one finite row.
        """
        gradients = np.asarray(gradients, dtype=float)
        if gradients.ndim != 2 or gradients.size == 0:
            raise ValueError(
                f"from_gradients takes gradients (M, d) in rows, got shape {gradients.shape}"
            )
        keep = usable(gradients)
        kept = gradients if keep.all() else gradients[keep]
        return cls.from_factor(kept, len(kept), len(gradients) - len(kept), seed)

    @classmethod
    def from_factor(cls, factor, n_samples: int, n_excluded: int = 0, seed=0) -> "Eigenbasis":
        """The eigenbasis of P̂ = RᵀR/M for a factor R (m, d), as the gradients in rows are one.

        Raises:
            ValueError: M = 0.
        """
        if n_samples == 0:
            raise ValueError(
                "an eigenbasis takes at least one finite gradient, got none "
                f"({n_excluded} left out); sample where the function is defined"
            )
        eigenvalues, eigenvectors = decompose(triangular_factor(factor), n_samples, seed)
        return cls(eigenvalues, eigenvectors, n_samples, n_excluded)

    def _points(self, points) -> np.ndarray:
        points = np.asarray(points, dtype=float)
        if points.ndim == 0 or points.shape[-1] != self.dim:
            raise ValueError(
                f"this basis takes points whose last axis has {self.dim} coordinates, "
                f"got shape {points.shape}"
            )
        return points
