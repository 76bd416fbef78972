"""Verdicts on scenes in which nothing, or something odd, happens."""

import re

import pytest

from egop.analysis.verdict import Verdict
from egop.explorer import Explorer
from egop.explorer.basis_angle import egop_on_dial
from egop.explorer.verdict_inputs import can_be_thorough, verdict_of
from egop.explorer.views.overview import facts, to_html

EASOM = "-cos(x)*cos(y)*exp(-(x-pi)^2-(y-pi)^2)"
NAMES = (
    "quadratic_rotated", "booth", "diamond", "rosenbrock_rotated", "beale", "goldstein_price",
    "rastrigin", "rosenbrock_4d",
)  # fmt: skip
ROUND = {"objective": "formula", "formula": "x^2+y^2", "start": (2.0, 1.0)}


def shown_by(**settings):
    shown = Explorer(**{"autoplay": False, **settings})._shown
    assert shown is not None
    return shown


def verdict(**settings) -> Verdict:
    return verdict_of(shown_by(**settings))


def formula(text: str, start: tuple[float, float], **settings) -> Verdict:
    return verdict(objective="formula", formula=text, start=start, **settings)


def test_the_opening_scene_helps_both_methods_as_the_theory_expects():
    found = verdict()
    assert found.headline == "Rotating into EGOP coordinates helps Adagrad and Adam."
    assert found.theory.startswith("The theory expects a gain for Adagrad (√2·sr/(dβ₁) = 0.7")
    assert found.theory.endswith(" < 1), and there is one.")


@pytest.mark.parametrize("basis", ["egop", "exact", "hessian", "random"])
@pytest.mark.parametrize("scene", [{"objective": "quadratic_isotropic"}, ROUND])
def test_on_a_round_bowl_no_method_is_helped_or_hurt(scene, basis):
    found = verdict(**scene, basis=basis)
    assert not re.search("help|hurt", found.headline)
    if basis != "random":
        assert found.headline.startswith("No direction is preferred")


@pytest.mark.parametrize("name", ["quadratic_aligned", "ravine_aligned", "diamond"])
def test_axes_that_are_the_original_ones_are_not_preferred(name):
    found = verdict(objective=name)
    assert found.headline.startswith("No direction is preferred over the original axes")


@pytest.mark.parametrize("name", ["saddle", "monkey_saddle"])
def test_without_a_lower_bound_no_method_is_ahead(name):
    found = verdict(objective=name, methods=["adagrad", "adam", "gradient_descent"])
    assert found.headline.startswith("No lower bound of f is known")
    assert "comes within" not in found.text
    assert "would not" not in found.text  # a smaller rate only falls more slowly
    assert found.theory == ""


def test_a_zero_gradient_at_the_start_is_said_as_such():
    found = formula("x^4 + y^4 - 2x^2 - 3y^2 + x*y", (0.0, 0.0))
    assert found.headline == (
        "The gradient is zero at the start: no method moves. Whether the start is a minimum is not "
        "known."
    )
    assert "best value seen" not in found.text
    known = verdict(objective="matrix_factorization", start=(0.0, 0.0))
    assert "best value seen" not in known.text


def test_on_a_plateau_nothing_moves():
    found = formula(EASOM, (-4.0, -4.0))
    assert found.headline.startswith("f is flat at the start (‖∇f‖₂ = ")
    assert "nothing to gain" not in found.text
    assert "best value seen" not in found.text


def test_a_start_at_the_minimum_has_nothing_to_gain():
    found = verdict(objective="quadratic_rotated", start=(0.0, 0.0))
    assert found.headline == "The start is at the minimum: there is nothing to gain."


def test_a_two_cycle_of_gradient_descent_is_said():
    found = verdict(**ROUND, methods=["gradient_descent"], rates={"gradient_descent": 1.0})
    assert "It ends in a two-cycle in both coordinate systems" in found.text


def test_a_start_that_no_run_improves_on_is_said():
    found = formula("x^4 + y^4", (0.1, 0.1), methods=["adam"], rates={"adam": 1.0}, n_steps=3)
    assert found.methods[0].sentence == "Adam never goes below its start."


@pytest.mark.parametrize("name", NAMES)
def test_headlines_speak_of_effects_that_small_changes_do_not_make(name):
    found = verdict(objective=name)
    changed = [each for each in found.methods if each.outcome in {"gain", "loss"}]
    assert bool(re.search("helps?|hurts? ", found.headline)) == bool(changed)
    for each in found.methods:
        assert ("the two overlap" in each.sentence) == (each.outcome == "unclear")
    assert "expects no gain" not in found.text
    assert "rule of thumb" not in found.text


def test_what_takes_longer_than_a_frame_is_checked_afterwards():
    shown = shown_by(objective="least_squares", dim=8, n_steps=500)
    assert not can_be_thorough(shown)
    assert can_be_thorough(shown_by(objective="quadratic"))
    first = verdict_of(shown, thorough=False)
    remark = "(Not yet compared with small changes of rate and start.)"
    assert remark in to_html(first, facts(shown), remark)


@pytest.mark.parametrize(
    "scene",
    [
        {"n_samples": 2},
        {"n_samples": 5},
        {"distribution": "student_t", "degrees_of_freedom": 1.0},
        {"objective": "formula", "formula": "1/x + x + y^2", "start": (2.0, 1.0)},
    ],
)
def test_a_sample_that_says_nothing_does_not_call_the_directions_equal(scene):
    shown = shown_by(**scene)
    assert shown.estimate.adequacy.qualifier  # true λ₁/λ₂: 10⁴, or infinite
    found = verdict_of(shown)
    assert "arbitrary" not in found.headline
    assert f"({shown.estimate.adequacy.qualifier})" in found.headline
    assert egop_on_dial(shown) is not None


@pytest.mark.parametrize(
    "scene",
    [
        {"start": (0.0, 0.0)},
        {"tolerance": 1e6},
        {"n_steps": 1},
        {"rates": {"adagrad": 1e-6, "adam": 1e-6}},
        {"start": (1e6, 1e6)},
    ],
)
def test_runs_that_do_not_arrive_on_their_way_do_not_refute_the_theory(scene):
    assert "but there is none" not in verdict(**scene).theory


def test_a_function_of_tiny_values_is_not_said_to_start_at_its_minimum():
    found = formula("1e-200*(x^2 + 3*y^2 + x*y)", (3.0, 3.75))
    assert found.headline == "The start is within 10⁻¹² of the minimum: there is nothing to gain."
    assert verdict(start=(0.0, 0.0)).headline.startswith("The start is at the minimum")


def test_where_none_arrives_a_run_beside_a_diverging_one_does_not_either():
    found = formula("y^3 - x^1.5", (1.0, 1.0))
    assert found.headline.startswith("No lower bound of f is known")
    assert re.search(r"diverges in .* in original ones it has fallen to f = −1×10⁷", found.text)
    assert "comes within" not in found.text
