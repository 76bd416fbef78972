"""Rate of false green lights of "enough samples": `python -m benchmarks.sample_adequacy`.

Quadratics f = ½xᵀHx with H = V diag(√λ) Vᵀ and a random rotation V, of which the EGOP is known. A
green light is false where v_1 is farther from the true one than the light says, and wherever the
EGOP is infinite. Beside it the rule of earlier versions: green where 90 % of bootstrap resamples
have v_1 within 5°, false where v_1 is farther than that angle. The formulas have tails of their
own; their v_1 comes from a million other gradients. The rule's constants were chosen on other
seeds, spectra and mixtures, then made stricter once, after a first run of this benchmark.
"""

import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import take_none
from egop.analysis.sample_adequacy import MAX_ANGLE, judge_sample
from egop.bootstrap import bootstrap
from egop.distributions import (
    Distribution,
    Gaussian,
    Laplace,
    Mixture,
    Sphere,
    StudentT,
    UniformBox,
)
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.metrics import subspace_angle
from egop.objectives import Objective, from_expression, log_sum_exp, quadratic
from egop.theory import exact_eigenbasis

RESULTS = Path(__file__).parent / "results"
SEED, DRAWS, RESAMPLES = 2026, 100, 200
DIMS = (2, 5, 20, 100)
RATIOS = (1.2, 1.5, 3.0, 10.0, 100.0, 1e4)
DECAYS = ("flat", "k^-2")
COUNTS = (2, 3, 5, 10, 30, 100, 1000, 2000)
CLEAR = 10.0
"""λ_1/λ_2 of a clear gap."""


def distributions(dim: int) -> dict[str, Distribution]:
    """ρ by name."""
    away = 1.5 * np.eye(dim)[0]
    return {
        "Gaussian": Gaussian(dim),
        "box": UniformBox(dim),
        "Laplace": Laplace(dim),
        "sphere": Sphere(dim),
        "two Gaussians": Mixture([Gaussian(mean=s * away, scale=0.7) for s in (-1, 1)]),
        "narrow and wide Gaussian": Mixture([Gaussian(dim), Gaussian(dim, scale=4.0)], [0.9, 0.1]),
        **{f"Student-t, ν = {nu:g}": StudentT(dim, nu) for nu in (1.0, 2.0, 2.2, 3.0, 5.0)},
    }


FORMULAS = {
    "(x+y)^4 + y^2": Gaussian(2),
    "exp(x) + y^2": Gaussian(2),
    "(1-x)^2 + 100*(y-x^2)^2": Gaussian(2, scale=0.5),
    "x*log(x) + y^2": UniformBox(2, mean=1.0),
    "log(1 + exp(x)) + 0.1*y": StudentT(2, 2.0),
    "exp(x) + y^2 ": Laplace(2),
    "-log(x) - log(y) + x": Gaussian(2),
    "1/x + y^2": Gaussian(2),
    "log(x^2 + y^2) + y^2": Gaussian(2),
    "x^4 + 10*y^2": StudentT(2, 5.0),
    "sqrt(x) + 10*y^2": UniformBox(2, mean=1.0),
}
"""Objectives with tails of their own, with their ρ; from the sixth on the EGOP is infinite."""
FINITE = 5


@dataclass(frozen=True)
class Cell:
    """One problem at one M.

    Attributes:
        rho: name of ρ.
        dim: d.
        problem: λ_1/λ_2 and the decay of the others, or a formula.
        n_samples: M.
        draws: samples judged.
        green: with the light green.
        false_green: of those, with v_1 farther than the light says, or an infinite EGOP.
        green_before: with a bootstrap angle of at most 5°.
        false_before: of those, with v_1 farther than that angle, or an infinite EGOP.
        within: with v_1 in fact within 5°; 0 where the EGOP is infinite.
    """

    rho: str
    dim: int
    problem: str
    n_samples: int
    draws: int
    green: int
    false_green: int
    green_before: int
    false_before: int
    within: int


