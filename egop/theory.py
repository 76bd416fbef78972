"""Closed forms and bounds of the paper, with their equation numbers; the tests' references.

Letters as in the paper: H or Q a Hessian, c the width of ρ (A1), λ and β eigenvalues and densities
of the EGOP, L_f = Σ L_i the coordinate-wise smoothness of Eq. (1). Theorem 3 with its constants is
in `egop.convergence`, assumption A2 in `egop.hessian_variation`, and how far cheaper bases are from
the exact one, and what a basis costs, in `egop.approximation`.
"""

from itertools import product
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from egop.arrays import read_symmetric
from egop.eigenbasis import Eigenbasis
from egop.metrics import density, off_diagonal_mass, stable_rank

if TYPE_CHECKING:
    from egop.distributions import Distribution
    from egop.objectives.objective import Objective

QUADRATIC_CONSTANT = 2**0.5
"""C of Theorem 5, L_{f∘V}/L_f ≤ C·sr/(dβ_1), for quadratics."""

GENERAL_CONSTANT = 2.0
"""C for everything else, up to an error of the Hessian's variation."""

LARGEST_ENUMERATED = 14
"""Sign vectors are enumerated up to this d (8192 of them), searched locally beyond."""


Bound = TypeVar("Bound", float, np.ndarray)


class Bracket(NamedTuple, Generic[Bound]):
    """A lower and an upper bound of one quantity."""

    lower: Bound
    upper: Bound

    @property
    def is_closed(self) -> bool:
        """True if both ends are the same up to round-off, so that the quantity is known."""
        return bool(np.allclose(self.lower, self.upper, rtol=1e-9, atol=0.0))


class Prediction(NamedTuple):
    """The numbers of Theorems 3 and 5 for Adagrad in an EGOP eigenbasis.

    Attributes:
        stable_rank: sr (Eq. 3).
        density: β_1 of the leading eigenvector.
        ratio: sr/(dβ_1); L_{f∘V}/L_f is at most C times this (Theorem 5), so small is good.
        rate_gain: √(dβ_1/sr), by which the step size that minimizes the upper bound of Theorem 3
            grows; measured best rates follow it poorly.
    """

    stable_rank: float
    density: float
    ratio: float
    rate_gain: float


def predict(basis: Eigenbasis) -> Prediction:
    """The theory's numbers for rotating into this EGOP eigenbasis.

    They state something where A1 holds and `expects_gain` is true, and nothing elsewhere.

    Raises:
        ValueError: negative eigenvalues; an EGOP has none.
    """
    rank = float(stable_rank(basis.eigenvalues))
    leading = float(density(basis.eigenvectors[:, 0]))
    ratio = rank / (basis.dim * leading)
    return Prediction(rank, leading, ratio, float(ratio**-0.5))


def ratio_bound(prediction: Prediction, quadratic: bool) -> float:
    """Upper bound of L_{f∘V}/L_f: C·sr/(dβ_1), with C = √2 for a quadratic and 2 else (Theorem 5).

    It holds where A1 does.
    """
    return (QUADRATIC_CONSTANT if quadratic else GENERAL_CONSTANT) * prediction.ratio


def expects_gain(prediction: Prediction, quadratic: bool) -> bool:
    """True if the theory expects a gain: `ratio_bound` is below 1.

    Otherwise it says nothing; it never expects a loss, or none. With C = 2 it cannot speak in two
    variables, as sr ≥ 1 and β_1 ≤ 1.
    """
    return ratio_bound(prediction, quadratic) < 1


def constant_name(quadratic: bool) -> str:
    """C as people write it: "√2" or "2"."""
    return "√2" if quadratic else "2"


def quadratic_egop(hessian, center, mean, covariance) -> np.ndarray:
    """EGOP of f = ½(θ−c)ᵀH(θ−c) for any ρ with mean μ and covariance Σ: H(Σ + (μ−c)(μ−c)ᵀ)H (§1).

    Args:
        hessian: H (d, d), symmetric.
        center: c (d,).
        mean: μ (d,).
        covariance: Σ (d, d).
    """
    hessian = read_symmetric(hessian, "quadratic_egop")
    offset = np.asarray(mean, dtype=float) - center
    return hessian @ (covariance + np.outer(offset, offset)) @ hessian


