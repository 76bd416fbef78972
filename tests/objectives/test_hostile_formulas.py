"""Formulas that were made to take for ever: refused, or differentiated with bounded work."""

import contextlib
import pickle

import numpy as np
import pytest

from egop.limited_process import LimitedProcesses
from egop.objectives import derivation, expression, source, special
from egop.objectives.expression import ExpressionError, from_expression, gradient_latex, parse
from egop.objectives.formula_source import derive, derive_hessian
from egop.objectives.grammar import MAX_CANONICAL, MAX_LENGTH

TOWERS = [
    "9^9^8^1^x",
    "9^9^(8 + 0*x)",
    "9^9^(9 + x - x)",
    "9^9^9^x^0",
    "9^(9^(9^(x-x+9)))",
    "(x-x)^9^9 + 9^9^9^sin(x)^0",
    "9^9^max(9, 9 + x - x)",
    "9^9^(9*sign(|x| - |x| + 1))",
    "9^9^(x/x*9)",
    "x^(9999999*x/x)",
    "(2x)^(99^5*1^x)",
    "(2x)^(99^5*x/x)",
    "((2x)^(99*x/x)*3)^(99*x/x)*" * 3 + "((2x)^(99*x/x)*3)^(99*x/x)",
    "exp(exp(exp(exp(x - x + 9))))",
    "exp(exp(exp(9*x/x)))",
    "sin(exp(exp(exp(3 + 0*x))))",
    "sin(exp(exp(exp(3*x/x))))",
    "floor(cosh(exp(exp(9*x/x))))",
    "1e300*x*1e300*1e300",
]
LONG = {
    "log-sum-exp": "log(" + "+".join(f"exp({i}x-y)" for i in range(75)) + ")",
    "shares": "*".join(f"(exp(x)-{i})" for i in range(1, 20)) + "/(exp(x)+exp(y))",
    "nested norms": "norm(x," * 31 + "y" + ")" * 31,
    "nested maxima": "max(x,y," * 31 + "y" + ")" * 31,
    "fractional powers": "+".join(f"x^{i}.5" for i in range(100)),
    "logarithms": "+".join(f"x^{i}*log(x)" for i in range(60)),
    "towers of variables": "^".join(["x", "y"] * 16),
    "repeated": "+".join(["sin(cos(tan(x*y)))"] * 50),
    "product": "*".join(f"(x+{i})" for i in range(130)),
    "power of a sum": "(" + "+".join(f"{i}x" for i in range(60)) + ")^99",
    "hyperbolic tangents": "tanh(" * 31 + "x" + ")" * 31,
    "hyperbolic cosines": "cosh(" * 21 + "x" + ")" * 21,
    "a power within a hyperbolic sine": "x^sinh(exp(x^99))",
    "sigmoids": "sigmoid(" * 31 + "x" + ")" * 31,
    "eight variables": "*".join(f"(x{i}+x{j})" for i in range(1, 9) for j in range(1, 9)),
}


@pytest.fixture(scope="module")
def processes():
    processes = LimitedProcesses(preload=("egop.objectives.formula_source",))
    yield processes
    processes.close()


@pytest.mark.parametrize("text", TOWERS)
def test_no_tower_reaches_sympy(text, processes):
    """In another process, since sympy would hold the interpreter's lock for minutes."""
    for function in (gradient_latex, derive):
        with contextlib.suppress(ExpressionError):
            processes.call(function, text, seconds=10.0)


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_formulas_are_differentiated_with_bounded_work(text, processes):
    derived = processes.call(derive, str(parse(text)), True, seconds=20.0)
    assert len(derived.kernel) <= source.MAX_KERNEL
    assert len(derived.hessian or "") <= source.MAX_ARRAYS
    assert derived.latex
    assert pickle.loads(pickle.dumps(derived)) == derived


def test_numbers_in_sympy_stay_short():
    program, value = derivation.program(parse("(9007199254740991x)^99 + x^2/3/7/9/11/13"))
    outputs = [value, *program.gradient(value), *program.steps.values()]
    integers = set().union(*(each.atoms(special.sympy.Integer) for each in outputs))
    assert max(abs(int(each)) for each in integers) < 2**54


def test_a_formula_with_too_many_steps_or_lines_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(derivation, "MAX_STEPS", 20)
    with pytest.raises(ExpressionError, match="too long: its derivatives take too many"):
        derive(str(parse("sin(2*" * 30 + "x" + ")" * 30)))
    monkeypatch.undo()
    monkeypatch.setattr(source, "MAX_KERNEL", 100)
    with pytest.raises(ExpressionError, match="make it shorter"):
        derive("sin(x*y) + cos(x*y)")


def test_a_hessian_that_is_too_long_is_taken_by_differences(monkeypatch):
    text = "sin(x*y) + x^4*y^2 + 1/7"
    exact = from_expression(text).hessian([[0.5, 0.7], [0.1, 0.2]])
    monkeypatch.setattr("egop.objectives.formula_source.MAX_HESSIAN_STEPS", 1)
    assert derive_hessian(str(parse(text))) is None
    expression._functions.cache_clear()
    objective = from_expression(text)
    assert objective.hessian([[0.5, 0.7], [0.1, 0.2]]) == pytest.approx(exact, rel=1e-8)


LONGER_THAN_TYPED = [
    "+".join(["2x y"] * 200),
    "x²" * 499,
    "√" * 32 + "x" + "+9e9x" * 190,
    "½+" * 400 + "x",
]


@pytest.mark.parametrize("text", LONGER_THAN_TYPED, ids=lambda text: text[:6])
def test_the_length_is_measured_on_the_text_as_typed(text):
    formula = parse(text)
    assert len(text) <= MAX_LENGTH < len(str(formula)) <= MAX_CANONICAL
    assert parse(str(formula)) == formula
    assert np.isfinite(from_expression(text).value([0.5, 0.5]))


@pytest.mark.parametrize(
    "text", ["-(-x)", "-(-(-x))", "x - -y", "(-(-x))^2", "2*-(-x)", "-(-x)*y", "x^-(-y)", "-(-2)*x"]
)
def test_the_canonical_text_of_two_signs_parses_to_itself(text):
    formula = parse(text)
    assert parse(str(formula)) == formula
    assert str(parse(str(formula))) == str(formula)


@pytest.mark.parametrize("text", ["(" * 31 + "x²" + ")" * 31, "(" * 30 + "½x" + ")" * 30])
def test_the_depth_of_the_canonical_text_is_that_of_the_typed_one(text):
    formula = parse(text)
    assert parse(str(formula)) == formula
    with pytest.raises(ExpressionError, match="nested deeper"):
        parse(f"(({text}))")


def test_a_bounded_number_of_compiled_formulas_is_kept():
    assert expression._functions.cache_parameters()["maxsize"] == expression.KEPT <= 64
    assert expression._derived.cache_parameters()["maxsize"] == expression.KEPT