def judge_draws(
    objective: Objective, rho: Distribution, n_samples: int, leading, rng, draws: int = DRAWS
) -> tuple[int, ...]:
    """Counts of a cell, from `green` on.

    Args:
        objective: f.
        rho: ρ.
        n_samples: M.
        leading: (d,) the true v_1; None where the EGOP is infinite.
        rng: of the samples.
        draws: how many.
    """
    counts = np.zeros(5, dtype=int)
    for _ in range(draws):
        seed = int(rng.integers(2**31))
        try:
            sample = sample_gradients(objective, rho, n_samples, seed)
        except ValueError:  # f is not defined at any of the points, so there is no light
            continue
        band = bootstrap(sample.gradients, RESAMPLES, seed=seed)
        adequacy = judge_sample(objective, rho, sample, band)
        error = 180.0
        if leading is not None:
            first = Eigenbasis.from_gradients(sample.gradients, seed).eigenvectors[:, 0]
            error = float(np.degrees(subspace_angle(first, leading)))
        before = band.angle_of_v1_degrees <= MAX_ANGLE
        counts += [
            adequacy.enough,
            adequacy.enough and error > adequacy.angle_degrees,
            before,
            before and error > band.angle_of_v1_degrees,
            error <= MAX_ANGLE,
        ]
    return tuple(counts.tolist())


def spectrum(dim: int, ratio: float, decay: str) -> np.ndarray:
    """λ (d,) with λ_1 = 1 and λ_2 = 1/ratio, the others equal to λ_2 or λ_2·(k−1)⁻²."""
    rest = np.ones(dim - 1) if decay == "flat" else np.arange(1.0, dim) ** -2
    return np.concatenate([[1.0], rest / ratio])


def measure_quadratics(problem: tuple[str, int, float, str]) -> list[Cell]:
    """The cells of one ρ, d and spectrum, with another rotation for each M."""
    name, dim, ratio, decay = problem
    rng = np.random.default_rng([SEED, *name.encode(), dim, int(10 * ratio), len(decay)])
    rho, cells = distributions(dim)[name], []
    for n_samples in COUNTS:
        V = Eigenbasis.random(dim, int(rng.integers(2**31))).eigenvectors
        H = (V * np.sqrt(spectrum(dim, ratio, decay))) @ V.T
        objective = quadratic(hessian=(H + H.T) / 2)
        finite = np.isfinite(rho.covariance).all()
        leading = exact_eigenbasis(objective, rho).eigenvectors[:, 0] if finite else None
        counts = judge_draws(objective, rho, n_samples, leading, rng)
        cells.append(Cell(name, dim, f"{ratio:g} {decay}", n_samples, DRAWS, *counts))
    return cells


def measure_scene(index: int) -> list[Cell]:
    """The cells of a formula, or of the paper's log-sum-exp in two variables."""
    rng = np.random.default_rng([SEED, 1, index])
    problem, objective, rho, finite = scenes()[index]
    leading = None
    if finite:
        leading = estimate_eigenbasis(objective, rho, 1_000_000, seed=index + 1).eigenvectors[:, 0]
    return [
        Cell(rho.describe(), 2, problem, count, DRAWS,
             *judge_draws(objective, rho, count, leading, rng))
        for count in COUNTS
    ]  # fmt: skip


def scenes() -> list[tuple[str, Objective, Distribution, bool]]:
    """Name, f, ρ and whether the EGOP is finite."""
    paper = log_sum_exp(2, 100, (1.0, 0.25), seed=0)
    rhos = [(Gaussian(2, scale=50.0), True), *((StudentT(2, nu), False) for nu in (1.0, 2.0))]
    formulas = [
        (text.strip(), from_expression(text), rho, number < FINITE)
        for number, (text, rho) in enumerate(FORMULAS.items())
    ]
    return [("log-sum-exp", paper, rho, finite) for rho, finite in rhos] + formulas


