"""A small part of `make fuzz`, and how its cases are counted and made again."""

import json
import re

import numpy as np
import pytest

pytest.importorskip("panel")
pytest.importorskip("torch")

from benchmarks.fuzz import __main__ as command
from benchmarks.fuzz import campaign, formulas
from benchmarks.fuzz.campaign import Outcome, attempt, case_of, run
from benchmarks.fuzz.kinds import KINDS, Kind
from benchmarks.fuzz.values import hostile
from egop.compilation import evaluate

CASES = 6
"""Of each kind."""


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_found_in_the_first_cases(name):
    outcome = run(name, KINDS[name], seed=0, seconds=600, most=CASES)
    assert outcome.findings == {}
    assert outcome.cases == CASES


@pytest.mark.parametrize("factor", [1.01, np.nan])
@pytest.mark.parametrize("text", ["x^2 + y", "1e14 + x^2", "sin(x)*exp(y) + 1e6"])
def test_a_gradient_that_is_wrong_by_a_hundredth_or_none_is_found(monkeypatch, text, factor):
    assert formulas.check(text) == ""

    def wrong(*arguments):
        value, slope = evaluate(*arguments)
        return value, factor * slope

    monkeypatch.setattr(formulas, "evaluate", wrong)
    assert formulas.check(text) == "another gradient"


SOUND = {
    "large numbers cancel": "((y + 1e300) - 1e300) + y^3",
    "a slope of rounding": "*".join(["((9*x/x))*((e - 1.5))"] * 10),
    "a phase without digits": "sin(x/y - x*x*(7.25 - 1e15)) - y*(1e15 + x)",
    "an exponential of a large number": "exp(-(1e300*x^2 + 7)) + y^2",
    "1 to any power": "ceil(x)^(x + log1p(y - e))",
    "an exponent that is 1 in 16 digits": "sinh(x^(exp((2x)^99))) + y",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=list(SOUND))
def test_what_16_digits_do_not_tell_is_no_finding(text):
    assert formulas.check(text) == ""


def planted(case: int) -> str:
    """Finds fault with small numbers, and with 9."""
    if case == 9:
        raise ValueError("nine\nof them")
    return "a number is small" if case < 3 else ""


PLANTED = Kind(lambda rng: rng.randrange(10), planted)


def test_findings_are_counted_by_their_sentence_and_can_be_made_again():
    outcome = run("planted", PLANTED, seed=5, seconds=60, most=200)
    assert outcome.cases == 200
    assert set(outcome.findings) == {
        "a number is small", "the check raised ValueError: nine of them",
    }  # fmt: skip
    for sentence, finding in outcome.findings.items():
        assert finding.count > 5
        seed, number = map(int, finding.case.split(":"))
        case = case_of("planted", PLANTED, seed, number)
        assert repr(case) == finding.shown
        assert attempt(PLANTED, case) == sentence


def test_time_ends_the_cases():
    assert run("planted", PLANTED, seed=0, seconds=0).cases == 0


def test_counts_and_findings_are_stored_with_the_command_that_repeats_them(
    tmp_path, monkeypatch, capsys
):
    outcome = run("planted", PLANTED, seed=5, seconds=60, most=50)
    command.store([outcome, Outcome("other", 0)], tmp_path / "fuzz.json")
    stored = json.loads((tmp_path / "fuzz.json").read_text())
    assert [(each["cases"], each["seed"]) for each in stored["kinds"]] == [(50, 5), (0, 0)]
    assert stored["machine"]["cores"]
    table = (tmp_path / "fuzz.md").read_text()
    assert "| planted | 5 | 50 |" in table
    assert f"on {stored['measured']}, at commit" in table
    assert "times: a number is small; once more by" in table
    words = re.findall(r"`python -m benchmarks.fuzz (.* 5:\d+)`", table)
    assert len(words) == len(outcome.findings)
    monkeypatch.setitem(KINDS, "planted", PLANTED)
    for each in words:
        assert command.main(each.split()) == 1
    assert "a number is small" in capsys.readouterr().out


def test_progress_is_told(monkeypatch):
    monkeypatch.setattr(campaign, "TELL", 0.0)
    told = []
    run("planted", PLANTED, seed=5, seconds=60, most=3, tell=lambda each: told.append(each.cases))
    assert told == [1, 2, 3]


def test_hostile_values_are_the_same_from_the_same_seed_and_are_json():
    from random import Random

    made = [[hostile(Random(seed)) for seed in range(300)] for _ in range(2)]
    assert repr(made[0]) == repr(made[1])
    assert json.dumps(made[0])
