"""Typed formulas as objectives: values, gradients and Hessians against slow references."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from egop.objectives import derivation, source
from egop.objectives.expression import (
    ExpressionError,
    formula_latex,
    from_expression,
    gradient_latex,
    parse,
)
from egop.objectives.tree import Formula
from tests.objectives.formulas import (
    NotRealError,
    reference,
    reference_gradient,
    reference_hessian,
    trees,
)

COORDINATE = st.floats(-3, 3, allow_nan=False).map(lambda x: round(x, 3) + 0.0005)
POINTS = st.tuples(COORDINATE, COORDINATE)


def settled(function, tree, point) -> np.ndarray:
    """The reference with 80 digits; the example is dropped where 16 digits cannot give it."""
    try:
        with mpmath.workdps(80):
            exact = np.array(function(tree, [mpmath.mpf(x) for x in point]), dtype=object)
            nearby = [
                np.array(function(tree, [mpmath.mpf(x * (1 + share)) for x in point])).astype(float)
                for share in (1e-14, -1e-14)  # floor(1/x) jumps on one side only
            ]
            value = [reference(tree, [mpmath.mpf(x) for x in point])]
        with mpmath.workdps(16):
            value.append(reference(tree, [mpmath.mpf(x) for x in point]))
    except NotRealError:
        assume(False)
    exact = exact.astype(float)
    scale = np.abs(exact).max()
    assume(scale < 1e8)
    assume(np.abs(exact - np.array(nearby)).max() <= 1e-10 * (1 + scale))
    assume(abs(value[0] - value[1]) <= 1e-11 * (1 + abs(value[0])))
    return exact


def derived(tree):
    """Program, value and gradient of a tree in two variables; dropped when it is refused."""
    try:
        formula = parse(str(Formula("", tree, 2, False, False)))
        program, value = derivation.program(formula)
        return program, value, program.gradient(value)
    except ExpressionError:
        assume(False)
        raise


def interpreted(program, value, gradient, point) -> tuple[float, np.ndarray]:
    """Value and gradient of the kernel, run by Python itself."""
    written = np.full(2, np.nan)
    with np.errstate(all="ignore"):
        f = source.kernel(program, value, gradient)(None, 2, np.array(point), written)
    return float(f), written


@given(trees(), POINTS)
@settings(max_examples=300, deadline=None)
def test_values_of_random_formulas(tree, point):
    exact = settled(reference, tree, point)
    try:
        value, _ = interpreted(*derived(tree), point)
    except ExpressionError:
        assume(False)
        raise
    assert value == pytest.approx(float(exact), rel=1e-9, abs=1e-9)


@given(trees(), POINTS)
@settings(max_examples=300, deadline=None)
def test_gradients_of_random_formulas(tree, point):
    exact = settled(reference_gradient, tree, point)
    _, gradient = interpreted(*derived(tree), point)
    assert gradient == pytest.approx(exact, rel=1e-7, abs=1e-7 * (1 + np.abs(exact).max()))


@given(trees(), POINTS)
@settings(max_examples=150, deadline=None)
def test_hessians_of_random_formulas(tree, point):
    exact = settled(reference_hessian, tree, point)
    program, value, gradient = derived(tree)
    parts = source.arrays(program, value, [h for g in gradient for h in program.gradient(g)])
    with np.errstate(all="ignore"):
        hessian, nearby = (
            np.array(parts(np.array(point) * (1 + shift))[1:], dtype=float).reshape(2, 2)
            for shift in (0.0, 1e-14)
        )
    scale = 1 + np.abs(exact).max()
    assume(not np.abs(hessian - nearby).max() > 1e-6 * scale)  # x²/log(1+x²) close to 0
    assert hessian == pytest.approx(exact, rel=1e-5, abs=1e-5 * (1 + np.abs(exact).max()))


@given(trees())
@settings(max_examples=200, deadline=None)
def test_every_formula_that_parses_is_differentiated_or_refused(tree):
    text = str(Formula("", tree, 2, False, False))
    try:
        objective = from_expression(text)
    except ExpressionError:
        return
    assert objective.hessian(np.full((2, 3, objective.dim), 0.7)).shape == (2, 3, 2, 2)
    assert len(gradient_latex(text)) == objective.dim


COMPILED = [
    "x^2*y^3 - x/y",
    "exp(-x^2)*sin(3y) + cos(x*y)",
    "sqrt(1 + x^2) + (2 + x^2)^(1/3) + y^2.5",
    "tan(x/3) + asin(x/4) + acos(y/4) + atan(x*y)",
    "sinh(x/2) - cosh(y/2) + tanh(x - y)",
    "log(1 + x^2) + ln(y) + 2^x + y^x + x^-3",
    "abs(x - 2) + sign(x)*y + max(x, y^2)*min(x, y)",
    "x*y*z*w + x^2 - w^4",
    "x1*x8 + x3^2*x5 - 1/(x7^2 + 2)",
]


@pytest.mark.parametrize("text", COMPILED)
def test_compiled_derivatives_against_central_differences(text):
    objective = from_expression(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.3, 1.7, (6, objective.dim))
    values, gradients = objective.value_and_gradient(x)
    tree = parse(text).tree
    for i in range(len(x)):
        with mpmath.workdps(50):
            point = [mpmath.mpf(float(c)) for c in x[i]]
            assert values[i] == pytest.approx(float(reference(tree, point)), rel=1e-13)
            exact = np.array(reference_gradient(tree, point), dtype=float)
            hessian = np.array(reference_hessian(tree, point), dtype=float)
        assert gradients[i] == pytest.approx(exact, rel=1e-11, abs=1e-11)
        assert objective.hessian(x[i]) == pytest.approx(hessian, rel=1e-9, abs=1e-9)


def test_leading_axes_are_kept():
    objective = from_expression("x*y + z^2")
    x = np.random.default_rng(1).normal(size=(4, 5, 3))
    assert objective.value(x).shape == (4, 5)
    assert objective.gradient(x).shape == (4, 5, 3)
    assert objective.hessian(x).shape == (4, 5, 3, 3)
    assert objective.hessian(x[0, 0]) == pytest.approx(
        np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 2]])
    )


def test_at_a_kink_the_gradient_is_the_mean_of_both_sides():
    at_zero = np.zeros(2)
    assert from_expression("abs(x) + 3y").gradient(at_zero).tolist() == [0.0, 3.0]
    assert from_expression("max(x, 3y)").gradient(at_zero).tolist() == [0.5, 1.5]
    assert from_expression("min(x, 3y)").gradient(at_zero).tolist() == [0.5, 1.5]


@pytest.mark.parametrize("text", ["sqrt(x^2 + y^2)", "(x^2 + y^2)^0.75", "x^4/(x^2 + y^2) + y^2"])
def test_where_the_derivative_is_0_over_0_the_gradient_is_0(text):
    objective = from_expression(text + " + sqrt(x^2 + y^2)")
    value, gradient = objective.value_and_gradient(np.zeros(2))
    assert gradient.tolist() == [0.0, 0.0] or np.isnan(value)


def test_a_value_that_is_not_finite_keeps_its_gradient_undefined():
    value, gradient = from_expression("sqrt(x^2*y)").value_and_gradient([0.0, -1.0])
    assert np.isfinite(value) == np.isfinite(gradient).all()
    value, gradient = from_expression("x^0.3 + sqrt(y)").value_and_gradient([-1.0, -1.0])
    assert np.isnan(value)
    assert np.isnan(gradient).all()


def test_nothing_raises_where_a_formula_leaves_the_numbers():
    objective = from_expression("1/x + log(y) + exp(x^9)")
    values = objective.value([[0.0, 1.0], [1.0, 0.0], [90.0, 1.0], [1.0, -1.0]])
    assert values[:3].tolist() == [np.inf, -np.inf, np.inf]
    assert np.isnan(values[3])
    assert not np.isfinite(objective.hessian([0.0, 0.0])).all()


def test_rosenbrocks_kernel_is_as_short_as_one_written_by_hand():
    program, value = derivation.program(parse("(1-x)^2 + 100*(y-x^2)^2"))
    lines = source.Source(program, value, program.gradient(value))
    code = " ".join([*lines.lines, *lines.outputs])
    assert "**" not in code
    assert code.count(" * ") <= 9
    assert not lines.guarded


@pytest.mark.parametrize(
    ("text", "function"),
    [("sin(x)*cos(y) + sin(x)", "np.sin("), ("exp(x*y) + x*exp(x*y)", "np.exp(")],
)
def test_value_and_gradient_share_their_calls(text, function):
    program, value = derivation.program(parse(text))
    lines = source.Source(program, value, program.gradient(value))
    code = " ".join([*lines.lines, *lines.outputs])
    assert code.count(function) == 1 + (function == "np.sin(" and code.count("np.sin(x1") > 0)


@pytest.mark.parametrize(
    "pattern",
    [
        lambda n: "sin(2*" * n + "x" + ")" * n,
        lambda n: "sqrt(1+x*" * n + "y" + ")" * n,
        lambda n: "*".join(f"(x+{i})" for i in range(n)),
        lambda n: "^".join(["x"] * n),
    ],
)
def test_derivatives_grow_in_proportion_to_the_formula(pattern):
    """Multiplied out, each of these would grow like n² or worse."""

    def length(n: int) -> int:
        program, value = derivation.program(parse(pattern(n)))
        return sum(map(len, source.Source(program, value, program.gradient(value)).lines))

    assert length(24) < 2.6 * length(12)


def test_only_numbers_names_and_numpy_reach_the_generated_source():
    program, value = derivation.program(parse("x^2.5 + max(x, y)*e - 1e-7*sin(pi*y)"))
    lines = source.Source(program, value, program.gradient(value))
    names = set()
    for code in [*lines.lines, *lines.outputs]:
        names |= set(compile(code, "<test>", "exec").co_names)
    functions = {name for name in names if name not in {"np", "x0", "x1"} and name[0] != "t"}
    assert functions <= {"maximum", "sin", "cos", "sign", "sqrt"} | {"tan", "tanh"}


def test_the_name_domain_minimizer_and_minimum_are_kept():
    objective = from_expression(
        " x^4 + y^4 + 1 ", domain=[(-1, 2), (0, 3)], minimizer=[0, 0], minimum=1.0
    )
    assert objective.name == "x^4 + y^4 + 1"
    assert objective.formula == formula_latex(parse("x^4 + y^4 + 1"))
    assert objective.domain is not None
    assert objective.minimizer is not None
    assert objective.domain.tolist() == [[-1, 2], [0, 3]]
    assert objective.minimizer.tolist() == [[0, 0]]
    assert objective.minimum == 1.0
    assert from_expression("x + y", name="plane", domain=(0, 1)).name == "plane"


def test_a_missing_minimum_is_computed_at_the_minimizer():
    assert from_expression("x^4 + y^4 + 1", minimizer=[[0, 0]]).minimum == 1.0


@pytest.mark.parametrize(
    ("text", "center", "minimum"),
    [
        ("(x + 2y - 7)^2 + (2x + y - 5)^2", [1, 3], 0.0),
        ("x^2 + x*y + y^2 - 3x", [2, -1], -3.0),
        ("(x - 1)^2/2 + 50*y^2 + 4", [1, 0], 4.0),
    ],
)
def test_a_convex_quadratic_is_recognized(text, center, minimum):
    objective = from_expression(text)
    assert objective.quadratic is not None
    assert objective.minimizer is not None
    hessian, c = objective.quadratic
    assert c == pytest.approx(center, abs=1e-14)
    assert objective.minimizer[0] == pytest.approx(center, abs=1e-14)
    assert objective.minimum == pytest.approx(minimum, abs=1e-14)
    x = np.random.default_rng(2).normal(size=(7, 2))
    expected = np.einsum("ni,ij,nj->n", x - c, hessian, x - c) / 2 + minimum
    assert objective.value(x) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text", ["x^2 - y^2", "x^2", "(x + y)^2"])
def test_a_quadratic_without_a_single_minimum_has_no_minimizer(text):
    objective = from_expression(text)
    assert objective.quadratic is not None
    assert objective.minimizer is None
    assert objective.minimum is None


@pytest.mark.parametrize("text", ["x + y^2", "x", "x^3", "sin(x)", "x^2*y^2", "x/y", "(1e200x)^2"])
def test_other_formulas_are_no_quadratics(text):
    assert from_expression(text).quadratic is None


@pytest.mark.parametrize("domain", [(1, 0), (0, np.inf), [(0, 1)] * 3, "wide", (0, 1, 2), 4])
def test_a_domain_that_is_no_box_is_refused(domain):
    with pytest.raises(ValueError, match="domain takes"):
        from_expression("x + y", domain=domain)


@pytest.mark.parametrize("minimizer", [[0, 0, 0], [[np.nan, 0]], 3.0])
def test_a_minimizer_of_another_dimension_is_refused(minimizer):
    with pytest.raises(ValueError, match="minimizer takes"):
        from_expression("x^2 + y^4", minimizer=minimizer)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/(x - x)", "division by zero at position 6"),
        ("log(x - x)", "at position 1 is not a finite real number"),
        ("sqrt(0*x - 1)", "at position 1 is not a finite real number"),
        ("0*log(x - x - 1) + x", "at position 3 is not a finite real number"),
        ("(x - x - 2)^y", "needs a positive base, got -2"),
        ("1/(x/x - 1)", "nowhere a finite real value"),
        ("log(x/x - 1)", "nowhere a finite real value"),
        ("0*log(x/x - 2)", "nowhere a finite real value"),
        ("sqrt(x/x - 2) + y", "nowhere a finite real value"),
    ],
)
def test_a_formula_that_is_nowhere_real_is_refused(text, reason):
    with pytest.raises(ExpressionError, match=reason):
        from_expression(text)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("log(x) - log(x) + y", 1.0),
        ("0*log(x) + y", 1.0),
        ("sqrt(x)*sqrt(x) + y", 2.0),
        ("y + asin(x/2)*0", 1.0),
        ("y*log(x)/log(x)", 1.0),
        ("x^0.5*x^-0.5*y", 1.0),
    ],
)
def test_where_a_part_that_cancels_is_not_defined_neither_is_the_formula(text, inside):
    at = 3.0 if "log(x)/log" in text else 1.0
    values = from_expression(text).value([[at, 1.0], [-3.0, 1.0]])
    assert values[0] == pytest.approx(inside)
    assert np.isnan(values[1])


@pytest.mark.parametrize(
    ("text", "expected"), [("log(x)^0 + y", 2.0), ("1^log(x) + y", 2.0), ("x - x + y", 1.0)]
)
def test_powers_that_are_1_whatever_the_number_are_1(text, expected):
    assert from_expression(text).value([-3.0, 1.0]) == expected


def test_the_same_formula_shares_one_kernel():
    assert from_expression("x*y+1").kernel is from_expression("x * y + 1").kernel


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x^3 + 2y", ["3 x^{2}", "2"]),
        ("sin(x1)*x2", [r"x_{2} \cos{\left(x_{1} \right)}", r"\sin{\left(x_{1} \right)}"]),
        ("0.5x^2", ["x", "0"]),
        ("cosh(x)", [r"\sinh{\left(x \right)}", "0"]),
        ("tanh(x)", [r"1 - \tanh^{2}{\left(x \right)}", "0"]),
        ("abs(x)", [r"\operatorname{sign}\left(x\right)", "0"]),
    ],
)
def test_the_gradient_in_latex(text, latex):
    assert gradient_latex(text) == [part.replace("1.0 ", "") for part in latex]


def test_a_gradient_that_would_fill_a_page_is_left_as_a_derivative():
    text = "sin(2*" * 30 + "x" + ")" * 30
    assert gradient_latex(text)[1].startswith(r"\frac{\partial}{\partial y} \left(\sin")
