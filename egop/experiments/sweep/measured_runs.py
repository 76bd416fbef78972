"""The runs of a network experiment as far as they are measured: their table, best rates, costs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from egop.experiments.experiment import Done
from egop.experiments.sweep.groups import group_key
from egop.networks.plan import ORIGINAL
from egop.runs.run_table import RunTable
from egop.trials import FINISHED, RUNNING

if TYPE_CHECKING:
    from egop.experiments.sweep.network_sweep import NetworkSweep
    from egop.runs.done import Arrays


def measured_runs(sweep: "NetworkSweep", done: Done) -> RunTable | None:
    """All runs that are planned by now, with what is known of them; None where nothing is."""
    planned_stages = [stage for stage in (0, 1) if done.recorded(f"grouping {stage}")]
    stages = [sweep.runs(done, stage) for stage in planned_stages]
    table = None
    for stage, runs in enumerate(stages):
        for place, group in enumerate(sweep.groups(done, stage, runs)):
            arrays, state = _known(done, group_key(stage, place))
            if arrays is None:
                continue
            if table is None:
                planned = [run for each in stages for run in each]
                table = RunTable(planned, sweep.trials, sweep.epochs + 1, done.most_numbers)
            table.fill([runs[k] for k in group.runs], group.trials, arrays, state)
    return table


def best_rates(sweep: "NetworkSweep", table: RunTable) -> np.ndarray:
    """(methods, bases) by the experiment's score; diverged runs count as +∞."""
    curves = {name: numbers for name, (_, numbers) in table.variables.items()}
    values, epochs = sweep.score(curves)
    alive = (table.status == FINISHED) | (table.status == RUNNING)
    starts = {name: x[..., :1] for name, x in curves.items() if name.startswith("validation")}
    return table.best_rates(np.where(alive, values, np.inf), epochs, sweep.score(starts)[0])


def costs_of_bases(sweep: "NetworkSweep", table: RunTable, done: Done) -> dict[str, Any]:
    """The variables of the costs of bases; none while none is known, or of an older egop."""
    known = sweep.estimates.costs(done, sweep.trials)
    free = {(ORIGINAL, trial): [0.0, 0.0] for trial in sweep.trials if known}
    of_runs = {
        (name, *at): cost
        for at, cost in (free | known).items()
        for name in table.methods
        if at[0] in (ORIGINAL, *sweep.bases_of(name))
    }
    return table.costs(of_runs) if known else {}


def _known(done: Done, key: str) -> "tuple[Arrays | None, str]":
    """Arrays of a group, which may be finished between two looks, and the state of its runs."""
    if key not in done and (shown := done.partial(key)) is not None:
        return shown, RUNNING
    return done.get(key), FINISHED