def main() -> None:
    """Measures every cell on all cores and stores them as JSON, with tables as Markdown."""
    problems = [
        (name, dim, ratio, decay)
        for dim in sorted(DIMS, reverse=True)
        for name, ratio, decay in product(distributions(dim), RATIOS, DECAYS)
        if dim > 2 or decay == "flat"
    ]
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")}
    with ProcessPoolExecutor() as pool:
        cells = [cell for found in pool.map(measure_quadratics, problems) for cell in found]
        others = [cell for found in pool.map(measure_scene, range(len(scenes()))) for cell in found]
    RESULTS.mkdir(exist_ok=True)
    content = {
        "machine": machine.describe(),
        "columns": [field.name for field in fields(Cell)],
        "quadratics": [astuple(cell) for cell in cells],
        "scenes": [astuple(cell) for cell in others],
    }
    text = json.dumps(content, ensure_ascii=False).replace("], [", "],\n[")
    (RESULTS / "sample_adequacy.json").write_text(text + "\n")
    written = "\n".join(report(cells, others)) + "\n"
    (RESULTS / "sample_adequacy.md").write_text(written)
    print(written)


def report(cells: list[Cell], others: list[Cell]) -> list[str]:
    """The tables in Markdown."""
    clear = [c for c in cells if c.rho == "Gaussian" and c.n_samples == max(COUNTS)
             and float(c.problem.split()[0]) >= CLEAR]  # fmt: skip
    known = {name for name, rho in distributions(2).items() if rho.tail_index > 4}
    sure = [c for c in cells if c.within >= 0.95 * c.draws and c.rho in known]
    worst = max(cells, key=lambda c: c.false_green / c.draws)
    return [
        "Draws with a green light that is false / with a green light, in percent, of "
        f"{DRAWS} draws for each problem; in brackets under the rule of earlier versions.",
        "",
        *table(cells, lambda c: (c.rho, f"d = {c.dim}")),
        *table(cells, lambda c: (c.rho, f"λ₁/λ₂ = {c.problem.split()[0]}")),
        *table(others, lambda c: (c.problem, c.rho)),
        f"- Of all green lights on quadratics {share(cells, 'false_green', 'green')} are false, "
        f"before {share(cells, 'false_before', 'green_before')}.",
        f"- Worst single problem and M: {worst.false_green} of {worst.draws} draws "
        f"({worst.rho}, d = {worst.dim}, λ {worst.problem}, M = {worst.n_samples}).",
        f"- Gaussian, M = {max(COUNTS)}, λ₁/λ₂ ≥ {CLEAR:g}: {share(clear, 'green')} green, the "
        f"least of {len(clear)} problems {min(c.green / c.draws for c in clear):.0%}.",
        "- Where v₁ is within 5° in at least 95 % of the draws and the variance is finite: "
        + ", ".join(
            f"{share([c for c in sure if c.n_samples == m], 'green')} green for M = {m:,}"
            for m in COUNTS[-4:]
        )
        + ".",
    ]


def table(cells: Iterable[Cell], row_of) -> list[str]:
    """One row for each pair of words that `row_of` gives, one column for each M."""
    rows: dict[tuple[str, str], dict[int, list[Cell]]] = {}
    for cell in cells:
        rows.setdefault(row_of(cell), {}).setdefault(cell.n_samples, []).append(cell)
    head = "| | | " + " | ".join(f"M = {count:,}" for count in COUNTS) + " |"
    lines = [head, "|---|---|" + "---|" * len(COUNTS)]
    for words, by_count in rows.items():
        shown = [
            f"{share(by_count[m], 'false_green')} / {share(by_count[m], 'green')} "
            f"({share(by_count[m], 'false_before')} / {share(by_count[m], 'green_before')})"
            for m in COUNTS
        ]
        lines.append(f"| {' | '.join([*words, *shown]).replace('%', '')} |")
    return [*lines, ""]


def share(cells: list[Cell], what: str, of: str = "draws") -> str:
    """Σ what/Σ of over cells, in percent."""
    total = sum(getattr(cell, of) for cell in cells)
    percent = 100 * sum(getattr(cell, what) for cell in cells) / max(total, 1)
    return f"{percent:.2g}%" if percent < 10 else f"{percent:.0f}%"


if __name__ == "__main__":
    take_none(__doc__)
    main()
