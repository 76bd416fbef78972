"""The sentence above the figures says what is true of the comparison."""

import pytest

from egop.explorer import Explorer
from egop.explorer.catalog import BASES
from egop.explorer.views.premise import premise_of

SAME = "Same method, same start, same rate: only the axes differ"


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(n_steps=20, n_samples=50)


def said(explorer: Explorer) -> str:
    sentence = premise_of(explorer._shown)
    assert sentence in explorer._figures.premise.html
    return sentence


def test_the_opening_scene_differs_in_the_axes_alone(explorer: Explorer):
    assert said(explorer) == f"{SAME}."


def test_rates_that_are_tuned_apart_are_said(explorer: Explorer):
    explorer.scene.rotated_rates = {"adam": 0.5}
    assert said(explorer) == "Same method, same start: the axes differ, and the rate of Adam."
    explorer.scene.rotated_rates = {"adam": 0.5, "adagrad": 1.0}
    assert said(explorer).endswith("and the rates of Adagrad and Adam.")
    explorer.scene.rates = {**explorer.scene.rates, "momentum": 0.01}
    explorer.scene.methods = ["adagrad", "adam", "momentum"]
    explorer.scene.rotated_rates = {"adam": 0.5, "adagrad": 1.0, "momentum": 0.02}
    assert said(explorer).endswith("and the rates of Adagrad, Adam and Momentum.")
    explorer.scene.methods = ["adagrad", "adam"]
    explorer.scene.rotated_rates = {"adam": explorer.scene.rates["adam"]}
    assert said(explorer) == f"{SAME}."


@pytest.mark.parametrize("basis", BASES.values())
def test_axes_that_are_not_the_egops_are_said(explorer: Explorer, basis: str):
    explorer.scene.basis = basis
    sentence = said(explorer)
    if basis == "leading":
        same = SAME.replace("only the axes", "the axes")
        assert sentence == f"{same}, and rotated runs move along v₁ alone."
        explorer.scene.rotated_rates = {"adam": 0.5}
        assert said(explorer).endswith("the rate of Adam, and rotated runs move along v₁ alone.")
        return
    assert sentence.startswith(SAME)
    assert ("on the right" in sentence) == (basis in {"hessian", "random", "dial"})


def test_without_a_method_nothing_is_compared(explorer: Explorer):
    explorer.scene.methods = []
    assert said(explorer).startswith("No method is chosen")
