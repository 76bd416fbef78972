"""Claims about convex problems and two variables: figures 1 left, 5 and 12.

Adagrad is measured from both accumulators. Optax begins at 0.1, which in (a) exceeds all squared
gradients together: there it is gradient descent at another rate, and alike in every basis for that
reason. Which of the two the paper's own runs began with is not known.
"""

from egop.experiments.claims.claim import Claim, claims
from egop.experiments.claims.measures import fewer_steps, gain, larger_rate, no_gain, unchanged
from egop.experiments.claims.measures_of_rates import (
    gap_grows,
    gap_unchanged,
    near_at_every_rate,
)
from egop.experiments.claims.measures_of_rivals import best_of_all, competitive

TENTH = 0.1
"""The share of the steps at which (b) is read: chosen here, since its end is round-off."""
ACCUMULATORS = {"0.1": "adagrad", "0": "adagrad_from_zero"}

TWO_DIMENSIONS = {
    "In two variables Adagrad comes to the minimum in fewer steps in EGOP coordinates": (
        fewer_steps("adagrad", 1e-4)
    ),
    "In two variables Adagrad ends near the minimum at rates from 30 to 90 (App. D.3)": (
        near_at_every_rate("adagrad")
    ),
}
LOG_SUM_EXP = {
    "Log-sum-exp: Adam ends nearer to the minimum when rotated": gain("adam", problem="log_sum_exp")
} | {
    "Log-sum-exp: Adagrad ends about as near in both bases at the rate they share "
    f"(accumulator {accumulator})": unchanged(method, problem="log_sum_exp")
    for accumulator, method in ACCUMULATORS.items()
}
LEAST_SQUARES = {
    "Least squares: Adam ends nearer to the minimum when rotated": (
        gain("adam", problem="least_squares")
    )
} | {
    f"Least squares: Adagrad ends nearer to the minimum when rotated (accumulator {accumulator})": (
        gain(method, problem="least_squares")
    )
    for accumulator, method in ACCUMULATORS.items()
}
TUNED = {
    "Log-sum-exp: tuned in each basis, Adagrad takes a larger rate when rotated "
    f"(accumulator {accumulator})": larger_rate(method, "log_sum_exp")
    for accumulator, method in ACCUMULATORS.items()
} | {
    "Log-sum-exp: tuned in each basis, Adam and Adagrad gain more than at the shared rate": (
        gap_grows("log_sum_exp")
    ),
}


def logistic(problem: str, name: str, ours: bool) -> tuple[Claim, ...]:
    """The claims about a logistic regression, at a tenth of the steps and at the end."""
    best = "momentum"
    rows = {
        "momentum is the best method in original coordinates (at a tenth of the steps)": (
            best_of_all(best, rivals=("original",), at=TENTH, problem=problem)
        ),
        "momentum is also better than rotated rivals (at a tenth of the steps)": (
            best_of_all(best, at=TENTH, problem=problem)
        ),
        "momentum is the best method in both bases (at the end)": (
            best_of_all(best, problem=problem)
        ),
        "rotated, Adam is comparable to momentum (at a tenth of the steps)": (
            competitive("adam", best, TENTH, problem=problem)
        ),
        "rotated, Adagrad is competitive with momentum (at a tenth of the steps)": (
            competitive("adagrad", best, TENTH, problem=problem)
        ),
        "Adagrad is nearer to the minimum when rotated (at a tenth of the steps)": (
            gain("adagrad", at=TENTH, problem=problem)
        ),
    }
    return claims("convex", "5b", {f"{name}: {text}": row for text, row in rows.items()}, ours)


ROWS = (
    *claims("two_dimensions", "1 left", TWO_DIMENSIONS),
    *claims("convex", "5a", LOG_SUM_EXP),
    *logistic("logistic_regression", "Logistic regression", ours=False),
    *logistic("logistic_informative", "Logistic, labels that depend on the inputs", ours=True),
    *claims("convex", "5c", LEAST_SQUARES),
    Claim(
        "5",
        "convex",
        "Convex problems: gradient descent and momentum run alike in both bases",
        no_gain,
    ),
    *claims("convex", "12a", TUNED),
    Claim(
        "12b",
        "convex",
        "Logistic regression: tuned in each basis, they gain as much as at the shared rate",
        gap_unchanged("logistic_regression"),
    ),
    Claim(
        "12c",
        "convex",
        "Least squares: tuned in each basis, they gain more than at the shared rate",
        gap_grows("least_squares"),
    ),
)
"""The claims in the order of the figures."""
