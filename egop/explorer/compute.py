"""Computes the window, the estimate and the runs from the scene's values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from egop import methods as methods_module
from egop.analysis.planes import Plane, coordinate_plane, leading_plane
from egop.analysis.sample_adequacy import SampleAdequacy, judge_sample
from egop.bootstrap import Bootstrap, bootstrap
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.explorer.catalog import domain_of
from egop.gradients import GradientSample, sample_gradients
from egop.method_run import run
from egop.methods import Method
from egop.objectives import Objective
from egop.refreshed import Refreshed
from egop.trajectory import Trajectory
from egop.ui.packing import WIDE

SHOWN_SAMPLES = 400
AT_ONCE = 400_000
"""Numbers in a sample, M·d, that are decomposed within a frame; larger ones take seconds."""
DEVIATIONS = 2.0
"""Standard deviations at which the ellipse of ρ is drawn."""
MARGIN = 1.15
"""Least half width of a window, as a multiple of the start's distance."""
STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0)
"""Sizes of windows beyond the domain, times powers of ten (ISO 3, R10): they seldom change."""
FLOOR = 1e-16
"""Smallest gap f − f* on the log axis."""
RESOLUTION = 16 * np.finfo(float).eps
"""Relative to |f*|: smaller gaps are round-off, which a log axis would show as a comb."""


@dataclass(frozen=True)
class Window:
    """The square that a figure shows, in the coordinates of its plane.

    Attributes:
        center: (2,).
        half: half the side.
        wide: ratio of the sides of the widest figure, which shows more than the square.
    """

    center: np.ndarray
    half: float
    wide: float = WIDE

    @property
    def reach(self) -> float:
        """Half the side of the square that covers the widest figure turned by any angle."""
        return float(np.hypot(1.0, self.wide)) * self.half


def planes_of(
    objective: Objective,
    basis: Eigenbasis,
    chosen: tuple[int, int],
    start: np.ndarray,
    turns: bool = False,
) -> list[Plane]:
    """The left figure's plane, of two original coordinates, and the right one's, of v₁ and v₂.

    The coordinates in a plane are x ↦ axesᵀx. In two variables both are the whole plane. Otherwise
    they cut through a minimizer, or through the middle of the domain where none is known. The right
    one does so in the coordinates along which runs in the basis move, and through the start in all
    others, which such runs keep.

    Args:
        objective: f.
        basis: of the right figure.
        chosen: the coordinates of the left figure, counted from 0.
        start: (d,) x_0.
        turns: whether the basis changes on the way; in two variables the right figure then has
            original coordinates, too, and in more the names of its axes say that they are the first
            ones.

    Raises:
        ValueError: two equal or missing coordinates.
    """
    anchor = domain_of(objective)[0] if objective.minimizer is None else objective.minimizer[0]
    moving = basis.eigenvectors[:, : basis.n_active]
    kept = anchor if basis.n_active is None else start + moving @ (moving.T @ (anchor - start))
    left, right = coordinate_plane(objective.dim, anchor, *chosen), leading_plane(basis, kept)
    if turns and objective.dim == 2:
        right = coordinate_plane(2, anchor)
    elif turns:
        right = replace(right, names=tuple(f"{name} of step 0" for name in right.names))
    planes = left, right
    return [
        Plane(plane.anchor - plane.axes @ (plane.axes.T @ plane.anchor), plane.axes, plane.names)
        for plane in planes
    ]


def windows_of(
    objective: Objective,
    planes: list[Plane],
    start: np.ndarray,
    kept: float | None = None,
    wide: float = WIDE,
) -> list[Window]:
    """The objective's domain as a square of each plane, all of one size that holds the start.

    Two variables' windows keep their size while a basis turns about the domain's middle.

    Args:
        objective: f.
        planes: of the figures.
        start: (d,) x_0.
        kept: half the side that the windows are to have all the same.
        wide: ratio of the sides of the widest figure.
    """
    middle, half_widths = domain_of(objective)
    centers = [plane.project(middle) for plane in planes]
    half = float(half_widths.max())
    arms = [plane.project(start) - center for plane, center in zip(planes, centers, strict=True)]
    away = max(float(np.linalg.norm(arm)) for arm in arms)
    if np.isfinite(away):
        needed = float(f"{MARGIN * away:.6g}")
        half = half if needed <= half else step_up(needed)
    return [Window(center, half if kept is None else kept, wide) for center in centers]


def step_up(size: float) -> float:
    """Returns the smallest of `STEPS`, times a power of ten, that is at least a positive size."""
    power = 10.0 ** np.floor(np.log10(size))
    return float(f"{power * next(step for step in STEPS if power * step >= size):.6g}")


