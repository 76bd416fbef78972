"""Does rotating help this objective? One row each: `python -m benchmarks.objectives_table`.

For every objective: its gradient beside central differences, its minimum beside many runs that look
for a lower value, and the steps in which Adagrad and Adam come within 1e-4·(f(x_0) − f*) of it in
original, EGOP and Hessian coordinates, at most 1000. The rate is the best in original coordinates
from that start, as in App. D.2; the JSON has the rates tuned per basis beside it. The EGOP is
estimated from max(2000, 10 d) gradients.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.arguments import take_none
from benchmarks.cases import Case, cases
from benchmarks.verification import check_minimum, gradient_error
from egop import methods
from egop.analysis.outcome import Ending
from egop.analysis.stopping_target import StoppingTarget, choose_target
from egop.analysis.tuning import Tuning, tune
from egop.analysis.verdict import judge
from egop.distributions import check_assumption_a1
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.objectives import Objective
from egop.theory import predict
from egop.trajectory import Trajectory

RESULTS = Path(__file__).parent / "results"
N_STEPS = 1000
METHODS = (methods.adagrad(initial_accumulator=0.1), methods.adam())


@dataclass(frozen=True)
class Row:
    """One objective.

    Attributes:
        name: of the objective.
        dim: d.
        gradient_error: largest |∇f − central differences| at 20 points, relative to ‖∇f‖.
        minimum: f*; None where there is none.
        minimum_error: |f(x*) − f*|.
        slope_at_minimum: ‖∇f(x*)‖.
        lowest_seen: lowest f − f* of all runs that looked for a lower value.
        ratio: sr/(dβ₁) of the EGOP eigenbasis.
        rates: by method, best in original coordinates.
        steps: by method and basis, to the tolerance at that rate: −1 never, −2 diverged.
        rates_per_basis: by method and basis, the best rate there.
        steps_per_basis: by method and basis, at those.
        verdict: headline on original and EGOP coordinates.
        sentences: on each method and the theory.
    """

    name: str
    dim: int
    gradient_error: float
    minimum: float | None
    minimum_error: float | None
    slope_at_minimum: float | None
    lowest_seen: float | None
    ratio: float
    verdict: str
    sentences: list[str]
    rates: dict[str, float] = field(default_factory=dict)
    steps: dict[str, dict[str, int]] = field(default_factory=dict)
    rates_per_basis: dict[str, dict[str, float]] = field(default_factory=dict)
    steps_per_basis: dict[str, dict[str, int]] = field(default_factory=dict)


def main() -> None:
    """Prints the table row by row and stores it as Markdown and JSON."""
    print(HEADER)
    rows = []
    for case in cases():
        rows.append(measure(case))
        print(line(rows[-1]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    table = [LEGEND, "", HEADER, *map(line, rows), "", "## In words", "", *map(details, rows), ""]
    (RESULTS / "objectives_table.md").write_text("\n".join(table))
    content = {"machine": machine.describe(), "rows": [asdict(row) for row in rows]}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (RESULTS / "objectives_table.json").write_text(text + "\n")


def measure(case: Case) -> Row:
    """The row of one objective."""
    objective = case.objective
    n_samples = max(2000, 10 * objective.dim)
    egop = estimate_eigenbasis(objective, case.distribution, n_samples)
    bases: dict[str, Eigenbasis | None] = {"original": None, "EGOP": egop}
    hessian = hessian_basis(objective)
    if hessian is not None:
        bases["Hessian"] = hessian
    start_value = float(objective.value(case.start))
    guess = choose_target(start_value, objective.minimum, tolerance=case.tolerance)
    *_, tuning = tune(
        objective,
        METHODS,
        list(bases.values()),
        case.start,
        target=guess.value if objective.minimum is not None else None,
        level=objective.minimum,
    )
    shared = {m.name: dict.fromkeys(bases, float(tuning.curves[m.name].best[0])) for m in METHODS}
    paths = _runs(case, bases, shared)
    seen = [each.values for runs in paths.values() for each in runs.values()]
    target = choose_target(
        start_value, objective.minimum, [v for v in seen if v is not None], case.tolerance
    )
    endings = _endings(paths, shared, target)
    per_basis = _rates_per_basis(tuning, list(bases))
    tuned = _endings(_runs(case, bases, per_basis), per_basis, target)
    prediction = predict(egop)
    verdict = judge(
        {name: (ends["original"], ends["EGOP"]) for name, ends in endings.items()},
        target,
        prediction=prediction,
        assumption_holds=check_assumption_a1(case.distribution, objective.minimizer).holds,
    )
    return Row(
        case.name,
        objective.dim,
        gradient_error(case),
        *check_minimum(case),
        ratio=prediction.ratio,
        verdict=verdict.headline,
        sentences=[*(each.sentence for each in verdict.methods), verdict.theory],
        rates={name: rates["original"] for name, rates in shared.items()},
        steps=_steps(endings),
        rates_per_basis=per_basis,
        steps_per_basis=_steps(tuned),
    )


def hessian_basis(objective: Objective) -> Eigenbasis | None:
    """The eigenbasis of the Hessian at the minimum; None without a minimum or a finite Hessian."""
    if objective.minimizer is None:
        return None
    hessian = objective.hessian(objective.minimizer[0])
    return Eigenbasis.from_hessian(hessian) if np.isfinite(hessian).all() else None


Rates = dict[str, dict[str, float]]


def _runs(
    case: Case, bases: dict[str, Eigenbasis | None], rates: Rates
) -> dict[str, dict[str, Trajectory]]:
    def path(method: Method, name: str) -> Trajectory:
        chosen = method.with_learning_rate(rates[method.name][name])
        return run(case.objective, chosen, case.start, basis=bases[name], keep="values")

    return {method.name: {name: path(method, name) for name in bases} for method in METHODS}


def _rates_per_basis(tuning: Tuning, names: list[str]) -> Rates:
    return {
        method: dict(zip(names, map(float, curve.best), strict=True))
        for method, curve in tuning.curves.items()
    }


def _endings(
    paths: dict[str, dict[str, Trajectory]], rates: Rates, target: StoppingTarget
) -> dict[str, dict[str, Ending]]:
    return {
        method: {
            name: Ending.of_run(path.values, target, rates[method][name], int(path.diverged_at))
            for name, path in runs.items()
        }
        for method, runs in paths.items()
    }


def _steps(endings: dict[str, dict[str, Ending]]) -> dict[str, dict[str, int]]:
    def steps(ending: Ending) -> int:
        return -2 if ending.diverged else ending.reached_at

    return {method: {n: steps(e) for n, e in ends.items()} for method, ends in endings.items()}


BASES = ("original", "EGOP", "Hessian")
WORDS = {-1: "–", -2: "diverges", -3: "none"}
LEGEND = (
    "Steps until f is within 1e-4·(f(x₀) − f*) of the minimum, at most 1000 (–: not in 1000; none: "
    "no such basis), in "
    "original / EGOP / Hessian coordinates, at the rate that is best in original coordinates; in "
    "brackets at the rate that is best in each basis. Gradient: largest relative error beside "
    "central differences. Minimum: ‖∇f(x*)‖, and how far below f* any of many runs came."
)
HEADER = (
    "| objective | d | gradient | minimum | sr/(dβ₁) | Adagrad | Adam | verdict |\n"
    "|---|---|---|---|---|---|---|---|"
)


def line(row: Row) -> str:
    """The row of the Markdown table."""
    minimum = "none"
    if row.minimum is not None:
        assert row.lowest_seen is not None
        below = "nothing lower" if row.lowest_seen > -1e-9 else f"LOWER by {-row.lowest_seen:.1e}"
        minimum = f"‖∇f‖ {row.slope_at_minimum:.0e}, {below}"
    cells = [
        row.name,
        str(row.dim),
        f"{row.gradient_error:.0e}",
        minimum,
        f"{row.ratio:.2f}",
        *(f"{_cell(row.steps[m.name])} ({_cell(row.steps_per_basis[m.name])})" for m in METHODS),
        row.verdict,
    ]
    return f"| {' | '.join(cells)} |"


def _cell(steps: dict[str, int]) -> str:
    return " / ".join(
        WORDS.get(count, str(count)) for count in (steps.get(name, -3) for name in BASES)
    )


def details(row: Row) -> str:
    """The verdict's sentences under the name of the objective."""
    return f"- **{row.name}**: {' '.join([row.verdict, *row.sentences])}"


if __name__ == "__main__":
    take_none(__doc__)
    main()
