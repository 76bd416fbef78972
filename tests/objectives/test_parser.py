"""Texts that are formulas, their meaning, and sentences that refuse others."""

import math
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.objectives.grammar import FUNCTIONS, MAX_CANONICAL, MAX_DEPTH, MAX_LENGTH, ExpressionError
from egop.objectives.parser import parse
from egop.objectives.tree import Formula, Number, Variable
from tests.objectives.formulas import reference, trees


def value(text: str, *point: float) -> float:
    return float(reference(parse(text).tree, list(point)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y*2", 8.0),
        ("(x + y)*2", 10.0),
        ("x - y - 1", -2.0),
        ("x - (y - 1)", 0.0),
        ("y/x/3", 0.5),
        ("-x^2", -4.0),
        ("(-x)^2", 4.0),
        ("--x + +y", 5.0),
        ("2^-x", 0.25),
        ("2^3^x", 512.0),
        ("x**y", 8.0),
        ("-2x", -4.0),
        ("2x^2", 8.0),
        ("3(x+1)", 9.0),
        ("(x+1)(y-1)", 6.0),
        ("(x+1)y", 9.0),
        ("x y", 6.0),
        ("2 x y", 12.0),
        ("2sqrt(2x)", 4.0),
        ("x sqrt(2 x)", 4.0),
        ("x²y", 12.0),
        ("x × y ÷ 3 − 1", 1.0),
        (".5x + 1e-3y + 2.", 3.003),
        ("2e3x", 4000.0),
        ("cos(2π x)", 1.0),
        ("cos(2 pi x)", 1.0),
        ("ln(e^x)", 2.0),
        ("2e x", 4 * math.e),
        ("max(x, y) - min(x, y)", 1.0),
        ("abs(x - y) + sign(x - y)", 0.0),
        ("\tx\n", 2.0),
        ("relu(x) + relu(-y)", 2.0),
        ("sigmoid(x - 2)", 0.5),
        ("softplus(x)", math.log1p(math.exp(2))),
        ("norm(x, y, 6)", 7.0),
        ("hypot(x, y)^2", 13.0),
        ("norm(-x)", 2.0),
        ("logsumexp(x, y)", math.log(math.exp(2) + math.exp(3))),
        ("floor(x/3) + ceil(y/2) + round(y/4)", 3.0),
        ("max(x, y, 5, 1)*min(x, y, 1)", 5.0),
        ("clip(y, 0, 1)", 1.0),
        ("log2(x) + log10(100y/3)", 3.0),
        ("asinh(x) - arcsinh(x) + arctan(y) - atan(y) + sgn(x)", 1.0),
        ("|x - y| + |y|", 4.0),
        ("||x| - 5|", 3.0),
        ("| |x|-1 |", 1.0),
        ("|x-|y||", 1.0),
        ("2|x|y", 12.0),
        ("|x||y|", 6.0),
        ("|-x|^2", 4.0),
        ("X^2 + Y", 7.0),
        ("Exp(X) - EXP(X) + 2PI", 2 * math.pi),
        ("½x + ¾", 1.75),
        ("x^½", math.sqrt(2)),
        ("x⁻¹", 0.5),
        ("√x", math.sqrt(2)),
        ("√(x + 2)y", 6.0),
        ("√4*x", 4.0),
        ("√|x|", math.sqrt(2)),
        ("sqrt x", math.sqrt(2)),
        ("sin x", math.sin(2)),
        ("sin 2x", math.sin(4)),
        ("3 sin(2x) y", 9 * math.sin(4)),
        ("sin 2 pi x + 1", 1.0),
        ("exp -x", math.exp(-2)),
        ("sin x cos y", math.sin(2) * math.cos(3)),
        ("log |x|", math.log(2)),
        ("ln x * 2", 2 * math.log(2)),
        ("sin² x + cos^2(x)", 1.0),
        ("sin^2 x + cos²(x)", 1.0),
    ],
)
def test_a_formula_means_what_mathematics_reads(text, expected):
    assert value(text, 2.0, 3.0) == pytest.approx(expected, rel=1e-14)