def exact_egop(objective: "Objective", distribution: "Distribution") -> np.ndarray:
    """EGOP (d, d) without sampling, for the objectives that have a closed form: quadratics.

    Raises:
        ValueError: the objective is no quadratic, the covariance of the distribution is infinite or
            not known, or their dimensions differ.
    """
    if objective.quadratic is None:
        raise ValueError(
            f"{objective.name} has no closed-form EGOP, only quadratics do; use estimate_eigenbasis"
        )
    if objective.dim != distribution.dim:
        raise ValueError(
            f"{objective.name} has {objective.dim} variables, but the distribution has "
            f"{distribution.dim}; give it dim={objective.dim}"
        )
    finite = np.isfinite(distribution.covariance).all()
    if not finite and np.isnan(distribution.tail_index):
        raise ValueError(
            f"a closed-form EGOP takes the covariance of ρ, and that of {distribution.describe()} "
            "is not known; use estimate_eigenbasis"
        )
    if not finite:
        raise ValueError(
            f"the EGOP of {objective.name} is infinite: {distribution.describe()} has no finite "
            "covariance"
        )
    return quadratic_egop(*objective.quadratic, distribution.mean, distribution.covariance)


def exact_eigenbasis(objective: "Objective", distribution: "Distribution") -> Eigenbasis:
    """The eigenbasis of `exact_egop`.

    Raises:
        ValueError: as `exact_egop`.
    """
    return Eigenbasis.from_matrix(exact_egop(objective, distribution))


def least_squares_egop(matrix, targets) -> np.ndarray:
    """EGOP of ½‖Aθ − y‖² under N(0, I): (AᵀA)² + AᵀyyᵀA (Lemma 19).

    Args:
        matrix: A (n, d).
        targets: y (n,).
    """
    gram, slope = matrix.T @ matrix, matrix.T @ targets
    return gram @ gram + np.outer(slope, slope)


def least_squares_eigenvalue_bounds(matrix, targets) -> Bracket[np.ndarray]:
    """Bounds (d,) on the eigenvalues of `least_squares_egop` (Lemma 19).

    σ_1⁴ ≤ λ_1 ≤ σ_1⁴ + ‖Aᵀy‖² and σ_k⁴ ≤ λ_k ≤ σ_{k−1}⁴ for the singular values σ of A.
    """
    fourth = np.linalg.eigvalsh(matrix.T @ matrix)[::-1].clip(0) ** 2
    slope = matrix.T @ targets
    return Bracket(fourth, np.concatenate([[fourth[0] + slope @ slope], fourth[:-1]]))


def chain_rule_egop(matrix, inner_egop) -> np.ndarray:
    """EGOP of f(θ) = h(Aθ): Aᵀ E[∇h∇hᵀ] A, the expectation at Aθ (Eq. 4).

    Args:
        matrix: A (n, d).
        inner_egop: E[∇h∇hᵀ] (n, n).
    """
    return matrix.T @ inner_egop @ matrix


def chain_rule_decay_bound(matrix, inner_egop) -> np.ndarray:
    """Upper bounds (d,) on λ_k/λ_1 of `chain_rule_egop`: κ(E∇h∇hᵀ)·(σ_k/σ_1)² (Lemma 18)."""
    squares = np.linalg.eigvalsh(matrix.T @ matrix)[::-1].clip(0)
    inner = np.linalg.eigvalsh(inner_egop)
    return inner[-1] / inner[0] * squares / squares[0]


def rotated_egop(egop, rotation) -> np.ndarray:
    """EGOP of f∘Q for a rotation-invariant ρ: Qᵀ EGOP(f) Q (Lemma 14).

    For any other ρ it is the EGOP under the pushed-forward points z = Qᵀθ.
    """
    return rotation.T @ egop @ rotation


def diagonalizes(eigenvectors, egop, tolerance: float = 1e-8) -> bool:
    """Returns True if VᵀEGOP V is diagonal, with a descending diagonal, for orthonormal columns V.

    What makes V an EGOP eigenbasis. Orthonormality alone does not: Vᵀ has it too.

    Args:
        eigenvectors: V (d, d).
        egop: (d, d).
        tolerance: allowed off-diagonal and ascending part, relative to the Frobenius norm.
    """
    rotated = eigenvectors.T @ egop @ eigenvectors
    size = np.linalg.norm(egop)
    orthonormal = np.abs(eigenvectors.T @ eigenvectors - np.eye(len(egop))).max() <= tolerance
    diagonal = off_diagonal_mass(rotated) <= tolerance**2
    descending = (np.diff(np.diag(rotated)) <= tolerance * size).all()
    return bool(orthonormal and diagonal and descending)


