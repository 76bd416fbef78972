"""Traces of a run's steps: gradient, momentum, step and preconditioner, in any basis."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import MatrixRule, Method
from egop.methods.coupled import FULL_ADAGRAD
from egop.metrics import off_diagonal_mass
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One step of one run, in original coordinates: x_{t+1} = x_t − η·E(momentum), E = VD⁻¹Vᵀ.

    `basis.to_basis` of any of these vectors draws it in the rotated figure.

    Attributes:
        step: t.
        point: (d,) x_t.
        gradient: (d,) ∇f(x_t).
        momentum: (d,) the direction that the preconditioner is applied to; the gradient itself for
            methods without momentum.
        move: (d,) x_{t+1} − x_t.
        semi_axes: (d, d) columns: where unit vectors of the run's own coordinates are sent by the
            preconditioner, E·V. Long in directions in which gradients have been small.
    """

    step: int
    point: np.ndarray
    gradient: np.ndarray
    momentum: np.ndarray
    move: np.ndarray
    semi_axes: np.ndarray

    def ellipse(self, axes=None, n: int = 73) -> np.ndarray:
        """(n, 2) the preconditioner's ellipse: a closed curve around the origin.

        The image of the unit ball under E, seen in a plane, its longest semi-axis scaled to 1: a
        circle for methods without a preconditioner, along the basis's axes for those that work
        coordinate by coordinate.

        Args:
            axes: (d, 2) orthonormal columns of the plane; None: the first two original axes. Pass
                the columns of V for the rotated figure.
            n: points on the curve.
        """
        if not np.isfinite(self.semi_axes).all():
            return np.full((n, 2), np.nan)
        flat = (
            self.semi_axes[:2] if axes is None else np.asarray(axes, dtype=float).T @ self.semi_axes
        )
        directions, lengths, _ = np.linalg.svd(flat, full_matrices=False)
        largest = lengths[0] if lengths[0] > 0 else 1.0
        turn = np.linspace(0.0, 2 * np.pi, n)
        circle = np.stack([np.cos(turn), np.sin(turn)][: len(lengths)], axis=-1)
        return circle * (lengths / largest) @ directions.T


@dataclass(frozen=True, eq=False)
class StepTrace:
    """Everything one run did, step by step.

    Attributes:
        points: (T+1, d) in original coordinates; NaN from divergence on.
        gradients: (T, d) in original coordinates, as are the next ones.
        momenta: (T, d); NaN, as the next, where a rule steps matrices by products of matrices.
        preconditioners: (T, d) D of each step in the run's own coordinates.
        norms_2: (T+1,) ‖∇f‖₂, the same in every basis.
        norms_1: (T+1,) ‖∇f‖₁ in the run's own coordinates: what Theorem 3 bounds, not to be
            compared between bases.
        eigenvectors: (d, d) V of the run, the identity in original coordinates; (T+1, d, d) V at
            each step where the basis was refreshed.
        method: its name.
        diverged_at: step, −1: never.
    """

    points: np.ndarray
    gradients: np.ndarray
    momenta: np.ndarray
    preconditioners: np.ndarray
    norms_2: np.ndarray
    norms_1: np.ndarray
    eigenvectors: np.ndarray
    method: Method
    diverged_at: int

    @property
    def last_step(self) -> int:
        """The last step that can be looked at: before the run ended or diverged."""
        steps = len(self.gradients) if self.diverged_at < 0 else self.diverged_at
        return max(steps - 1, 0)

    def at(self, step: int) -> Anatomy:
        """The anatomy of one step; beyond the last one, of the last.

        Raises:
            ValueError: the run has no step, since T = 0 or it diverged at its start.
        """
        if len(self.gradients) == 0 or self.diverged_at == 0:
            raise ValueError("this run has no step to look into; give it n_steps of at least 1")
        step = int(np.clip(step, 0, self.last_step))
        return Anatomy(
            step,
            self.points[step],
            self.gradients[step],
            self.momenta[step],
            self.points[step + 1] - self.points[step],
            self._semi_axes(step),
        )

    def _semi_axes(self, step: int) -> np.ndarray:
        if self.method.rule == FULL_ADAGRAD:
            return _inverse_root(self.gradients[: step + 1], self.method.hyperparameters.eps)
        V = self.eigenvectors
        return (V if V.ndim == 2 else V[step]) / self.preconditioners[step]


def look_inside(
    objective: Objective,
    method: Method,
    start,
    n_steps: int = 1000,
    *,
    basis: Eigenbasis | Refreshed | None = None,
    schedule=None,
) -> StepTrace:
    """Everything that one run did; takes the general loop, about 40 µs a step.

    Args:
        objective: f.
        method: at one rate.
        start: (d,) x_0.
        n_steps: T.
        basis: as in `egop.run`.
        schedule: as in `egop.run`.
    """
    path = run(
        objective,
        method,
        start,
        n_steps,
        basis=basis,
        schedule=schedule,
        record=("gradient", "momentum", "preconditioner"),
    )
    V = np.eye(objective.dim) if path.eigenvectors is None else path.eigenvectors
    if path.bases is not None:
        V = path.bases.by_step(n_steps)
    gradients, momenta = (_original(path.recorded[name], V) for name in ("gradient", "momentum"))
    coupled = method.rule == FULL_ADAGRAD  # its direction is the whole step
    preconditioners = path.recorded["preconditioner"]
    if isinstance(method.rule, MatrixRule) and (preconditioners == 1).all(axis=0).any():
        momenta, preconditioners = np.full_like(momenta, np.nan), np.full_like(momenta, np.nan)
    assert path.points is not None
    assert path.gradient_norms is not None
    assert path.gradient_norms_1 is not None
    return StepTrace(
        frozen(path.points),
        frozen(gradients),
        frozen(gradients if coupled else momenta),
        frozen(preconditioners),
        frozen(path.gradient_norms),
        frozen(path.gradient_norms_1),
        V,
        method,
        int(path.diverged_at),
    )


def _original(vectors: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Vectors (T, d) of the run's own coordinates in original ones, by one V or that of each."""
    return vectors @ V.T if V.ndim == 2 else (V[: len(vectors)] @ vectors[..., None])[..., 0]


def off_diagonal(matrix, bases: Mapping[str, Eigenbasis | None]) -> dict[str, float]:
    """Off-diagonal mass of VᵀPV in each basis, from 0 (its axes are the eigenvectors) to 1.

    For an EGOP that was estimated together with its basis it is 0 by construction: take the exact
    one, or one from other samples.

    Args:
        matrix: (d, d) P, an EGOP or a Hessian, in original coordinates.
        bases: by label; None for original coordinates.
    """
    matrix = np.asarray(matrix, dtype=float)
    masses = {}
    for name, basis in bases.items():
        V = np.eye(len(matrix)) if basis is None else basis.eigenvectors
        masses[name] = float(off_diagonal_mass(V.T @ matrix @ V))
    return masses


def _inverse_root(gradients: np.ndarray, eps: float) -> np.ndarray:
    """(S^½ + εI)⁻¹ on the range of S = Σ ggᵀ, zero beyond it: full-matrix AdaGrad's E."""
    eigenvalues, eigenvectors = np.linalg.eigh(gradients.T @ gradients)
    least = len(eigenvalues) * np.finfo(float).eps * eigenvalues[-1]
    kept = eigenvalues > least
    inverse = np.zeros(len(eigenvalues))
    inverse[kept] = 1 / (np.sqrt(eigenvalues[kept]) + eps)
    return (eigenvectors * inverse) @ eigenvectors.T
