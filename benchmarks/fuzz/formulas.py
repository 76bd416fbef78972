"""Hostile and random formulas: refused in a sentence, or derived in time and with the right values.

A case is a text: sums, products, powers and functions from the grammar, nested and repeated in the
shapes that have cost most, with numbers at the edges, and at times characters that are none of the
grammar's. It must be refused, or else derived within `SECONDS` in another process; its
canonical text must parse back to itself; and value and gradient must agree with mpmath's at random
points with many digits, or be not finite there.
"""

import time
from random import Random

import mpmath
import numpy as np

from benchmarks.fuzz.reference import (
    DIGITS,
    Extremes,
    NotRealError,
    UnknownError,
    compute,
    gradient,
)
from egop.compilation import evaluate
from egop.limited_process import LimitedProcesses
from egop.objectives.expression import ExpressionError, Formula, FormulaKernel, parse
from egop.objectives.formula_source import derive
from egop.objectives.generated import Derivation
from egop.objectives.grammar import FUNCTIONS, MAX_DEPTH

SECONDS = 1.0
"""Seconds of a processor for which a formula may be derived."""
PATIENCE = 20.0
"""Seconds after which it is given up, however busy the machine."""
PROCESSES = LimitedProcesses(preload=("egop.objectives.formula_source",))
POINTS = 3
"""The number of points at which value and gradient are compared."""
NEAR, AROUND = 1e-14, 8
"""Relative distance of points at which a formula is also computed, and how many there are."""
TOLERANCE = 1e-6
"""Relative, between float64 and many digits."""
LONGEST_SENTENCE = 200

NUMBERS = ["0", "1", "2", "3", "9", "0.5", "1.5", "1e-300", "1e300", "99", "7.25", "1e15", "½"]
ATOMS = ["x", "y", "x", "y", "x", "pi", "e"]
EXPONENTS = ["2", "3", "-1", "½", "0.5", "0", "1.7"]
PATTERNS = {
    "({0} + {1})": 20, "({0} - {1})": 15, "({0})*({1})": 17, "({0})/({1})": 8, "({0})^({2})": 12,
    "({0})^({1})": 3, "-({0})": 5, "hidden": 4, "call": 16,
}  # fmt: skip
"""Weights of the ways to make a formula of two others."""
CANCELLED = ["(x - x + {})", "({}*x/x)", "({}*1^x)", "({} + 0*x)", "({}*sin(x)^0)", "{}^1^x"]
"""Constants that are seen only where parts cancel."""
NOISE = ["²", "^^", "--", "|", "(", ")", ",", "√", "x1", "٣", "⁹", "1e999", "\x00", "sin", "E"]


def generate(rng: Random) -> str:
    """A formula."""
    kind = rng.random()
    if kind < 0.15:
        text = tower(rng)
    elif kind < 0.3:
        text = repeated(rng)
    else:
        text = expression(rng, rng.randint(1, 6))
    if rng.random() < 0.05:
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice(NOISE) + text[place:]
    return text


def tower(rng: Random) -> str:
    """A tower of powers or exponentials on a constant that hides behind what cancels."""
    hidden = rng.choice(CANCELLED).format(rng.choice(["9", "99", "2", "0.5"]))
    for _ in range(rng.randint(1, 5)):
        around = rng.choice(["9^({})", "({})^9", "exp({})", "({}x)^99", "x^({})", "sinh({})"])
        hidden = around.format(hidden)
    return f"{hidden} + {expression(rng, 1)}"


def repeated(rng: Random) -> str:
    """One piece many times: side by side, or inside of itself."""
    if rng.random() < 0.5:
        sign = rng.choice([" + ", "*", " - ", "/"])
        pieces = [f"({expression(rng, 1)})" for _ in range(rng.randint(1, 4))]
        return sign.join(pieces * rng.randint(1, 25))
    name = rng.choice(list(FUNCTIONS))
    depth, others = rng.randint(2, MAX_DEPTH), ", y" * (FUNCTIONS[name].arity - 1)
    return f"{name}(" * depth + "x" + f"{others})" * depth


def expression(rng: Random, depth: int) -> str:
    """A random formula of about that depth."""
    if depth == 0 or rng.random() < 0.1:
        return rng.choice(NUMBERS) if rng.random() < 0.25 else rng.choice(ATOMS)
    left, right = (expression(rng, depth - 1) for _ in range(2))
    patterns, weights = zip(*PATTERNS.items(), strict=True)
    pattern = rng.choices(patterns, weights)[0]
    if pattern == "hidden":
        return rng.choice(CANCELLED).format(rng.choice(NUMBERS))
    if pattern != "call":
        return pattern.format(left, right, rng.choice(EXPONENTS))
    name = rng.choice(list(FUNCTIONS))
    most = FUNCTIONS[name].most or FUNCTIONS[name].arity
    count = rng.randint(FUNCTIONS[name].arity, min(most, 3))
    return f"{name}({', '.join(([left, right] * 2)[:count])})"