def test_a_lowered_digit_is_a_variables_number():
    assert parse("x₁ + x₈") == parse("x1 + x8")
    assert parse("x_1 + x_{8}") == parse("x1 + X8")


@pytest.mark.parametrize(
    ("text", "dim", "names"),
    [
        ("x", 2, ("x", "y")),
        ("y^2", 2, ("x", "y")),
        ("z", 3, ("x", "y", "z")),
        ("w x", 4, ("x", "y", "z", "w")),
        ("x1", 2, ("x1", "x2")),
        ("x3 - x1", 3, ("x1", "x2", "x3")),
        ("x8", 8, tuple(f"x{i}" for i in range(1, 9))),
    ],
)
def test_the_dimension_is_the_highest_variable_used_and_at_least_2(text, dim, names):
    formula = parse(text)
    assert (formula.dim, formula.names) == (dim, names)


REFUSED = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("x +", 4, "missing before the end"),
    ("* x", 1, "missing before '*'"),
    ("x ** * y", 6, "missing before '*'"),
    ("(x + y", 1, "never closed"),
    ("x + sin(y", 8, "never closed"),
    ("x + y)", 6, "no opening parenthesis"),
    ("()", 2, "missing before ')'"),
    ("sin()", 5, "missing before ')'"),
    ("(x, y)", 3, "as in max(x, y)"),
    ("x, y", 2, "as in max(x, y)"),
    ("2,5x", 2, "write a point, 2.5"),
    ("sin(x, y)", 6, "sin takes 1 argument, another one follows at position 6"),
    ("max(x)", 6, "max takes 2 to 8 arguments, got 1 before position 6"),
    ("clip(x, 1)", 10, "clip takes 3 arguments, got 2"),
    ("norm(x,x,x,x,x,x,x,x,y)", 21, "norm takes 1 to 8 arguments, another one"),
    ("x+sine(y)", 3, "unknown name 'sine' at position 3; did you mean 'sin'?"),
    ("Sine(x)", 1, "did you mean 'sin'?"),
    ("arctg(x)", 1, "did you mean 'atan'?"),
    ("pow(x, 2)", 1, "write x^2"),
    ("x + 2X", 6, "'X' at position 6 is the same variable as 'x'"),
    ("XY", 1, "did you mean 'x*y'?"),
    ("xy", 1, "did you mean 'x*y'?"),
    ("10xsin(y)", 3, "did you mean 'x*sin'?"),
    ("sinx", 1, "did you mean 'sin(x)'?"),
    ("SINX1", 1, "did you mean 'sin(x1)'?"),
    ("swish(x)", 1, "write x*sigmoid(x)"),
    ("max(x; y)", 6, "separate arguments by ','"),
    ("‖x‖", 1, "write norm(x, y)"),
    ("x[0]", 2, "x1 to x8 for numbered variables"),
    ("2ex", 2, "unknown name 'ex'"),
    ("x9", 1, "x1 to x8"),
    ("x0 + x1", 1, "x1 to x8"),
    ("f(x)", 1, "unknown name 'f'"),
    ("x1 + y", 6, "mixes"),
    ("y + x1", 5, "mixes"),
    ("sin + x", 1, "sin(…)"),
    ("max x", 1, "max(…)"),
    ("sin x^2", 6, "inside or outside the argument of 'sin'; write sin(…)"),
    ("sin x²", 6, "argument of 'sin'"),
    ("sin x y", 7, "argument of 'sin'"),
    ("sin x/2", 6, "argument of 'sin'"),
    ("exp 2(x)", 6, "argument of 'exp'"),
    ("√2x", 3, "argument of 'sqrt'"),
    ("sin^-1(x)", 5, "two ways"),
    ("sin⁻¹(x)", 4, "two ways"),
    ("sin^x(y)", 5, "two ways"),
    ("2½x", 2, "write '*'"),
    ("x(y + 1)", 2, "write '*'"),
    ("pi(x)", 3, "write '*'"),
    ("x 2", 3, "write '*'"),
    ("2 3 x", 3, "write '*'"),
    ("1.2.3x", 4, "write '*'"),
    ("1/2x", 4, "fraction"),
    ("1/x y", 5, "fraction"),
    ("x^2y", 4, "exponent"),
    ("2^x(y)", 4, "exponent"),
    ("x^2(y+1)", 4, "exponent"),
    ("x.real", 2, "point"),
    ("x_i", 2, "underscore only stands in x_1"),
    ("x_9", 1, "x1 to x8"),
    ("__import__('os').system('ls')", 1, "underscore"),
    ("().__class__", 3, "point"),
    ("'x'", 1, "quotes"),
    ('x + "y"', 5, "quotes"),
    ("lambda x: x", 9, "':'"),
    ("x = 2", 3, "'='"),
    ("x == y", 3, "'='"),
    ("x < y", 3, "comparisons"),
    ("x ≤ y", 3, "comparisons"),
    ("x if y else z", 3, "unknown name 'if'"),
    ("[x]", 1, "round parentheses"),
    ("x{y}", 2, "round parentheses"),
    ("|x", 1, "the bar opened at position 1 is never closed"),
    ("(|x)", 4, "')' at position 4"),
    ("|2|x||", 7, "missing before the end"),
    ("||", 3, "missing before the end"),
    ("√", 1, "sqrt(…)"),
    ("x!", 2, "factorial"),
    ("x % y", 3, "'%'"),
    ("x @ y", 3, "'@'"),
    ("x & y", 3, "'&'"),
    ("x; y", 2, "';'"),
    ("x # y", 3, "'#'"),
    ("\\sin(x)", 1, "not LaTeX"),
    ("np.sin(x)", 3, "write sin(x), not np.sin(x)"),
    ("$x$", 1, "'$'"),
    ("х + y", 1, "cyrillic small letter ha"),
    ("１ + x", 1, "fullwidth digit one"),
    ("𝑥", 1, "mathematical italic small x"),
    ("x\u202ey", 2, "right-to-left override"),
    ("x\u200by", 2, "zero width space"),
    ("x\x00", 2, "u+0000"),
    ("x + 😀", 5, "grinning face"),
    ("3", 1, "no variable"),
    ("2 pi", 1, "no variable"),
    ("1e999 x", 1, "too large"),
    ("sin " * 40 + "x", 4 * MAX_DEPTH + 1, "nested deeper"),
    ("|" * 40 + "x" + "|" * 40, MAX_DEPTH + 1, "nested deeper"),
    ("√" * 40 + "x", MAX_DEPTH + 1, "nested deeper"),
    ("9^9^9^9 + x", 4, "exponent 3.8742e+08 at position 4 is too large"),
    ("x^1e9", 2, "too large"),
    ("x^-101", 2, "too large"),
    ("(((x^99)^99)^99)", 9, "degree 9801"),
    ("((x^9*y^9)^9)^9", 11, "degree 162"),
    ("x + (10^100)^99", 13, "finite"),
    ("x + 10^100*10^100*10^100*10^100", 11, "finite"),
    ("x/0", 3, "division by zero"),
    ("x/(2 - 2)", 6, "division by zero"),
    ("log(0) + x", 1, "finite"),
    ("sqrt(-1)*x", 1, "finite"),
    ("(-8)^(1/3)*x", 5, "finite"),
    ("(-2)^x", 5, "positive base"),
    ("0^x", 2, "positive base"),
    ("x" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "at most 1000"),
    ("(" * 40 + "x" + ")" * 40, MAX_DEPTH + 1, "nested deeper"),
    ("sin(" * 40 + "x" + ")" * 40, 4 * MAX_DEPTH + 4, "nested deeper"),
    ("x^" * 40 + "x", 2 * MAX_DEPTH + 2, "nested deeper"),
    ("(" * MAX_LENGTH, MAX_DEPTH + 1, "nested deeper"),
]


