"""From the scene's values to arrays: the window, the landscape, the estimate and the runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from contourpy import contour_generator

from egop import methods as methods_module
from egop.bootstrap import Bootstrap, bootstrap
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.gradients import GradientSample, sample_gradients
from egop.methods import Method
from egop.objectives import Objective
from egop.trajectory import Trajectory, run

GRID = 200
"""Points along a side at which the landscape is evaluated."""
FINER = 2.5
"""Pixels per point, interpolated."""
LEVELS = 14
"""Iso-lines, at equal shares of the picture's area."""
SHOWN_SAMPLES = 400
FLOOR = 1e-16
"""Smallest gap f − f* on the log axis."""


@dataclass(frozen=True)
class Window:
    """The square that both figures show, each in its own coordinates.

    Attributes:
        center: (2,) in original coordinates.
        half: half the side.
    """

    center: np.ndarray
    half: float

    @property
    def reach(self) -> float:
        """Half the side of the square that covers a figure of 8:5 turned by any angle."""
        return 1.9 * self.half


def window_of(objective: Objective, start) -> Window:
    """The objective's domain as a square, enlarged where the start would lie outside."""
    domain = np.array([[-5.0, 5.0]] * 2 if objective.domain is None else objective.domain)
    center = domain.mean(axis=1)
    half = np.ptp(domain, axis=1).max() / 2
    away = np.abs(np.asarray(start) - center).max()
    return Window(center, float(max(half, 1.15 * away if np.isfinite(away) else 0.0)))


@dataclass(frozen=True)
class Landscape:
    """The picture of f: an image of ranks and its iso-lines.

    Attributes:
        image: (n, n) uint8, 0 for the lowest values; row 0 is the bottom.
        xs: iso-lines' first coordinates.
        ys: iso-lines' second coordinates.
        corner: (2,) lower left corner of the image.
        side: of the image.
    """

    image: np.ndarray
    xs: list[np.ndarray]
    ys: list[np.ndarray]
    corner: np.ndarray
    side: float


def landscape(objective: Objective, window: Window) -> Landscape:
    """f on the window and around it, by rank: every level covers the same area of the picture.

    Ranks show the shape of any function, however its values are scaled, and are the same in every
    basis. Values that are not finite rank highest.
    """
    axis = np.linspace(-1, 1, GRID)
    points = np.stack(np.meshgrid(axis, axis), axis=-1) * window.reach + window.center
    values = objective.value(points)
    inside = np.abs(points - window.center).max(axis=-1) <= window.half
    from scipy.ndimage import zoom

    finite = values[inside & np.isfinite(values)]
    known = np.quantile(finite, np.linspace(0, 1, 256)) if len(finite) else np.arange(256.0)
    known = known[np.concatenate([[True], np.diff(known) > 0])]
    shares = np.linspace(0, 255, len(known)) if len(known) > 1 else np.zeros(1)
    top = np.nextafter(known[-1], np.inf)
    ranks = np.interp(np.where(np.isfinite(values), values, top), known, shares, right=255.0)
    lines = contour_generator(points[..., 0], points[..., 1], ranks)
    levels = np.linspace(0, 255, LEVELS + 2)[1:-1]
    paths = [path for level in levels for path in lines.lines(level)]
    return Landscape(
        np.clip(zoom(ranks, FINER, order=1), 0, 255).astype(np.uint8),
        [path[:, 0].astype(np.float32) for path in paths],
        [path[:, 1].astype(np.float32) for path in paths],
        window.center - window.reach,
        2 * window.reach,
    )


@dataclass(frozen=True)
class Estimate:
    """The eigenbasis that the right figure shows, and how sure it is.

    Attributes:
        basis: axes with det V = +1, nearest the previous frame.
        band: the bootstrap; its eigenvalues descend.
        sample: points and gradients it comes from.
    """

    basis: Eigenbasis
    band: Bootstrap
    sample: GradientSample


def estimate(
    objective: Objective,
    distribution: Distribution,
    n_samples: int,
    seed: int,
    previous: Eigenbasis | None = None,
) -> Estimate:
    """The estimated EGOP eigenbasis with its bootstrap, oriented like the previous frame.

    Raises:
        ValueError: as `sample_gradients`.
    """
    sample = sample_gradients(objective, distribution, n_samples, seed)
    basis = Eigenbasis.from_gradients(sample.gradients, seed)
    if previous is not None and previous.dim != basis.dim:
        previous = None
    band = bootstrap(sample.gradients, n_resamples=200, seed=seed)
    return Estimate(basis.oriented(previous), band, sample)


def make_methods(rates: Mapping[str, float], accumulator: float) -> dict[str, Method]:
    """The chosen methods at their rates; Adagrad starts at the given accumulator (App. D.5)."""
    made = {}
    for name, rate in rates.items():
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
    objective: Objective, methods: Mapping[str, Method], start, basis: Eigenbasis, n_steps: int
) -> list[Pair]:
    """Both runs of every method from equivalent starts, z_0 = Vᵀx_0 (App. D.2)."""
    return [
        Pair(
            name,
            run(objective, method, start, n_steps),
            run(objective, method, start, n_steps, basis=basis),
        )
        for name, method in methods.items()
    ]


def reference_value(objective: Objective, pairs: list[Pair]) -> tuple[float, bool]:
    """f* and True, or, where no minimum is known, the best value seen and False."""
    if objective.minimum is not None:
        return objective.minimum, True
    values = [path.values for pair in pairs for path in (pair.original, pair.rotated)]
    seen = [np.nanmin(v) for v in values if v is not None and np.isfinite(v).any()]
    return float(min(seen, default=0.0)), False


def gaps(path: Trajectory, reference: float) -> np.ndarray:
    """f − f* by step, (T+1,), at least `FLOOR` so that a log axis holds it; NaN once diverged."""
    assert path.values is not None
    return np.maximum(path.values - reference, FLOOR)


def ellipse(distribution: Distribution, deviations: float = 2.0, n: int = 73) -> np.ndarray:
    """The curve at so many standard deviations of ρ, (n, 2); one point where Σ = 0."""
    angle = np.linspace(0, 2 * np.pi, n)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    eigenvalues, eigenvectors = np.linalg.eigh(distribution.covariance)
    roots = np.sqrt(np.maximum(eigenvalues, 0.0))
    return distribution.mean + deviations * (circle * roots) @ eigenvectors.T