def check(text: str) -> str:
    """Reads, derives and computes a formula; returns "" or the finding."""
    try:
        formula = parse(text)
        canonical = str(formula)
        again = parse(canonical)
        if again != formula or str(again) != canonical:
            return "the canonical text of a formula is another formula"
        derivation, seconds = PROCESSES.call(timed, canonical, seconds=PATIENCE)
    except ExpressionError as error:
        return wrong_sentence(error, len(text))
    except (TimeoutError, MemoryError, ChildProcessError) as error:
        return f"a formula ended in {type(error).__name__}"
    if seconds > SECONDS:
        return f"a formula took more than {SECONDS:g} s of a processor to derive"
    return wrong_values(formula, derivation)


def timed(canonical: str) -> tuple[Derivation, float]:
    """Returns the derivation of a formula, and the seconds of a processor that it took."""
    began = time.process_time()
    return derive(canonical, True), time.process_time() - began


def wrong_sentence(error: ExpressionError, length: int) -> str:
    """Returns a finding if a refusal's sentence is long or broken or its place is none, else ""."""
    sentence = str(error)
    if len(sentence) > LONGEST_SENTENCE or "\n" in sentence:
        return "a formula was refused in more than one short sentence"
    if not 1 <= error.position <= length + 1:
        return "a formula was refused at a place where it has no text"
    return ""


def wrong_values(formula: Formula, derivation: Derivation) -> str:
    """Compares value and gradient at a few points; returns "" or the finding."""
    kernel = FormulaKernel(derivation.canonical, derivation.kernel)
    rng = np.random.default_rng(0)
    for _ in range(POINTS):
        point = rng.uniform(-2.5, 2.5, formula.dim).round(3)
        around = point * (1 + NEAR * rng.standard_normal((AROUND, formula.dim)))
        (found, *_), slopes = evaluate(kernel, np.zeros(1), np.vstack([point, around]))
        extremes = Extremes()
        try:
            sentence = compared(formula, point.tolist(), float(found), slopes, extremes)
        except NotRealError:
            wrong = np.isfinite(found) and not extremes.met and not is_real(formula, point.tolist())
            sentence = "a formula has a value where it has none" if wrong else ""
        except UnknownError:
            continue
        if sentence:
            return sentence
    return ""


def is_real(formula: Formula, point: list[float]) -> bool:
    """Returns True if a formula has a value in 16 digits, where exp(1e-40) is 1 and (-2)^1 real."""
    try:
        with mpmath.workdps(16):
            compute(formula.tree, point)
    except NotRealError:
        return False
    except UnknownError:
        pass
    return True


def compared(
    formula: Formula, point: list[float], found: float, slopes: np.ndarray, extremes: Extremes
) -> str:
    """Compares value and slope with those of many digits; "" also where 16 do not tell.

    Args:
        formula: that is checked.
        point: (d,) where.
        found: the value there.
        slopes: (1 + `AROUND`, d) the gradient there, and close by: it may swing by rounding.
        extremes: takes note of parts that float64 cannot square.

    Raises:
        NotRealError: it has no value there.
        UnknownError: it is not known.
    """
    nearby = [x * (1 + NEAR) for x in point]
    with mpmath.workdps(DIGITS):
        exact = compute(formula.tree, point, extremes)
        try:
            moved = compute(formula.tree, nearby)
            exact_slope = np.array(gradient(formula.tree, point), dtype=float)
            moved_slope = np.array(gradient(formula.tree, nearby), dtype=float)
        except NotRealError:  # at the edge of its domain
            raise UnknownError from None
    with mpmath.workdps(16):
        rough = compute(formula.tree, point)
    scale = TOLERANCE * (1e-12 + abs(exact))
    if abs(rough - exact) > scale or abs(moved - exact) > scale or abs(exact) > 1e300:
        return ""
    if not np.isfinite(found):
        return "" if extremes.met else "a formula has no value where it has one"
    if abs(found - exact) > 10 * scale:
        return "a formula overflows to another value" if extremes.met else "another value"
    if extremes.met or not np.isfinite(exact_slope).all():
        return ""
    noise = np.ptp(slopes, axis=0)
    noise = np.where(np.isfinite(noise), noise, 0.0)
    tolerance = 1e-3 * (1e-9 + np.abs(exact_slope).max()) + 10 * noise
    told = np.abs(moved_slope - exact_slope) <= tolerance
    close = np.abs(slopes[0] - exact_slope) <= tolerance  # NaN is not
    return "another gradient" if (told & ~close).any() else ""
