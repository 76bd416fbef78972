"""The theory's expectation of a basis, beside what was measured in it."""

from dataclasses import dataclass

from egop.distributions import Assumption, Distribution, check_assumption_a1
from egop.eigenbasis import Eigenbasis
from egop.objectives.objective import Objective
from egop.sentences import fill
from egop.theory import (
    Bracket,
    Prediction,
    expects_gain,
    predict,
    quadratic_smoothness_bounds,
    ratio_bound,
    rotated_smoothness_upper_bound,
    smoothness_lower_bound,
)


@dataclass(frozen=True)
class Expectation:
    """The theory's numbers for one objective, ρ and EGOP eigenbasis.

    Attributes:
        prediction: sr, β₁, sr/(dβ₁) and √(dβ₁/sr).
        assumption: whether A1 holds, and what fails.
        quadratic: whether f is one.
        original: bounds of L_f in original coordinates; None where none is known, +∞ above where
            only a lower bound is.
        rotated: bounds of L_{f∘V}; 0 below where only an upper bound is known.
        source: where the bounds come from, in words.
    """

    prediction: Prediction
    assumption: Assumption
    original: Bracket[float] | None
    rotated: Bracket[float] | None
    source: str
    quadratic: bool = False

    @property
    def bound(self) -> float:
        """C·sr/(dβ₁), above which L_{f∘V}/L_f is not where A1 holds (Theorem 5)."""
        return ratio_bound(self.prediction, self.quadratic)

    @property
    def expects_gain(self) -> bool:
        """True if the theory expects a gain; False if it says nothing."""
        return self.assumption.holds and expects_gain(self.prediction, self.quadratic)


def expect(objective: Objective, distribution: Distribution, basis: Eigenbasis) -> Expectation:
    """Returns what the theory predicts of rotating into an EGOP eigenbasis.

    For a quadratic the smoothness bounds are those of its Hessian in both bases (§2). Elsewhere
    they are drawn where A1 holds: L_f ≥ max_k (d/2c)·β_kλ_k/√λ_1 and L_{f∘V} ≤ (1/c)·Σ√λ_i, up to
    an error that vanishes with the Hessian's variation.

    Args:
        objective: f.
        distribution: ρ.
        basis: the eigenbasis of its EGOP.

    Raises:
        ValueError: the basis has negative eigenvalues, so it is none of an EGOP.
    """
    prediction = predict(basis)
    assumption = check_assumption_a1(distribution, objective.minimizer)
    if objective.quadratic is not None:
        hessian, V = objective.quadratic[0], basis.eigenvectors
        original = quadratic_smoothness_bounds(hessian)
        rotated = quadratic_smoothness_bounds(V.T @ hessian @ V)
        closed = original.is_closed and rotated.is_closed
        source = fill("exact for a quadratic" if closed else "bounds for a quadratic")
        return Expectation(prediction, assumption, original, rotated, source, quadratic=True)
    if not assumption.holds:
        source = fill("no bounds", reason=assumption.sentence)
        return Expectation(prediction, assumption, None, None, source)
    original = Bracket(smoothness_lower_bound(basis, assumption.radius), float("inf"))
    rotated = Bracket(0.0, rotated_smoothness_upper_bound(basis, assumption.radius))
    return Expectation(prediction, assumption, original, rotated, fill("up to variation"))
