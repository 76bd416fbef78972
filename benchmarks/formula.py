"""Times a formula, or a landscape, until the first paths of two methods in a warm process."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import sympy

import egop
from benchmarks.problems import N_STEPS
from benchmarks.stopwatch import Row, Timing, timing

START = np.array([0.5, 0.25])
RATE = 0.01


def rows() -> Iterator[Row]:
    """One row for formulas never seen before, one for landscapes asked for the first time."""
    first_paths(egop.objectives.landscape("rosenbrock"))  # warms what every objective shares
    typed = _each_once(typed_formulas(8), egop.objectives.from_expression)
    peer = _each_once(typed_formulas(4), None)
    yield Row("formula typed → first two paths", typed, 1.0, "sympy.lambdify and a loop", peer)
    names = [name for name in egop.objectives.LANDSCAPES if name != "rosenbrock"]
    known = _each_once(names, egop.objectives.landscape)
    yield Row("known landscape → first two paths", known, 0.2)


def typed_formulas(count: int) -> list[str]:
    """Formulas that differ in a constant, so that none was compiled before."""
    return [f"(1-x)^2 + {100 + i}.5*(y-x^2)^2 + sin(x*y)" for i in range(count)]


def first_paths(objective: egop.objectives.Objective) -> None:
    """Adagrad and Adam, 1000 steps."""
    start = np.resize(START, objective.dim)
    for method in (egop.methods.adagrad(RATE), egop.methods.adam(RATE)):
        egop.run(objective, method, start, N_STEPS)


def _each_once(texts: list[str], make: Callable | None) -> Timing:
    durations = []
    for text in texts:
        begin = time.perf_counter()
        if make is None:
            _paths_by_sympy(text)
        else:
            first_paths(make(text))
        durations.append(time.perf_counter() - begin)
    return timing(durations)


def _paths_by_sympy(text: str) -> None:
    """The same without egop: a lambdified gradient, then Adagrad and Adam in a loop."""
    symbols = sympy.symbols("x y")
    formula = sympy.sympify(text.replace("^", "**"))
    gradient = sympy.lambdify(symbols, [sympy.diff(formula, each) for each in symbols])
    x, accumulator = START.copy(), np.zeros(2)
    for _ in range(N_STEPS):
        slope = np.array(gradient(*x))
        accumulator += slope**2
        x -= RATE * slope / (np.sqrt(accumulator) + 1e-10)
    x, mean, square = START.copy(), np.zeros(2), np.zeros(2)
    for step in range(1, N_STEPS + 1):
        slope = np.array(gradient(*x))
        mean = 0.9 * mean + 0.1 * slope
        square = 0.999 * square + 0.001 * slope**2
        x -= RATE * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
