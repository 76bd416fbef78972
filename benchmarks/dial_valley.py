"""Finds the best angle of a basis on random quadratics: `python -m benchmarks.dial_valley`.

Each problem: f = ½xᵀHx in two variables with eigenvalues κ and 1, log₁₀κ uniform in [2, 4], the
steep direction at an angle uniform in [0°, 90°), x_0 ~ N(0, I), 1000 steps. The rate is tuned in
original coordinates from that start as in App. D.2 (powers of ten from 1e-3 to 100, then 1, 2, 4, 8
× 10^k; best final value, then fewest steps to 1e-4·f(x_0)). The valley is the angle out of 0°, 1° …
90° with the lowest final value (ties below 1e-12 by the middle of their stretch), its distance
from the EGOP angle is taken modulo 90°, with the exact EGOP under N(0, I). Gradient descent runs
at rate 1/κ: its dial must be flat.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import take_none
from egop import methods
from egop.analysis.dial import Dial, find_valley, quarter_turn_distance, turn_dial
from egop.analysis.tuning import tune
from egop.distributions import Gaussian
from egop.objectives import Objective, quadratic
from egop.theory import exact_eigenbasis

RESULT = Path(__file__).parent / "results" / "dial_valley.json"
SETS, PROBLEMS = 5, 40
NEAR = 3.0
"""Degrees."""


@dataclass(frozen=True)
class Row:
    """One method over one set of problems.

    Attributes:
        method: its name.
        seed: of the set.
        near: share of the problems whose valley is within 3° of the EGOP angle.
        flat: share whose final values are equal at all angles.
        degrees: distances of the valleys, sorted; flat dials have none.
    """

    method: str
    seed: int
    near: float
    flat: float
    degrees: list[float]


def main() -> None:
    """Prints one line for each set and method, and stores everything."""
    rows, flatness = [], []
    for seed in range(SETS):
        distances: dict[str, list[float]] = {"adagrad": [], "adam": []}
        rng = np.random.default_rng(seed)
        for _ in range(PROBLEMS):
            condition = 10 ** rng.uniform(2, 4)
            objective = quadratic(condition_number=condition, angle=rng.uniform(0, np.pi / 2))
            start = rng.standard_normal(2)
            egop = exact_eigenbasis(objective, Gaussian(dim=2)).angle
            chosen = [methods.gradient_descent(1 / condition), *_tuned(objective, start)]
            dial = _whole(objective, chosen, start)
            descent = dial.values("gradient_descent")
            flatness.append(float(np.ptp(descent) / descent.max()))
            for name, found in distances.items():
                valley = find_valley(dial.angles, dial.values(name))
                apart = np.degrees(quarter_turn_distance(valley.angle, egop))
                found.append(np.nan if valley.flat else float(apart))
        for name, found in distances.items():
            rows.append(_row(name, seed, np.array(found)))
            print(_line(rows[-1]), flush=True)
    print(f"gradient descent: largest spread over 91 angles, relative: {max(flatness):.1e}")
    _store(rows, max(flatness))


def _tuned(objective: Objective, start: np.ndarray) -> list[methods.Method]:
    """Adagrad and Adam at the rates that are best in original coordinates."""
    chosen = [methods.adagrad(), methods.adam()]
    target = 1e-4 * float(objective.value(start))
    *_, tuning = tune(objective, chosen, [None], start, target=target, level=0.0)
    return [
        method.with_learning_rate(tuning.rates(method.name, "original", 0.0)[0])
        for method in chosen
    ]


def _whole(objective: Objective, chosen: list[methods.Method], start: np.ndarray) -> Dial:
    *_, dial = turn_dial(objective, chosen, start)
    return dial


def _row(method: str, seed: int, degrees: np.ndarray) -> Row:
    found = np.sort(degrees[np.isfinite(degrees)])
    near = float((found <= NEAR).sum() / len(degrees))
    return Row(method, seed, near, float(np.isnan(degrees).mean()), found.round(3).tolist())


def _line(row: Row) -> str:
    quartiles = np.quantile(row.degrees, [0.25, 0.5, 0.75]) if row.degrees else [np.nan] * 3
    return (
        f"set {row.seed}  {row.method:<8} within 3°: {row.near:6.1%}   flat: {row.flat:6.1%}   "
        f"distance, quartiles: {', '.join(f'{q:.2f}°' for q in quartiles)}"
    )


def _store(rows: list[Row], flatness: float) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    content = {
        "machine": machine.describe(),
        "gradient_descent_spread": flatness,
        "rows": [asdict(row) for row in rows],
    }
    RESULT.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    print(f"stored as {RESULT.name}")


if __name__ == "__main__":
    take_none(__doc__)
    main()