@pytest.mark.parametrize(("text", "position", "reason"), REFUSED)
def test_refused_with_position_and_reason(text, position, reason):
    with pytest.raises(ExpressionError) as refusal:
        parse(text)
    sentence = str(refusal.value)
    assert reason in sentence
    assert refusal.value.position == position, sentence
    assert "\n" not in sentence
    assert len(sentence) < 160


def test_the_sentence_and_the_attribute_tell_the_same_position():
    for text, position, _ in REFUSED:
        with pytest.raises(ExpressionError) as refusal:
            parse(text)
        if " position " in str(refusal.value):
            told = {w.strip("';:,") for w in str(refusal.value).split(" position ")[1:][0].split()}
            assert str(position) in told, text


def test_a_number_or_none_instead_of_a_text_is_a_type_error():
    for wrong in (3.0, None, b"x", ["x"]):
        with pytest.raises(TypeError, match="a formula is a string, got"):
            parse(wrong)  # pyright: ignore[reportArgumentType]


PIECES = ["x", "y", "z", "x1", "x8", "2", ".5", "1e-3", "9", "e", "pi", "π", "²", " ", "(", ")"]
PIECES += [*"+-*/^,^()||√½X", "⁻¹", "x_1", "relu(", "norm(", "sin ", "|x|"]
PIECES += ["floor(", "**", "sin(", "max(", "exp(", "sqrt(", "si", "_", "=", "é", "1e300"]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
)


