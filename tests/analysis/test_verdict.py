"""Verdicts agree with what is known: rotating helps, hurts or does nothing where it must."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.ending import Ending
from egop.analysis.outcome import MethodVerdict
from egop.analysis.stopping_target import choose_target
from egop.analysis.verdict import Verdict, headline, judge, theory_sentence
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import log_sum_exp, quadratic
from egop.theory import Prediction, exact_eigenbasis, predict


def method_verdict(method: str, outcome: str) -> MethodVerdict:
    return MethodVerdict(method, outcome, None, None, f"About {method}.")


def verdict_on(objective, chosen, start, rotation, tolerance=None, **kwargs) -> Verdict:
    pairs = {
        method.name: [run(objective, method, start, basis=each) for each in (None, rotation)]
        for method in chosen
    }
    target = choose_target(float(objective.value(start)), objective.minimum, tolerance=tolerance)
    endings = {
        method.name: tuple(
            Ending.of_run(path.values, target, method.learning_rate, int(path.diverged_at))
            for path in pairs[method.name]
        )
        for method in chosen
    }
    return judge(endings, target, **kwargs)


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
        (
            {"adagrad": "unclear", "momentum": "none"},
            "No gain here: rotating into EGOP coordinates makes no clear difference to Adagrad and "
            "makes no difference to momentum.",
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
    verdict = judge(endings, choose_target(1.0, 0.0), qualifier="from too few samples")
    assert verdict.headline.startswith("Rotating into EGOP coordinates (from too few samples) ")


def test_a_gain_on_the_papers_log_sum_exp_is_said_while_the_theory_says_nothing():
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
        quadratic=True,
    )
    adagrad, descent = verdict.methods
    assert adagrad.outcome == "gain"
    assert adagrad.factor > 2
    assert "in Hessian coordinates" in adagrad.sentence
    assert descent.outcome == "none"
    assert "helps Adagrad and makes no difference to gradient descent" in verdict.headline
    assert verdict.theory == ""  # √2·0.71 is above 1: the theory says nothing
    assert verdict.text.startswith(verdict.headline)


def test_an_aligned_quadratic_has_nothing_to_gain_and_a_wrong_basis_loses():
    objective = quadratic(np.diag([100.0, 1.0]))
    start = np.array([1.0, 2.0])
    chosen = [methods.adagrad(1.0), methods.adam(0.1)]
    basis = exact_eigenbasis(objective, Gaussian(dim=2))
    verdict = verdict_on(objective, chosen, start, basis, prediction=predict(basis), quadratic=True)
    assert [each.outcome for each in verdict.methods] == ["none", "none"]
    assert verdict.headline.startswith("No gain here")
    assert verdict.theory == ""
    wrong = verdict_on(objective, chosen[:1], start, Eigenbasis.rotation(np.pi / 4))
    assert wrong.methods[0].outcome == "loss"
    assert wrong.theory == ""


def test_the_theory_speaks_only_where_its_bound_is_below_one():
    small, between, large = (Prediction(1.0, 1.0, r, r**-0.5) for r in (0.4, 0.6, 1.1))
    assert theory_sentence(small, method_verdict("adagrad", "gain"), quadratic=True) == (
        "The theory expects a gain for Adagrad (√2·sr/(dβ₁) = 0.57 < 1), and there is one."
    )
    assert theory_sentence(small).endswith("(2·sr/(dβ₁) = 0.8 < 1, up to the Hessian's variation).")
    assert theory_sentence(between, quadratic=True)
    assert theory_sentence(between) == ""  # C = 2
    for outcome in ("gain", "loss", "none", "unclear"):
        adagrad = method_verdict("adagrad", outcome)
        assert theory_sentence(large, adagrad, quadratic=True) == ""
        ends = {"gain": ", and there is one.", "unclear": ", but there is no clear one."}
        assert theory_sentence(small, adagrad).endswith(ends.get(outcome, ", but there is none."))


def test_the_theory_says_nothing_where_a1_fails():
    endings = {"adagrad": (Ending(0.1, 9, 8, 0.0), Ending(0.1, 9, 2, 0.0))}
    target, small = choose_target(1.0, 0.0), Prediction(1.0, 1.0, 0.4, 1.6)
    assert judge(endings, target, prediction=small).theory
    assert judge(endings, target, prediction=small, assumption_holds=False).theory == ""
    few = judge(endings, target, prediction=small, qualifier="from too few samples")
    assert few.theory == judge(endings, target, prediction=small, preference="tied").theory == ""


@pytest.mark.parametrize("preference", ["tied", "equal", "aligned"])
def test_where_no_direction_is_preferred_the_headline_says_so(preference):
    none = method_verdict("adam", "none"), method_verdict("adagrad", "unclear")
    sentence = headline(none, preference=preference, qualifier="from too few samples")
    assert sentence.startswith("No direction is preferred (from too few samples)")
    assert "helps" not in sentence


def test_where_everything_diverges_the_axes_are_no_matter():
    gone = method_verdict("adam", "diverged"), method_verdict("adagrad", "diverged")
    for preference in ("tied", "equal", "aligned"):
        sentence = headline(gone, preference=preference)
        assert sentence == "Adam and Adagrad diverge in both coordinate systems."


def test_what_arbitrary_axes_do_is_ascribed_to_them():
    methods_ = method_verdict("adam", "gain"), method_verdict("momentum", "loss")
    for preference in ("tied", "equal"):
        sentence = headline(methods_, preference=preference)
        assert sentence.endswith(
            "These axes happen to help Adam and hurt momentum; other ones might not."
        )
    # axes that are the original ones up to 3° may still change a path
    assert headline(methods_, preference="aligned").startswith("Rotating into EGOP coordinates")