def quadratic_egop_bounds(hessian, width: float) -> Bracket[np.ndarray]:
    """c²H² ⪯ EGOP ⪯ 2c²H² for a quadratic where A1 holds with width c (Lemma 11)."""
    square = width**2 * (hessian @ hessian)
    return Bracket(square, 2 * square)


def smoothness_lower_bound(basis: Eigenbasis, width: float) -> float:
    """Lower bound of L_f in original coordinates: max_k (d/2c)·β_kλ_k/√λ_1 (§2).

    It holds where A1 does (c ≥ ‖θ*‖), up to a Hessian-Lipschitz error that vanishes for quadratics;
    k = 1 gives the paper's (d/2c)·√λ_1·β_1.

    Args:
        basis: of the EGOP.
        width: c of A1.
    """
    eigenvalues = basis.eigenvalues
    if eigenvalues[0] == 0:
        return 0.0
    terms = density(basis.eigenvectors) * eigenvalues / np.sqrt(eigenvalues[0])
    return float(basis.dim / (2 * width) * terms.max())


def rotated_smoothness_upper_bound(basis: Eigenbasis, width: float) -> float:
    """Upper bound of L_{f∘V} in the EGOP eigenbasis: (1/c)·Σ√λ_i (§2), where A1 holds.

    Args:
        basis: of the EGOP.
        width: c of A1.
    """
    return float(np.sqrt(basis.eigenvalues).sum() / width)


def quadratic_smoothness_bounds(hessian) -> Bracket[float]:
    """Bounds of L_f for a quadratic with Hessian Q in the coordinates Q is given in (§2).

    max(Σ|eigenvalues|, max_s |sᵀQs|) ≤ L_f ≤ Σ_ij |Q_ij| over signs s ∈ {±1}^d, and L_f ≤
    (π/2) max_s sᵀQs for Q ⪰ 0. In Q's eigenbasis both ends are Σ|eigenvalues|. Beyond d = 14 the
    maximum over s is a local one: still a lower bound, but no longer used above.

    Args:
        hessian: Q (d, d), symmetric.
    """
    hessian = read_symmetric(hessian, "quadratic_smoothness_bounds")
    eigenvalues = np.linalg.eigvalsh(hessian)
    enumerated = len(hessian) <= LARGEST_ENUMERATED
    cut = _largest_sign_form(hessian) if enumerated else _local_sign_form(hessian)
    upper = float(np.abs(hessian).sum())
    if enumerated and eigenvalues[0] >= 0:
        upper = min(upper, np.pi / 2 * cut)
    lower = float(max(np.abs(eigenvalues).sum(), cut))
    return Bracket(lower, max(lower, upper))  # round-off may swap two equal ends


def _largest_sign_form(hessian: np.ndarray) -> float:
    """max_s |sᵀQs| over all s ∈ {±1}^d with s_1 = 1."""
    signs = np.array([(1.0, *rest) for rest in product((1.0, -1.0), repeat=len(hessian) - 1)])
    return float(np.abs(np.einsum("si,ij,sj->s", signs, hessian, signs, optimize=True)).max())


def _local_sign_form(hessian: np.ndarray) -> float:
    """The best |sᵀQs| that no single flip improves, from the signs of the extreme eigenvectors."""
    starts = np.where(np.linalg.eigh(hessian)[1] < 0, -1.0, 1.0).T
    rising = [_climb(hessian, signs) for signs in starts[:-5:-1]]
    falling = [_climb(-hessian, signs) for signs in starts[:4]]
    return max(*rising, *falling)


def _climb(hessian: np.ndarray, start: np.ndarray) -> float:
    signs, image = start.copy(), hessian @ start
    for _ in range(10 * len(signs)):
        gains = np.diag(hessian) - signs * image  # a quarter of what each flip adds
        best = gains.argmax()
        if gains[best] <= 0:
            break
        signs[best] *= -1
        image += 2 * signs[best] * hessian[:, best]
    return float(signs @ hessian @ signs)
