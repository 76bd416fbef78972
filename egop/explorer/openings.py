"""The opening of each objective's scene: its start, ρ, rates, tolerance and number of steps."""

from dataclasses import dataclass, field, replace

import numpy as np

from egop.explorer.catalog import domain_of
from egop.objectives import LANDSCAPES, Objective


@dataclass(frozen=True)
class Opening:
    """The settings with which an objective's scene begins.

    Attributes:
        start: x_0, its first two coordinates; None: by `default_start`.
        spread: standard deviation of a start that is drawn, beyond two variables.
        scale: width c of ρ; None: half of the domain's half width, beyond two variables 1.
        rates: learning rate by method; others by `default_rates`, or tuned when they are added.
        accumulator: Adagrad's initial one.
        tolerance: f − f* that counts as arrived; 0: 10⁻⁴ of f(x_0) − f*.
        n_steps: T.
    """

    start: tuple[float, float] | None = None
    spread: float = 1.0
    scale: float | None = None
    rates: dict[str, float] = field(default_factory=dict)
    accumulator: float = 0.1
    tolerance: float = 0.0
    n_steps: int = 1000


FIRST = "quadratic"
"""The objective that the explorer opens with."""

OPENINGS = {
    "quadratic": Opening((-4.0, 1.0), scale=2.0, rates={"adagrad": 0.8, "adam": 0.1}, n_steps=800),
    "log_sum_exp": Opening(
        (60.0, 80.0), scale=50.0, rates={"adagrad": 30.0, "adam": 3.0}, tolerance=1e-4
    ),
    "associative_memory": Opening(
        spread=0.1,
        rates={"adagrad": 10, "adam": 1, "muon": 0.4, "soap": 0.1, "accumulating_asgo": 4},
        tolerance=0.002,
        n_steps=300,
    ),
    "skew_memory": Opening(
        spread=0.1,
        rates={"adagrad": 20, "adam": 2, "muon": 0.4, "soap": 0.8, "accumulating_asgo": 10},
        tolerance=0.002,
        n_steps=300,
    ),
    "matrix_quadratic": Opening(
        rates={"adagrad": 2, "adam": 1, "muon": 0.2, "soap": 1, "accumulating_asgo": 10},
        tolerance=0.003,
        n_steps=300,
    ),
    "row_quadratic": Opening(
        rates={"adagrad": 4, "adam": 0.8, "muon": 0.2, "soap": 0.2, "accumulating_asgo": 4},
        tolerance=0.02,
        n_steps=300,
    ),
    "two_layer_linear": Opening(
        spread=0.03,
        scale=0.3,
        rates={"adagrad": 0.4, "adam": 0.2, "muon": 0.1, "soap": 0.04, "accumulating_asgo": 0.4},
        tolerance=0.005,
        n_steps=150,
    ),
}
"""The opening of each objective. Where one is missing, `Opening()` holds.

The quadratic of condition number 100 at 35° shows the most at one look: both paths straight in EGOP
coordinates, one along the valley and one in zigzags in original ones. Adagrad's rate of 0.8 wins
from more starts than 0.5 does. The log-sum-exp is the paper's Figure 1 at the paper's rate for
Adagrad and a legible one for Adam. Scenes of matrices begin as those of `benchmarks.matrix_toys`
do, at the rates with the fewest steps to the tolerance, in original coordinates.
"""


def opening_of(key: str, objective: Objective, seed: int = 0) -> Opening:
    """The opening of an objective with everything filled in.

    Args:
        key: of the objective in the catalog; "" for one that was made elsewhere.
        objective: f.
        seed: of starts that are drawn.
    """
    known = OPENINGS.get(key, Opening())
    start = default_start(key, objective, seed)
    half = float(domain_of(objective)[1].max())
    width = float(f"{half / 2:.3g}") if objective.dim == 2 else 1.0
    return replace(
        known,
        start=tuple(np.round(start[:2], 6).tolist()),
        scale=width if known.scale is None else known.scale,
        rates=known.rates or default_rates(objective),
    )


def default_start(key: str, objective: Objective, seed: int = 0) -> np.ndarray:
    """The start (d,) of a run that shows what the objective is about."""
    known = OPENINGS.get(key, Opening())
    if known.start is not None and objective.dim == 2:
        return np.array(known.start)
    if key in LANDSCAPES:
        return np.array(LANDSCAPES[key].start, dtype=float)
    rng = np.random.default_rng([seed, 1])
    if key == "log_sum_exp":
        direction = rng.standard_normal(objective.dim)
        return 100.0 * direction / np.linalg.norm(direction)
    if objective.dim > 2:
        return known.spread * rng.standard_normal(objective.dim)
    middle, half = domain_of(objective)
    return (middle + half * (0.6, 0.75)).round(2)


SHARES = {"adagrad": 0.3, "adam": 0.03}
"""Learning rate over the domain's half width: some dozens of steps cross the domain."""


def default_rates(objective: Objective) -> dict[str, float]:
    """Learning rates of Adagrad and Adam at which the first runs of an objective are worth seeing.

    Other methods are tuned when they are added.
    """
    half = domain_of(objective)[1].max()
    return {name: float(f"{share * half:.1g}") for name, share in SHARES.items()}
