"""From a comparison to what can be said of it in words."""

from egop import theory
from egop.analysis.departure import find_safe_rate
from egop.analysis.outcome import Ending
from egop.analysis.verdict import Verdict, judge
from egop.distributions import check_assumption_a1
from egop.explorer.tabs import BASIS_NAMES, Shown
from egop.trajectory import Trajectory


def verdict_of(shown: Shown) -> Verdict:
    """What rotating did, in words."""
    endings = {
        pair.name: (
            _ending(shown, pair.original, shown.methods[pair.name], None),
            _ending(shown, pair.rotated, shown.rotated_methods[pair.name], shown.basis),
        )
        for pair in shown.pairs
    }
    return judge(
        endings,
        shown.yardstick,
        basis=BASIS_NAMES[shown.scene.basis],
        prediction=theory.predict(shown.basis) if shown.axes_of_egop else None,
        assumption_holds=check_assumption_a1(shown.distribution, shown.objective.minimizer).holds,
    )


def _ending(shown: Shown, path: Trajectory, method, basis) -> Ending:
    diverged, safe = int(path.diverged_at), None
    if diverged >= 0:
        safe = find_safe_rate(
            shown.objective, method, shown.start, len(shown.schedule), basis=basis,
            schedule=shown.schedule,
        )  # fmt: skip
    rate = float(method.learning_rate)
    return Ending.of_run(path.values, shown.yardstick, rate, diverged, safe)
