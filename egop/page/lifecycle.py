"""Start and end of the server: compiles ahead of visitors, and goes on with the runs."""

import logging
import sys
import threading
import time

from bokeh.settings import settings
from threadpoolctl import threadpool_limits
from tornado.ioloop import IOLoop

from egop.page.garbage import GARBAGE, keep_imports
from egop.page.logs import bound_logs
from egop.page.periods import keep_periods
from egop.page.watchdog import Watchdog

log = logging.getLogger("egop.app")

_ended = threading.Event()
"""Set while the server ends: work that stands still for that has not failed."""


def start() -> None:
    """Compiles the opening scene before the first visitor comes, and the rest in the background."""
    from egop.explorer import typed_formula

    _ended.clear()
    bound_logs()
    keep_periods()
    typed_formula.PROCESSES.start()
    use_one_thread_for_matrices()
    settings.perform_document_validation = False  # of models that no visitor makes
    IOLoop.current().add_callback(Watchdog)
    IOLoop.current().add_callback(GARBAGE.start)
    try:
        compile_opening_scene()
    except Exception as error:
        log.warning("The opening scene was not compiled ahead: %s", one_line(error))
    keep_imports()
    threading.Thread(target=afterwards, name="egop-afterwards", daemon=True).start()


def end() -> None:
    """Ends what pages compute, and the workers; runs in line go on at the next start."""
    _ended.set()
    if "egop.ui.background" in sys.modules:
        sys.modules["egop.ui.background"].cancel_all()
    if "egop.explorer.typed_formula" in sys.modules:
        sys.modules["egop.explorer.typed_formula"].PROCESSES.close()
    if "egop.execution.queue" not in sys.modules:
        return
    from egop.execution import cluster
    from egop.execution.queue import queue_of
    from egop.runs.archive import runs_folder

    queue_of(runs_folder()).close()
    cluster.disconnect()


def use_one_thread_for_matrices() -> None:
    """Lets each product of matrices stay in the thread that asks for it.

    OpenBLAS has one set of threads for the whole process: while one visitor's large products had
    it, the event loop waited with its small ones, for up to 1.5 s.
    """
    threadpool_limits(1, user_api="blas")


def afterwards() -> None:
    """Continues the runs in line, tidies up, then compiles what visitors need not wait for."""
    attempt("What was in line", continue_runs)
    attempt("What servers before have left behind", delete_leftovers)
    compile_the_rest()
    keep_imports()


def continue_runs() -> None:
    """Takes up the runs that were in line when the server ended, if there were any."""
    from egop.runs.archive import runs_folder
    from egop.runs.jobs import UNFINISHED, read_job

    folder = runs_folder()
    if not folder.is_dir():
        return
    jobs = [read_job(each) for each in folder.iterdir() if each.is_dir()]
    if any(job is not None and job.state in UNFINISHED for job in jobs):
        from egop.execution.queue import queue_of

        queue_of(folder)


def delete_leftovers() -> None:
    """Deletes files that servers were writing, or were given, when they were killed."""
    from egop.lab.upload import delete_abandoned
    from egop.runs import atomic
    from egop.runs.archive import runs_folder

    atomic.delete_leftovers(runs_folder())
    delete_abandoned()


def compile_opening_scene() -> None:
    """Adagrad's and Adam's loops, the kernel of quadratics, the spectrum, and the imports."""
    from egop.explorer import Explorer

    Explorer()


def compile_the_rest() -> None:
    """Every objective's kernel and every method's loop; what fails is logged in one line."""
    from egop.explorer.scene import OBJECTIVES
    from egop.methods import VECTOR_METHODS

    for key in OBJECTIVES:
        attempt(key, lambda key=key: compile_objective(key))
    for name in VECTOR_METHODS:
        attempt(name, lambda name=name: compile_method(name))


def attempt(name: str, work) -> None:
    """Does the work unless the server ends, lets visitors go first, and logs what goes wrong."""
    if _ended.is_set():
        return
    try:
        work()
    except Exception as error:
        if not _ended.is_set():
            log.warning("%s failed ahead of time: %s", name, one_line(error))
    time.sleep(0.01)


def compile_objective(key: str) -> None:
    """The kernel of an objective: its value and gradient at the start."""
    from egop.explorer import catalog
    from egop.explorer.openings import default_start

    if key == "formula":
        compile_default_formula()
        return
    objective = catalog.make_objective(key)
    objective.value_and_gradient(default_start(key, objective))


def compile_default_formula() -> None:
    """The kernel of the formula that is there before one is typed."""
    from egop.explorer import typed_formula
    from egop.explorer.scene import Scene
    from egop.objectives.expression import DOMAIN, parse

    formula = parse(Scene.param.formula.default)
    typed_formula.make(formula, DOMAIN, typed_formula.derived_elsewhere)


def compile_method(name: str) -> None:
    """The loop of a method: one step on a quadratic."""
    from egop import methods, objectives
    from egop.method_run import run

    run(objectives.quadratic(), methods.method(name, 0.01), (1.0, 1.0), n_steps=1)


def one_line(error: Exception) -> str:
    """An error's message in one line of at most 200 characters."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
