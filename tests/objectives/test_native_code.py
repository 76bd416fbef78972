"""Native code of formulas: the bits of numba's, and memory that comes back."""

import subprocess
import sys

import numba
import numpy as np
import pytest

from egop.compilation import KERNEL_SIGNATURE, evaluate
from egop.objectives import native_code
from egop.objectives.expression import KEPT, FormulaKernel, from_expression, parse
from egop.objectives.formula_source import derive
from egop.objectives.generated import defined
from egop.objectives.grammar import FUNCTIONS
from egop.objectives.native_code import NativeCode

EDGES = [0.0, -0.0, 0.5, -1.0, 2.5, 1e-300, -1e300, 40.0, 800.0, -800.0, np.inf, -np.inf, np.nan]
POINTS = np.array([(x, y) for x in EDGES for y in EDGES])
RANDOM = np.random.default_rng(0).normal(scale=2.0, size=(200, 2))
FORMULAS = [
    "100*(y-x^2)^2 + (1-x)^2/x + sin(x)*cos(y)^3 - tan(x)",
    "x^y + max(x, y)*tanh(x)/sqrt(x^2 + y^2) + round(x)^1.7 - sign(y) + sinh(x)/cosh(y)",
    "log(exp(x) + exp(2y)) + sigmoid(x - y) + log(cosh(3x)) + min(floor(x), ceil(y)) + |x|*y",
    "asin(x/9) + acos(y/9) + atan(x*y) + asinh(x) + acosh(y) + atanh(x/9) + x*log(x) + log1p(y)",
]
"""Together they hold each function of the grammar, with its derivative."""


def with_numba(source):
    """The kernel as numba compiles it."""
    kernel = defined("kernel", source)
    kernel.__globals__["choose"] = numba.njit(lambda condition, a, b: a if condition else b)
    return numba.cfunc(KERNEL_SIGNATURE, error_model="numpy")(kernel)


@pytest.mark.parametrize("text", FORMULAS)
def test_value_and_gradient_have_the_bits_of_numbas(text):
    canonical = str(parse(text))
    source = derive(canonical).kernel
    for points in (POINTS, RANDOM):
        expected = evaluate(with_numba(source), np.zeros(1), points)
        found = evaluate(FormulaKernel(canonical, source), np.zeros(1), points)
        for ours, numbas in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ours, numbas)
            numbers = ~np.isnan(ours)
            np.testing.assert_array_equal(np.signbit(ours)[numbers], np.signbit(numbas)[numbers])


@pytest.mark.parametrize("name", [name for name, each in FUNCTIONS.items() if each.numpy])
def test_each_function_is_numpys(name):
    arguments = ["x", "y"][: FUNCTIONS[name].arity]
    objective = from_expression(f"{name}({', '.join(arguments)}) + 0*y")
    with np.errstate(all="ignore"):
        expected = getattr(np, FUNCTIONS[name].numpy)(*RANDOM.T[: len(arguments)])
    np.testing.assert_allclose(objective.value(RANDOM), expected, rtol=1e-15)


@pytest.mark.parametrize("value", ["system(1.0)", "np.system(1.0)", "[1.0]", "x0 // 1.0"])
def test_what_is_no_kernel_is_refused(value):
    source = f"def kernel(data, dim, point, gradient):\n    x0 = point[0]\n    return {value}\n"
    with pytest.raises(KeyError):
        NativeCode(source)


def test_the_code_stays_while_an_objective_uses_it():
    first = from_expression("x^2 + 0.25y")
    assert first.value((2.0, 0.0)) == 4
    for i in range(KEPT + 5):
        from_expression(f"x^2 + {i}y").value((0.0, 0.0))
    assert first.value((3.0, 0.0)) == 9
    assert from_expression("x^2 + 0.25y").kernel is not first.kernel


def test_whoever_drops_a_kernel_does_not_wait_for_llvm():
    source = derive("x^2").kernel
    dropped = [NativeCode(source) for _ in range(3)]
    NativeCode(source)
    gone = len(native_code._unused)
    dropped.clear()
    assert len(native_code._unused) == gone + 3
    NativeCode(source)
    assert len(native_code._unused) == 1  # the last one


SCRIPT = """
import time
from threading import Thread
import egop
from egop.explorer.typed_formula import make
from egop.machine_memory import own_memory
from egop.objectives.expression import parse
from egop.objectives.formula_source import derive

TEXT = "7654.5*log(1 + exp(x + y))/sqrt(x^2 + 3) + sin(x*y)^2"
MODEL = derive(str(parse(TEXT)), True)

def typed(i):
    put = lambda text: text.replace("7654.5", f"{i}.25")
    derivation = MODEL._replace(canonical=put(MODEL.canonical), kernel=put(MODEL.kernel))
    return make(parse(put(TEXT)), (-5.0, 5.0), lambda canonical: derivation)[0]

for i in range(100):
    typed(i)
before = own_memory()
for i in range(100, 400):
    last = typed(i)
print((own_memory() - before) / 2**20)
work = lambda: egop.run(last, egop.methods.adam(0.0), (1.0, 1.0), 10**7, keep="final")
Thread(target=work, daemon=True).start()
time.sleep(0.2)  # then the process ends while the thread is at work in the code
"""


def test_three_hundred_formulas_take_no_memory():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(done.stdout) < 5  # MB; numba's code of them took 115