@given(TEXTS)
@settings(max_examples=1500, deadline=None)
def test_any_text_is_a_formula_or_refused_and_nothing_else(text):
    position = 1
    try:
        formula = parse(text)
    except ExpressionError as refusal:
        position = refusal.position
    else:
        assert parse(str(formula)) == formula
    assert 1 <= position <= len(text) + 1


@given(trees(dim=3), st.booleans())
@settings(max_examples=500, deadline=None)
def test_printing_and_parsing_give_the_same_tree(tree, numbered):
    formula = Formula("", tree, 3, numbered, False)
    try:
        parsed = parse(str(formula))
    except ExpressionError:
        return  # a constant part that is not finite, no variable, or too high a degree
    assert parsed.tree == tree


def test_nodes_know_where_they_stood():
    tree = parse("12 + sin(x)*y").tree
    assert tree.terms[1].factors[0].position == 6  # pyright: ignore[reportAttributeAccessIssue]
    assert Number(2.0, position=3) == Number(2.0, position=5)
    assert Number(1.0) != Variable(1)


def calls(function, *arguments) -> int:
    """The number of Python and C functions that a call runs."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function(*arguments)
    except ExpressionError:
        pass
    finally:
        sys.setprofile(before)
    return count


HOSTILE = [text for text, _, _ in REFUSED] + [
    "9^" * 499 + "9",
    "-" * 999 + "x",
    "((((" * 250,
    "x+" * 499 + "x",
    "x*" * 499 + "x",
    "x/" * 499 + "x",
    "x " * 499 + "x",
    "99^99*" * 160 + "x",
    "(x^9)^9*" * 120 + "x",
    "max(x," * 31 + "y" + ")" * 31,
    "a" * 1000,
    "sine" * 250,
    "relu(" * 31 + "x" + ")" * 31,
    "norm(x," * 31 + "y" + ")" * 31,
    "|x|" * 333,
    "9" * 1000 + "x",
    "x" * 1_000_000,
    "x + " * 1999 + "x",
    "x+" * 3999 + "x",
    "abs(" * 1999 + "x",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_texts_cost_little(text):
    """At most 60 function calls a character (each below a microsecond), and 2 MB."""
    assert calls(parse, text) < 60 * (len(text) if len(text) <= MAX_CANONICAL else 0) + 2000
    tracemalloc.start()
    try:
        calls(parse, text)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


def test_parsing_loads_no_heavy_package():
    code = (
        "import sys; from egop.objectives.expression import parse; from egop.objectives import "
        "LANDSCAPES; [parse(row.text) for row in LANDSCAPES.values()]; "
        "print([m for m in ('sympy', 'torch', 'panel', 'sklearn') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert output.stdout.strip() == b"[]"


def test_every_function_of_the_table_can_be_called():
    for name, function in FUNCTIONS.items():
        arguments = ", ".join("xyz"[: function.arity])
        assert str(parse(f"{name}({arguments})")) == f"{name}({arguments})"
