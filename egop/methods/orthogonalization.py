"""Polar factors of matrices: exact, and by Newton–Schulz steps with published coefficients."""

from typing import NamedTuple

from egop.methods.matrices import Array, namespace, norm, polar, product_sum
from egop.methods.method import check_choice, check_count

Coefficients = tuple[tuple[float, float, float], ...]


class Schedule(NamedTuple):
    """Steps σ ← aσ + bσ³ + cσ⁵ of all singular values; the last is repeated.

    Attributes:
        coefficients: (a, b, c) of each step.
        safety: by how much the Frobenius norm is enlarged before the first step.
    """

    coefficients: Coefficients
    safety: float = 1.0


def equioscillating(lower: float, steps: int) -> Coefficients:
    """The cubics that bring σ from [lower, 1] nearest to 1, step by step (Grishina et al. 2025).

    On [a, b] the best one is 2((a² + ab + b²)σ − σ³)/(2e³ + a²b + ab²) with
    e² = (a² + ab + b²)/3; its values are within r of 1 by turns, and the next is for [1−r, 1+r].
    """
    a, b, found = lower, 1.0, []
    for _ in range(steps):
        total, mixed = a * a + a * b + b * b, a * a * b + a * b * b
        cube = 2 * (total / 3) ** 1.5
        found.append((2 * total / (cube + mixed), -2 / (cube + mixed), 0.0))
        a, b = 2 * mixed / (cube + mixed), 2 * cube / (cube + mixed)
    return tuple(found)


SCHEDULES = {
    "newton_schulz": Schedule(((3.4445, -4.7750, 2.0315),)),  # Jordan et al. 2024
    "modded_nanogpt": Schedule(  # You and Cesista, in the public records of modded-nanogpt, 2025
        (
            (4.0848, -6.8946, 2.9270),
            (3.9505, -6.3029, 2.6377),
            (3.7418, -5.5913, 2.3037),
            (2.8769, -3.1427, 1.2046),
            (2.8366, -3.0525, 1.2012),
        )
    ),
    "polar_express": Schedule(  # Amsel et al., arXiv 2505.16932, Algorithm 1
        (
            *(
                (a / 1.01, b / 1.01**3, c / 1.01**5)
                for a, b, c in (
                    (8.28721201814563, -23.595886519098837, 17.300387312530933),
                    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
                    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
                    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
                    (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
                    (1.891301407787398, -1.2679958271945868, 0.37680408948524835),
                    (1.8750014808534479, -1.2500016453999487, 0.3750001645474248),
                )
            ),
            (1.875, -1.25, 0.375),
        ),
        safety=1.01,
    ),
    "cans": Schedule(equioscillating(0.00085, 12)),  # Grishina, Smirnov, Rakhuba, arXiv 2506.10935
}
"""Coefficients of Newton–Schulz steps by name."""

ORTHOGONALIZATIONS = (*SCHEDULES, "exact")


def orthogonalized(a: Array, kind: str, iterations: int, eps: float) -> Array:
    """The polar factor UVᵀ of matrices, or about that, with singular values near 1.

    Args:
        a: (..., m, n).
        kind: "exact", by a singular value decomposition, or a name of `SCHEDULES`.
        iterations: Newton–Schulz steps.
        eps: the least norm that a matrix is divided by before the first step.
    """
    if kind == "exact":
        return polar(a)
    schedule = SCHEDULES[kind]
    tall = a.shape[-2] > a.shape[-1]
    x = a.mT if tall else a  # the shorter side has the smaller Gram matrix
    x = x.reshape(-1, *x.shape[-2:])
    size = norm(x) * schedule.safety
    x = x / namespace(a).where(size > eps, size, eps or 1.0)
    for k in range(iterations):
        first, third, fifth = schedule.coefficients[min(k, len(schedule.coefficients) - 1)]
        gram = x @ x.mT
        polynomial = product_sum(gram, gram, gram, third, fifth) if fifth else third * gram
        x = product_sum(x, polynomial, x, first, 1.0)
    return (x.mT if tall else x).reshape(a.shape)


def check_orthogonalization(name: str, kind: str, iterations: int) -> None:
    """ValueError unless the method's orthogonalization and its number of steps are possible."""
    check_choice(name, "orthogonalization", kind, ORTHOGONALIZATIONS)
    check_count(name, "iterations", iterations)