@dataclass(frozen=True)
class Estimate:
    """The estimated EGOP eigenbasis, and how sure it is.

    Attributes:
        basis: its signs make det V = +1, nearest the previous frame.
        band: the bootstrap.
        sample: points and gradients it comes from.
        adequacy: whether the sample is enough, and why.
    """

    basis: Eigenbasis
    band: Bootstrap
    sample: GradientSample
    adequacy: SampleAdequacy


def estimate(
    objective: Objective,
    distribution: Distribution,
    n_samples: int,
    seed: int,
    previous: Eigenbasis | None = None,
) -> Estimate:
    """The estimated EGOP eigenbasis with its bootstrap, with the previous frame's signs.

    Raises:
        ValueError: as `sample_gradients`.
    """
    sample = sample_gradients(objective, distribution, n_samples, seed)
    basis = Eigenbasis.from_gradients(sample.gradients, seed)
    if previous is not None and previous.dim != basis.dim:
        previous = None
    band = bootstrap(sample.gradients, n_resamples=200, seed=seed)
    adequacy = judge_sample(objective, distribution, sample, band)
    return Estimate(basis.oriented(previous), band, sample, adequacy)


def samples_at_once(dim: int, n_samples: int) -> int:
    """The number of samples of the first estimate; the others come in the background."""
    return min(n_samples, AT_ONCE // dim)


def make_methods(
    rates: Mapping[str, float], accumulator: float, own: Mapping[str, Method] = MappingProxyType({})
) -> dict[str, Method]:
    """The chosen methods at their rates; Adagrad starts at the given accumulator (App. D.5).

    Those that were made elsewhere keep their hyperparameters.
    """
    made = {}
    for name, rate in rates.items():
        if name in own:
            made[name] = own[name].with_learning_rate(rate)
            continue
        extra = {"initial_accumulator": accumulator} if name == "adagrad" else {}
        made[name] = methods_module.method(name, rate, **extra)
    return made


@dataclass(frozen=True)
class Pair:
    """One method's runs in original coordinates and in the basis.

    Attributes:
        name: of the method.
        original: the run in original coordinates.
        rotated: the run in the basis.
    """

    name: str
    original: Trajectory
    rotated: Trajectory


def run_pairs(
    objective: Objective,
    methods: tuple[Mapping[str, Method], Mapping[str, Method]],
    start,
    basis: Eigenbasis | Refreshed,
    schedule: np.ndarray,
) -> list[Pair]:
    """Both runs of every method from equivalent starts, z_0 = Vᵀx_0 (App. D.2).

    Args:
        objective: f.
        methods: at their rates in original and in rotated coordinates.
        start: (d,) x_0.
        basis: V, or when it is estimated anew.
        schedule: (T,) factors of the rates.
    """
    n_steps = len(schedule)
    return [
        Pair(
            name,
            run(objective, methods[0][name], start, n_steps, schedule=schedule),
            run(objective, methods[1][name], start, n_steps, schedule=schedule, basis=basis),
        )
        for name in methods[0]
    ]


def smallest_gap(reference: float) -> float:
    """The gap below which f − f* is round-off, at least 10⁻¹⁶, so that a log axis holds it."""
    return max(FLOOR, RESOLUTION * abs(reference))


def gaps(path: Trajectory, reference: float) -> np.ndarray:
    """f − f* by step, (T+1,), at least `smallest_gap`; NaN once diverged."""
    assert path.values is not None
    return np.maximum(path.values - reference, smallest_gap(reference))


def best_so_far(values: np.ndarray) -> np.ndarray:
    """The step of the lowest value up to each step, (T+1,); NaN counts as high."""
    ranked = np.where(np.isnan(values), np.inf, values)
    lowest = np.minimum.accumulate(ranked)
    steps = np.where(ranked == lowest, np.arange(len(values)), 0)
    return np.maximum.accumulate(np.where(ranked <= lowest, steps, 0))


def ellipse(distribution: Distribution, plane: Plane) -> np.ndarray:
    """The curve at `DEVIATIONS` of ρ seen in a plane, (n, 2); empty without any."""
    if not np.isfinite(distribution.covariance).all():
        return np.empty((0, 2))
    angle = np.linspace(0, 2 * np.pi, 73)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    eigenvalues, eigenvectors = np.linalg.eigh(plane.axes.T @ distribution.covariance @ plane.axes)
    roots = np.sqrt(np.maximum(eigenvalues, 0.0))
    return plane.project(distribution.mean) + DEVIATIONS * (circle * roots) @ eigenvectors.T
