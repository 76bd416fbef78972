"""Formulas as LaTeX."""

import pytest
from hypothesis import given, settings

from egop.objectives.parser import parse
from egop.objectives.tree import Formula
from egop.objectives.typesetting import formula_latex
from tests.objectives.formulas import trees


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        (
            "(1-x)^2 + 100*(y-x^2)^2",
            r"\left(1 - x\right)^{2} + 100 \left(y - x^{2}\right)^{2}",
        ),
        ("x^2/2 - (x+y)/3", r"\frac{x^{2}}{2} - \frac{x + y}{3}"),
        ("-(x+y)*2", r"-\left(x + y\right) \cdot 2"),
        ("(x/2)^2", r"\left(\frac{x}{2}\right)^{2}"),
        ("2*3x", r"2 \cdot 3 x"),
        ("x*(-y)", r"x \left(-y\right)"),
        ("sin(x)^2", r"\sin\left(x\right)^{2}"),
        ("e^(-x^2)", r"e^{-x^{2}}"),
        ("sqrt(x1 + x2)", r"\sqrt{x_{1} + x_{2}}"),
        ("2 pi x", r"2 \pi x"),
        ("abs(x)", r"\left|x\right|"),
        ("max(x, y)", r"\max\left(x, y\right)"),
        ("1e-7x", r"1 \times 10^{-7} x"),
    ],
)
def test_a_formula_is_set_as_it_was_typed(text, latex):
    assert formula_latex(parse(text)) == latex


@given(trees())
@settings(max_examples=200, deadline=None)
def test_braces_and_parentheses_are_balanced(tree):
    latex = formula_latex(Formula("", tree, 2, False, False))
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
