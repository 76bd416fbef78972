"""Exponentials that overflow: values, gradients and Hessians against 800 digits."""

import mpmath
import numpy as np
import pytest

from egop.objectives import derivation
from egop.objectives.expression import from_expression, parse
from tests.objectives.formulas import NotRealError, reference, reference_gradient, reference_hessian

FORMULAS = [
    "log(1 + exp(x))",
    "ln(e^x + 1)",
    "softplus(x)",
    "log1p(exp(x))",
    "log(1 + exp(5*x))/5",
    "log(1 + exp(-y*x))",
    "log(exp(200x) + exp(-200x))",
    "log(exp(x) + exp(y) + exp(x + y))",
    "logsumexp(x, y, 2x)",
    "log(2 + 3e^x + exp(2y))",
    "log(1 + 2^x)",
    "log(cosh(x))",
    "log(2cosh(x) + cosh(y))",
    "1/(1 + exp(-x))",
    "sigmoid(x)",
    "(1 + e^-x)^-1",
    "1/(1 + exp(-x))^2",
    "exp(x)/(1 + exp(x))",
    "-exp(x)/(2 + 2exp(x))",
    "exp(-x)/(1 + exp(-x))^2",
    "exp(x)/(exp(x) + exp(y) + 1)",
    "tanh(x)",
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
    "(e^(2x) - 1)/(e^(2x) + 1)",
    "sinh(x)/cosh(x)",
    "cosh(x)/sinh(x)",
    "sinh(x)^2/cosh(x)^2",
    "sinh(x)/(1 + cosh(x))",
    "y*sinh(x)/(2 + exp(x) + exp(-x))",
    "x/sinh(x)",
    "log(abs(sinh(x)))",
    "log(1 + sinh(x)^2)",
    "log(exp(y) + 3sinh(x)^2)",
    "log(1 + tanh(x))",
    "log(1 - tanh(x)) + log(tanh(x) + 1)",
    "sqrt(exp(x))/exp(x/2) + y",
    "1/cosh(x)",
    "x/(1 + exp(-x))",
    "x*sigmoid(x)",
    "(x*exp(x) + y*exp(y))/(exp(x) + exp(y))",
    "log(sigmoid(x)) + y",
    "-log(1/(1 + exp(-x)))",
    "-log(1 - 1/(1 + exp(-x)))",
    "-log(1 - sigmoid(x))",
    "log(1 - exp(x)/(exp(x) + exp(y)))",
    "log((1 + exp(x))/(1 + exp(y)))",
    "log((1 + exp(x))^3*(1 + exp(y)))",
    "log(y*exp(x)/3)",
    "log(exp(x) + x^2 + y)",
    "log(2 + sin(x) + exp(x))",
    "log(1 + y^2*exp(x)*(2 + sin(y)))",
    "exp(x)/(exp(x) - 1)",
    "x/(exp(x) - exp(y))",
    "y*exp(2x)/(exp(x) - 3)^2",
    "exp(x)/(2 + sin(x) + exp(x))",
    "x^2*exp(x)/(1 + exp(x))^2",
    "-log(0.5exp(-x^2) + 0.5exp(-(x-3)^2))",
    "sqrt(1 + exp(x))*exp(-x/2)",
    "exp(x)*exp(-x/2)/exp(x/2) + y",
    "log(exp(x) + exp(-exp(y)))",
    "sinh(x)/sqrt(1 + sinh(x)^2)",
    "sinh(x)/norm(y, sinh(x))",
    "sinh(x)^3/(1 + sinh(x)^2)^1.5",
    "(1 + sinh(x)^2)/(3 + sinh(x)^2)",
    "sqrt(1 + sinh(x)^2)/cosh(x)",
    "x*exp(x)/sqrt(y + exp(2x))",
]
POINTS = [(800.0, 1.0), (-800.0, 1.5), (-40.0, 39.0), (0.3, 0.7)]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_overflows_on_the_way(text, point):
    objective, tree = from_expression(text), parse(text).tree
    with mpmath.workdps(800):
        exact = [mpmath.mpf(coordinate) for coordinate in point]
        value = float(reference(tree, exact))
        slope = np.array(reference_gradient(tree, exact), dtype=float)
        curvature = np.array(reference_hessian(tree, exact), dtype=float)
    found, gradient = objective.value_and_gradient(point)
    assert found == pytest.approx(value, rel=1e-12, abs=1e-15)
    assert gradient == pytest.approx(slope, rel=1e-10, abs=1e-12)
    assert objective.hessian(point) == pytest.approx(curvature, rel=1e-9, abs=1e-10)


