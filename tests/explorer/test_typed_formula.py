"""Formulas of visitors: derived in another process, compiled in a thread, said while they are."""

from threading import get_ident

import pytest

from egop.explorer import Explorer, typed_formula
from egop.explorer.typed_formula import PENDING, PendingError, TypedFormula
from egop.limited_process import LimitedProcesses
from egop.objectives import derivation, formula_source
from egop.objectives.expression import ExpressionError, FormulaKernel, parse
from tests.ui.test_background import Loop, loop, wait_for

__all__ = ["loop"]  # a fixture

WINDOW = (-5.0, 5.0)
SETTINGS = {"objective": "rosenbrock", "n_steps": 20, "n_samples": 50}


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


def test_on_a_page_nothing_is_derived_here_and_nothing_compiled_by_the_event_loop(
    processes, threads, loop: Loop
):
    changes: list[int] = []
    formula = TypedFormula(lambda: changes.append(1))
    with pytest.raises(PendingError, match="compiled"):
        formula.objective("x^2*y^2 + sin(41x)", WINDOW)
    loop.turn(lambda: bool(changes), seconds=60)
    assert formula.objective("x^2*y^2 + sin(41x)", WINDOW).value((0.0, 1.0)) == 0
    assert not threads["derived"]
    assert threads["compiled"]
    assert get_ident() not in threads["compiled"]


def test_while_a_formula_is_made_the_earlier_picture_stays_and_says_so(monkeypatch):
    explorer = Explorer(**SETTINGS)
    earlier, wanted = explorer._shown, []
    monkeypatch.setattr(TypedFormula, "_start", lambda self, *asked: wanted.append(asked))
    explorer.scene.param.update(objective="formula", formula="x^2 + 48y^2")
    assert explorer._shown is earlier
    assert PENDING in explorer.notice.object
    assert "Still showing: Rosenbrock" in explorer.notice.object
    assert not any(view.css_classes == ["earlier"] for view in explorer._figures.dimmed)
    formula, key = wanted[-1]
    explorer._formula._wanted = key
    explorer._formula._settle(typed_formula.make(formula, WINDOW, typed_formula.derived_here))
    assert explorer._shown.name == "x^2 + 48y^2"
    assert not explorer.notice.visible
    assert "96 y" in explorer.controls._gradient.latex


@pytest.mark.parametrize("error", [TimeoutError, MemoryError, ChildProcessError])
def test_a_formula_that_takes_too_much_is_refused_in_a_sentence(error, loop, monkeypatch):
    class Busy:
        def call(self, function, *arguments, seconds):
            raise error

    monkeypatch.setattr(typed_formula, "PROCESSES", Busy())
    changes: list[int] = []
    formula = TypedFormula(lambda: changes.append(1))
    with pytest.raises(PendingError):
        formula.objective("x^2 + 42y", WINDOW)
    loop.turn(lambda: bool(changes))
    for _ in range(2):
        with pytest.raises(ExpressionError, match="differentiated within 1 second; make it short"):
            formula.objective("x^2 + 42y", WINDOW)


def test_without_a_page_a_formula_is_there_at_once():
    formula = TypedFormula(lambda: None)
    objective = formula.objective("x^2 + 43y^2", WINDOW)
    assert objective is formula.objective("x^2 + 43y^2", WINDOW)
    assert objective.value((1.0, 2.0)) == 173
    assert formula.gradient("x^2 + 43y^2") == ("2 x", "86 y")
    assert formula.gradient("x") == ()
    with pytest.raises(ExpressionError, match="nowhere a finite real value"):
        formula.objective("log(x/x - 2)", WINDOW)


def test_of_formulas_in_turn_the_last_one_is_made(processes, loop):
    changes: list[int] = []
    formula = TypedFormula(lambda: changes.append(1))
    for text in ("x^2 + 44", "x^2 + 45", "x^2 + 46"):
        with pytest.raises(PendingError):
            formula.objective(text, WINDOW)
    loop.turn(lambda: bool(changes), seconds=60)
    assert formula.objective("x^2 + 46", WINDOW).value((0.0, 0.0)) == 46
    wait_for(lambda: not formula._work._running)
    assert len(changes) == 1


def test_a_formula_that_is_wanted_no_more_changes_nothing(processes, loop):
    formula = TypedFormula(lambda: pytest.fail("another objective is shown"))
    with pytest.raises(PendingError):
        formula.objective("x^2 + 47", WINDOW)
    formula.forget()
    wait_for(lambda: not formula._work._running, seconds=60)
    while not loop.queue.empty():
        loop.queue.get()()


def test_what_the_process_gives_back_is_what_is_derived_here(processes):
    canonical = str(parse("x^2*y + |x|"))
    assert typed_formula.derived_elsewhere(canonical) == typed_formula.derived_here(canonical)
