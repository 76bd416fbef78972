"""The convergence of Adagrad: min ‖∇f‖₁ along a run against Theorem 3's bound, with constants.

The paper's Õ hides constants and logarithms; here they are written out, for full gradients and an
accumulator above zero. With S_t the accumulator after step t, per coordinate, summing the descent
lemma of Eq. (1) over T steps gives

    Σ_i √S_T,i ≤ Σ_i √S_0,i + Δ/η + (η/2) Σ_i L_i log(S_T,i/S_0,i),
    min_t ‖∇f‖₁ ≤ Σ_i √S_T,i / √T,

as Σ_t g²/√S_t ≥ √S_T − √S_0 and Σ_t g²/S_t ≤ log(S_T/S_0). With log S_T,i at most that of the
largest coordinate the first line bounds Σ_i √S_T,i by itself.
"""

import numpy as np

from egop.arrays import read_symmetric

PRECISE = 1e-12
"""Relative change below which the fixed point is reached."""


def quadratic_smoothness(hessian) -> np.ndarray:
    """L_i (d,) of Eq. (1) for a quadratic: Σ_j |Q_ij|, which is |λ_i| in Q's eigenbasis.

    They satisfy −diag(L) ⪯ Q ⪯ diag(L) (Lemma 10) by diagonal dominance; others may as well.

    Args:
        hessian: Q (d, d), symmetric.
    """
    return np.abs(read_symmetric(hessian, "quadratic_smoothness")).sum(axis=1)


def gradient_norm_1_bound(
    smoothness, gap: float, learning_rate: float, n_steps, accumulator: float = 0.1
) -> np.ndarray:
    """Upper bound of min ‖∇f‖₁ over the first T points of Adagrad (Theorem 3 with constants).

    It is of the coordinates that Adagrad runs in, so that two bases are compared by their bounds.

    Args:
        smoothness: L_i (d,) in these coordinates.
        gap: Δ = f(x_0) − inf f.
        learning_rate: η, constant.
        n_steps: T, one or several (...).
        accumulator: S_0 above zero, the same for every coordinate.

    Returns:
        (...) like `n_steps`.

    Raises:
        ValueError: a number that is not of that kind.
    """
    smoothness = np.atleast_1d(np.asarray(smoothness, dtype=float))
    numbers = {"gap": gap, "learning_rate": learning_rate, "accumulator": accumulator}
    for name, number in numbers.items():
        if not (np.isfinite(number) and (number > 0 or (name == "gap" and number == 0))):
            raise ValueError(
                f"gradient_norm_1_bound takes a {name} above zero, got {number:g}; with an "
                "accumulator of 0 the bound has no constants"
            )
    if not (np.isfinite(smoothness) & (smoothness >= 0)).all():
        raise ValueError(
            "gradient_norm_1_bound takes finite L_i of at least 0, got "
            f"{smoothness[~(smoothness >= 0)][:3].tolist() or 'infinite ones'}"
        )
    steps = np.asarray(n_steps)
    if (steps < 1).any():
        raise ValueError(f"gradient_norm_1_bound takes at least one step, got {steps.min()}")
    start = np.sqrt(accumulator)
    constant = len(smoothness) * start + gap / learning_rate
    total = _largest_root(constant, learning_rate * smoothness.sum(), start)
    return total / np.sqrt(steps)


def _largest_root(constant: float, slope: float, start: float) -> float:
    """The largest u with u = constant + slope·log(u/start), reached from above."""
    u = 2 * (constant + slope * (1 + np.log1p(slope / start)) + start)
    while u < constant + slope * np.log(u / start):
        u *= 2
    while True:
        lower = constant + slope * np.log(u / start)
        if u - lower <= PRECISE * u:
            return float(u)
        u = lower