OVERFLOWING = [
    "(cosh(x) + y)/(sinh(x) - y)",
    "(exp(x) - y)^2/(exp(2x) + cosh(x)*y)",
    "cosh(x)^2 - sinh(x)^2",
    "exp(x) - exp(x)*y",
    "sinh(x)/sqrt(y + sinh(x)^2)",
    "2^x*sinh(x)/(4^x + y)",
    "tanh(x)*y - cosh(x)/sinh(x + y)",
    "tan(x/400)*cosh(x)/(sinh(x)*y + x)",
]


@pytest.mark.parametrize("x", [150.0, 200.0, 400.0, 800.0, -400.0])
@pytest.mark.parametrize("text", OVERFLOWING)
def test_a_slope_lost_to_overflow_is_never_a_wrong_number(text, x):
    point, tree = (x, 1.0), parse(text).tree
    with mpmath.workdps(800):
        exact = [mpmath.mpf(coordinate) for coordinate in point]
        try:
            slope = np.array(reference_gradient(tree, exact), dtype=float)
        except NotRealError:
            slope = np.full(2, np.nan)
    value, gradient = from_expression(text).value_and_gradient(point)
    known = np.isfinite(gradient) & np.isfinite(value)
    assert gradient[known] == pytest.approx(slope[known], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["tanh(exp(x))", "atan(y*exp(x))", "exp(-exp(x))", "exp(-cosh(x))"]
)
def test_the_slope_of_a_function_that_has_saturated_is_0(text):
    assert from_expression(text).value_and_gradient([800.0, 1.0])[1].tolist() == [0, 0]


def test_the_logarithm_of_sinh_is_accurate_near_0_and_far_from_it():
    value, gradient = from_expression("log(sinh(x))").value_and_gradient([[1e-9, 0], [800, 0]])
    assert value == pytest.approx([np.log(1e-9), 800 - np.log(2)], rel=1e-14)
    assert gradient[:, 0] == pytest.approx([1e9, 1], rel=1e-14)


def test_differences_of_exponentials_in_a_logarithm():
    objective = from_expression("log(exp(x) - exp(y))")
    value, gradient = objective.value_and_gradient([[800.0, 3.0], [801.0, 800.0], [2.0, 3.0]])
    assert value[:2] == pytest.approx([800.0, 800 + np.log(np.e - 1)])
    weight = np.e / (np.e - 1)
    assert gradient[:2] == pytest.approx(np.array([[1, 0], [weight, 1 - weight]]))
    assert np.isnan(value[2])


def test_many_exponentials_are_added_in_proportion_to_their_number():
    def steps(n: int) -> int:
        terms = " + ".join(f"exp({i + 1}x + y)" for i in range(n))
        program, value = derivation.program(parse(f"log({terms})"))
        program.gradient(value)
        return len(program.steps)

    assert steps(24) < 2.6 * steps(12)


@pytest.mark.parametrize("pattern", ["1/(1 + exp({}))", "log(exp({}) + exp(y))", "norm({}, 1)^0.5"])
def test_nested_forms_grow_in_proportion_to_their_depth(pattern):
    def steps(n: int) -> int:
        text = "x"
        for _ in range(n):
            text = pattern.format(text)
        program, value = derivation.program(parse(text))
        program.gradient(value)
        return len(program.steps)

    assert steps(12) < 2.6 * steps(6)
