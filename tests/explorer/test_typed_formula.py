"""Formulas of visitors: derived in another process within a second, and made once."""

from threading import get_ident

import pytest

from egop.explorer import typed_formula
from egop.explorer.typed_formula import TypedFormula
from egop.limited_process import LimitedProcesses
from egop.objectives import derivation, formula_source
from egop.objectives.expression import ExpressionError, FormulaKernel, parse
from tests.ui.test_background import Loop, loop

__all__ = ["loop"]  # a fixture

WINDOW = (-5.0, 5.0)


@pytest.fixture
def processes(monkeypatch):
    """One process instead of the server's two, ended with the test."""
    made = LimitedProcesses(preload=("egop.objectives.formula_source",))
    monkeypatch.setattr(typed_formula, "PROCESSES", made)
    typed_formula.derived_elsewhere.cache_clear()
    yield made
    made.close()


@pytest.fixture
def threads(monkeypatch):
    """The threads in which formulas were differentiated here and kernels compiled."""
    used: dict[str, set[int]] = {"derived": set(), "compiled": set()}
    derive, compile_kernel = derivation.program, FormulaKernel._compile

    def note_derivation(formula):
        used["derived"].add(get_ident())
        return derive(formula)

    def note_compilation(kernel):
        used["compiled"].add(get_ident())
        return compile_kernel(kernel)

    monkeypatch.setattr(formula_source, "program", note_derivation)
    monkeypatch.setattr(derivation, "program", note_derivation)
    monkeypatch.setattr(FormulaKernel, "_compile", note_compilation)
    return used


def test_on_a_page_nothing_is_derived_here(processes, threads, loop: Loop):
    formula = TypedFormula()
    asked = "x^2*y^2 + sin(41x)", WINDOW
    assert formula.made_before(*asked) is None
    objective = formula.objective(*asked)
    assert objective.value((0.0, 1.0)) == 0
    assert not threads["derived"]
    assert threads["compiled"]
    assert formula.made_before(*asked) is objective


@pytest.mark.parametrize("error", [TimeoutError, MemoryError, ChildProcessError])
def test_a_formula_that_takes_too_much_is_refused_in_a_sentence_once(error, loop, monkeypatch):
    calls: list[tuple] = []

    class Busy:
        def call(self, function, *arguments, seconds):
            calls.append(arguments)
            raise error

    monkeypatch.setattr(typed_formula, "PROCESSES", Busy())
    formula = TypedFormula()
    for _ in range(2):
        with pytest.raises(ExpressionError, match="differentiated within 1 second; make it short"):
            formula.objective("x^2 + 42y", WINDOW)
    assert len(calls) == 1
    assert formula.gradient("x^2 + 42y") == ()


def test_without_a_page_a_formula_is_derived_here():
    formula = TypedFormula()
    objective = formula.objective("x^2 + 43y^2", WINDOW)
    assert objective is formula.objective("x^2 + 43y^2", WINDOW)
    assert objective.value((1.0, 2.0)) == 173
    assert formula.gradient("x^2 + 43y^2") == ("2 x", "86 y")
    assert formula.gradient("x") == ()
    with pytest.raises(ExpressionError, match="nowhere a finite real value"):
        formula.objective("log(x/x - 2)", WINDOW)


def test_what_the_process_gives_back_is_what_is_derived_here(processes):
    canonical = str(parse("x^2*y + |x|"))
    assert typed_formula.derived_elsewhere(canonical) == typed_formula.derived_here(canonical)
