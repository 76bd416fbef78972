"""Two runs of a method step by step beside the theory: the reasons why rotating helps or not."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from egop import theory
from egop.analysis.expectation import Expectation, expect
from egop.analysis.r_med import r_med_along
from egop.analysis.why import StepTrace, look_inside, off_diagonal
from egop.eigenbasis import Eigenbasis
from egop.explorer.tabs import ComparisonResult
from egop.gradients import sample_gradients

ORIGINAL, ROTATED = "original", "rotated"
MOST_VARIABLES = 80
"""Variables up to which Hessians are taken along the runs: beyond, they take longer than these."""
MOST_HESSIANS = 101
"""Steps of a run at which that is done."""


class RMedBySteps(NamedTuple):
    """R_med of each run in its own coordinates at some steps.

    Attributes:
        steps: (n,) ascending, the first one 0.
        original: (n,) of the run in original coordinates.
        rotated: (n,) of the one in the basis.
    """

    steps: np.ndarray
    original: np.ndarray
    rotated: np.ndarray

    def at(self, step: int) -> tuple[int, float, float]:
        """The last known step up to a step, and R_med there of both runs."""
        place = int(np.searchsorted(self.steps, step, side="right")) - 1
        return int(self.steps[place]), float(self.original[place]), float(self.rotated[place])


@dataclass(frozen=True, eq=False)
class StepDiagnostics:
    """The data of the tab "Why".

    Attributes:
        method: its name.
        original: the run in original coordinates, step by step.
        rotated: the run in the basis.
        expectation: what the theory says of the EGOP eigenbasis.
        egop_mass: off-diagonal mass of the EGOP by coordinates, original and rotated.
        egop_is_exact: whether it comes from a closed form; else from samples of its own.
        hessian_mass: the same of the Hessian.
        hessian_at: where that was taken, in words.
        r_med: along both runs; None with more than `MOST_VARIABLES`, and where the runs in the
            basis move along fewer coordinates than the others, whose medians tell nothing apart.
    """

    method: str
    original: StepTrace
    rotated: StepTrace
    expectation: Expectation
    egop_mass: dict[str, float]
    egop_is_exact: bool
    hessian_mass: dict[str, float]
    hessian_at: str
    r_med: RMedBySteps | None = None


def key_of(shown: ComparisonResult, method: str) -> tuple:
    """The plain values on which the reasons depend."""
    both = shown.methods[method], shown.rotated_methods[method]
    found = shown.estimate.basis
    bases = (shown.basis.eigenvectors, found.eigenvectors, found.eigenvalues, shown.planes[0].axes)
    rates = [(float(m.learning_rate), m.hyperparameters) for m in both]
    held = [array.tobytes() for array in bases]
    return (*shown.key, method, *rates, *held, shown.target, shown.basis_kind)


def find_reasons(shown: ComparisonResult, method: str) -> StepDiagnostics:
    """The reasons of one method; takes the general loop of both runs, about 0.1 s each.

    Args:
        shown: the comparison.
        method: one of its methods.

    Raises:
        ValueError: the runs have no step.
    """
    objective, basis = shown.objective, last_basis(shown, method)
    original, rotated = (
        look_inside(objective, methods[method], shown.start, basis=each, **shown.length)
        for methods, each in ((shown.methods, None), (shown.rotated_methods, shown.run_basis))
    )
    egop_basis = basis if shown.basis_kind == "exact" else shown.estimate.basis
    matrix, exact = _egop(shown)
    bases = {ORIGINAL: None, ROTATED: basis}
    point, where = _hessian_point(shown, rotated)
    hessian = objective.hessian(point)
    finite = bool(np.isfinite(hessian).all())
    return StepDiagnostics(
        method,
        original,
        rotated,
        expect(objective, shown.distribution, egop_basis),
        off_diagonal(matrix, bases),
        exact,
        off_diagonal(hessian, bases) if finite else dict.fromkeys(bases, np.nan),
        where,
        _r_med(shown, method),
    )


def _r_med(shown: ComparisonResult, method: str) -> RMedBySteps | None:
    objective, last = shown.objective, len(shown.schedule)
    if objective.dim > MOST_VARIABLES or shown.moving_axes:
        return None
    steps = np.unique(np.linspace(0, last, min(last + 1, MOST_HESSIANS)).round().astype(int))
    whole = [slice(0, objective.dim)]
    pair = next(pair for pair in shown.pairs if pair.name == method)
    both = (
        r_med_along(objective, path, steps=steps, blocks=whole)[:, 0]
        for path in (pair.original, pair.rotated)
    )
    return RMedBySteps(steps, *both)


def last_basis(shown: ComparisonResult, method: str) -> Eigenbasis:
    """The basis of a method's rotated run, at its last step where it is estimated anew."""
    path = next(pair.rotated for pair in shown.pairs if pair.name == method)
    return shown.basis if path.bases is None else path.bases.at(len(shown.schedule))


def _egop(shown: ComparisonResult) -> tuple[np.ndarray, bool]:
    """The EGOP (d, d), from samples that its basis was not made of, and whether it is exact."""
    objective, distribution = shown.objective, shown.distribution
    if objective.quadratic is not None and np.isfinite(distribution.covariance).all():
        return theory.exact_egop(objective, distribution), True
    sample = sample_gradients(
        objective, distribution, shown.scene.n_samples, shown.scene.seed + 10_000
    )
    gradients = sample.gradients / (np.abs(sample.gradients).max(initial=0.0) or 1.0)
    return gradients.T @ gradients / sample.n_samples, False


def _hessian_point(shown: ComparisonResult, run: StepTrace) -> tuple[np.ndarray, str]:
    """Returns the point at which the Hessian is taken, and its name in a sentence."""
    if shown.objective.minimizer is not None:
        return shown.objective.minimizer[0], "at the minimum"
    finite = np.flatnonzero(np.isfinite(run.points).all(axis=1))
    return run.points[finite[-1]], "at the last point"
