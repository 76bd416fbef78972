"""Verdicts agree with what is known: rotating helps, hurts or does nothing where it must."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.outcome import Ending, MethodVerdict
from egop.analysis.verdict import Verdict, alignment_note, headline, judge, theory_sentence
from egop.analysis.yardstick import choose_yardstick
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.objectives import log_sum_exp, quadratic
from egop.theory import Prediction, exact_eigenbasis, predict
from egop.trajectory import run


def method_verdict(method: str, outcome: str) -> MethodVerdict:
    return MethodVerdict(method, outcome, None, None, f"About {method}.")


def verdict_on(objective, chosen, start, rotation, tolerance=None, **kwargs) -> Verdict:
    pairs = {
        method.name: [run(objective, method, start, basis=each) for each in (None, rotation)]
        for method in chosen
    }
    yardstick = choose_yardstick(
        float(objective.value(start)), objective.minimum, tolerance=tolerance
    )
    endings = {
        method.name: tuple(
            Ending.of_run(path.values, yardstick, method.learning_rate, int(path.diverged_at))
            for path in pairs[method.name]
        )
        for method in chosen
    }
    return judge(endings, yardstick, **kwargs)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        (
            {"adagrad": "gain", "adam": "gain"},
            "Rotating into EGOP coordinates helps Adagrad and Adam.",
        ),
        (
            {"adagrad": "gain", "adam": "none"},
            "Rotating into EGOP coordinates helps Adagrad and makes no difference to Adam.",
        ),
        (
            {"adagrad": "gain", "adam": "loss", "gradient_descent": "none"},
            "Rotating into EGOP coordinates helps Adagrad, hurts Adam and makes no difference to "
            "gradient descent.",
        ),
        (
            {"adagrad": "none", "adam": "none"},
            "No gain here: rotating into EGOP coordinates makes no difference to Adagrad and Adam.",
        ),
        ({"adam": "loss"}, "No gain here: rotating into EGOP coordinates hurts Adam."),
        (
            {"adagrad": "gain", "momentum": "diverged"},
            "Rotating into EGOP coordinates helps Adagrad; momentum diverges in both.",
        ),
        (
            {"adagrad": "diverged", "adam": "diverged"},
            "Adagrad and Adam diverge in both coordinate systems.",
        ),
        ({}, ""),
    ],
)
def test_the_headline_promises_no_more_than_was_measured(outcomes, sentence):
    assert headline(tuple(method_verdict(*each) for each in outcomes.items())) == sentence


def test_a_basis_from_too_few_samples_qualifies_the_headline():
    gain = method_verdict("adagrad", "gain")
    assert headline((gain,), qualifier="from too few samples") == (
        "Rotating into EGOP coordinates (from too few samples) helps Adagrad."
    )
    endings = {"adam": (Ending(0.1, 9, 8, 0.0), Ending(0.1, 9, 2, 0.0))}
    verdict = judge(endings, choose_yardstick(1.0, 0.0), qualifier="from too few samples")
    assert verdict.headline.startswith("Rotating into EGOP coordinates (from too few samples) ")


def test_the_opening_scene_gains_as_the_theory_expects():
    objective = log_sum_exp(seed=0)
    basis = Eigenbasis.from_hessian(objective.hessian(objective.minimizer[0]))
    chosen = [methods.adagrad(30.0, initial_accumulator=0.1), methods.gradient_descent(1.0)]
    verdict = verdict_on(
        objective,
        chosen,
        np.array([60.0, 80.0]),
        basis,
        tolerance=1e-4,
        basis="Hessian",
        prediction=Prediction(1.1, 0.77, 0.71, 1.19),
    )
    adagrad, descent = verdict.methods
    assert adagrad.outcome == "gain"
    assert adagrad.factor > 2
    assert "in Hessian coordinates" in adagrad.sentence
    assert descent.outcome == "none"
    assert "helps Adagrad and makes no difference to gradient descent" in verdict.headline
    assert verdict.theory.endswith(", and there is one.")
    assert verdict.text.startswith(verdict.headline)


def test_an_aligned_quadratic_has_nothing_to_gain_and_a_wrong_basis_loses():
    objective = quadratic(np.diag([100.0, 1.0]))
    start = np.array([1.0, 2.0])
    chosen = [methods.adagrad(1.0), methods.adam(0.1)]
    basis = exact_eigenbasis(objective, Gaussian(dim=2))
    verdict = verdict_on(objective, chosen, start, basis, prediction=predict(basis))
    assert [each.outcome for each in verdict.methods] == ["none", "none"]
    assert verdict.headline.startswith("No gain here")
    assert verdict.theory.endswith(", and there is none.")
    wrong = verdict_on(objective, chosen[:1], start, Eigenbasis.rotation(np.pi / 4))
    assert wrong.methods[0].outcome == "loss"
    assert wrong.theory == ""


def test_what_the_theory_expected_is_compared_with_what_adagrad_did():
    gain, none = Prediction(1.0, 1.0, 0.5, 2**0.5), Prediction(2.0, 0.5, 1.1, 1.1**-0.5)
    assert theory_sentence(gain, method_verdict("adagrad", "gain")) == (
        "The theory expects a gain for Adagrad (sr/(dβ₁) = 0.5, so its best step size grows about "
        "1.4 times), and there is one."
    )
    assert theory_sentence(gain, method_verdict("adagrad", "loss")).endswith("but there is none.")
    assert theory_sentence(none, method_verdict("adagrad", "gain")).endswith("but there is one.")
    assert theory_sentence(none, method_verdict("adagrad", "none")).endswith("and there is none.")
    assert theory_sentence(none).endswith("(sr/(dβ₁) = 1.1).")
    caveat = theory_sentence(none, assumption_holds=False)
    assert caveat.endswith("(a rule of thumb here, since assumption A1 fails).")


def test_axes_that_are_the_original_ones_are_noticed():
    swapped = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert alignment_note(np.eye(2)) == (
        "The EGOP axes are the original ones: rotating has nothing to change."
    )
    assert "in another order, so the picture is turned" in alignment_note(swapped)
    assert alignment_note(Eigenbasis.rotation(np.radians(2.9)).eigenvectors)
    assert not alignment_note(Eigenbasis.rotation(np.radians(3.1)).eigenvectors)
