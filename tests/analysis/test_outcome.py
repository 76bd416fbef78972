"""Sentences say what the numbers say, whichever way they fall."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.divergence import find_safe_rate
from egop.analysis.ending import Ending
from egop.analysis.outcome import judge_method
from egop.analysis.stopping_target import StoppingTarget, choose_target
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import quadratic

YARDSTICK = StoppingTarget(level=0.0, tolerance=1e-4, known=True)


def arrived(step: int, rate: float = 30.0) -> Ending:
    return Ending(rate, 1000, step, 1e-9)


def short(gap: float, rate: float = 30.0) -> Ending:
    return Ending(rate, 1000, -1, gap)


def gone(step: int, rate: float = 30.0, safe: float | None = None) -> Ending:
    return Ending(rate, 1000, -1, np.nan, step, safe)


@pytest.mark.parametrize(
    ("original", "rotated", "outcome", "sentence"),
    [
        (
            arrived(505),
            arrived(148),
            "gain",
            "Adagrad comes within 10⁻⁴ of the minimum after 148 steps in EGOP coordinates, "
            "505 in original ones: 3.4 times sooner.",
        ),
        (
            arrived(100),
            arrived(88),
            "gain",
            "Adagrad comes within 10⁻⁴ of the minimum after 88 steps in EGOP coordinates, "
            "100 in original ones: 12 % fewer steps.",
        ),
        (
            arrived(100),
            arrived(220),
            "loss",
            "Adagrad comes within 10⁻⁴ of the minimum after 220 steps in EGOP coordinates, "
            "100 in original ones: 2.2 times later.",
        ),
        (
            arrived(64),
            arrived(64),
            "none",
            "Adagrad comes within 10⁻⁴ of the minimum after 64 steps in both coordinate systems: "
            "no difference.",
        ),
        (
            arrived(1),
            arrived(2),
            "none",
            "Adagrad comes within 10⁻⁴ of the minimum after 2 steps in EGOP coordinates, "
            "1 in original ones: no difference.",
        ),
        (
            arrived(0),
            arrived(0),
            "none",
            "Adagrad starts within 10⁻⁴ of the minimum: there is nothing to gain.",
        ),
        (
            short(0.032),
            arrived(1),
            "gain",
            "Adagrad comes within 10⁻⁴ of the minimum in EGOP coordinates alone, after 1 step; "
            "in original ones it is 0.032 above the minimum after 1,000 steps.",
        ),
        (
            arrived(700),
            short(0.5),
            "loss",
            "Adagrad comes within 10⁻⁴ of the minimum in original coordinates alone, after 700 "
            "steps; in EGOP ones it is 0.5 above the minimum after 1,000 steps.",
        ),
        (
            short(0.012),
            short(0.001),
            "gain",
            "Adagrad does not come within 10⁻⁴ of the minimum in 1,000 steps; in EGOP coordinates "
            "it ends 12 times nearer, 0.001 above the minimum against 0.012 in original ones.",
        ),
        (
            short(0.001),
            short(0.002),
            "loss",
            "Adagrad does not come within 10⁻⁴ of the minimum in 1,000 steps; in EGOP coordinates "
            "it ends 2 times farther, 0.002 above the minimum against 0.001 in original ones.",
        ),
        (
            short(0.2),
            short(0.203),
            "none",
            "Adagrad does not come within 10⁻⁴ of the minimum in 1,000 steps and ends 0.2 above "
            "the minimum either way.",
        ),
        (
            gone(12, safe=0.5),
            arrived(148),
            "gain",
            "Adagrad diverges in original coordinates, at step 12 with rate 30 (a rate of 0.5 "
            "would not); in EGOP ones it comes within 10⁻⁴ of the minimum after 148 steps.",
        ),
        (
            short(0.3),
            gone(7),
            "loss",
            "Adagrad diverges in EGOP coordinates, at step 7 with rate 30; in original ones it "
            "ends 0.3 above the minimum.",
        ),
        (
            gone(3, safe=2.0),
            gone(4, safe=1.0),
            "diverged",
            "Adagrad diverges in both coordinate systems: at step 3 with rate 30 (a rate of 2 "
            "would not) in original ones, at step 4 with rate 30 (a rate of 1 would not) in EGOP "
            "ones.",
        ),
        (gone(0), gone(0), "diverged", "Adagrad cannot start: f is not finite there."),
    ],
)
def test_each_case_in_words(original, rotated, outcome, sentence):
    verdict = judge_method("adagrad", original, rotated, YARDSTICK)
    assert verdict.sentence == sentence
    assert verdict.outcome == outcome


def test_factors_are_above_one_when_rotating_gains():
    assert judge_method("adam", arrived(300), arrived(100), YARDSTICK).factor == 3
    assert judge_method("adam", arrived(100), arrived(300), YARDSTICK).factor == pytest.approx(
        1 / 3
    )
    ends = judge_method("adam", short(0.01), short(0.002), YARDSTICK)
    assert (ends.factor, ends.measure) == (pytest.approx(5), "gap")
    assert judge_method("adam", short(0.01), arrived(5), YARDSTICK).factor is None


def test_swapping_the_runs_swaps_gain_and_loss():
    endings = [arrived(100), arrived(200), short(0.1), short(0.5), gone(3)]
    opposite = {"gain": "loss", "loss": "gain", "none": "none", "diverged": "diverged"}
    for first in endings:
        for second in endings:
            there = judge_method("adam", first, second, YARDSTICK).outcome
            back = judge_method("adam", second, first, YARDSTICK).outcome
            assert back == opposite[there]


def test_rates_that_differ_are_said():
    sentence = judge_method("adam", arrived(100, 1.0), arrived(50, 4.0), YARDSTICK).sentence
    assert sentence.endswith("(The rates are 4 in EGOP coordinates and 1 in original ones.)")


def test_without_a_known_minimum_no_sentence_speaks_of_one():
    seen = StoppingTarget(-5.0, 1e-3, known=False)
    for pair in [(arrived(9), arrived(5)), (short(0.1), arrived(5)), (short(0.1), short(0.5))]:
        sentence = judge_method("adam", *pair, seen).sentence
        assert "the best value seen" in sentence
        assert "minimum" not in sentence
        assert "times nearer" not in sentence


def test_the_verdict_on_real_runs_counts_their_steps():
    objective = quadratic(condition_number=300.0, angle=0.5)
    start = np.array([1.5, -1.0])
    paths = [
        run(objective, methods.adagrad(1.0), start, 500, basis=basis)
        for basis in (None, Eigenbasis.rotation(0.5))
    ]
    target = choose_target(float(objective.value(start)), 0.0)
    endings = [Ending.of_run(p.values, target, 1.0, int(p.diverged_at)) for p in paths]
    for ending, path in zip(endings, paths, strict=True):
        below = np.flatnonzero(path.values <= target.value)
        assert ending.reached_at == (below[0] if len(below) else -1)
        assert ending.final_gap == path.final_value
    assert judge_method("adagrad", *endings, target).outcome == "gain"


def test_a_diverging_run_is_said_with_a_rate_that_holds():
    objective = quadratic(condition_number=100.0, angle=0.0)
    method, start = methods.gradient_descent(3.0), np.array([1.0, 1.0])
    path = run(objective, method, start, 200)
    safe = find_safe_rate(objective, method, start, 200)
    target = choose_target(float(objective.value(start)), 0.0)
    ending = Ending.of_run(path.values, target, 3.0, int(path.diverged_at), safe)
    assert ending.diverged
    sentence = judge_method("gradient_descent", ending, ending, target).sentence
    assert f"at step {path.diverged_at} with rate 3 (a rate of 0.011 would not)" in sentence
