"""The groups of a sweep: which trials and which runs of a stage's plan are trained together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from egop.experiments.experiment import Done
from egop.networks.blocking import parts
from egop.networks.memory import Share, grouped
from egop.networks.plan import ORIGINAL, RunSpec

if TYPE_CHECKING:
    from egop.experiments.sweep.network_sweep import NetworkSweep

TOGETHER = 256
"""Runs that are trained together on the CPU: more are no faster, fewer can be shared by workers."""


def group_key(stage: int, place: int) -> str:
    """The key of the artifact of a group, by its place in the grouping of its stage."""
    return f"stage-{stage}-group-{place}"


class TrainingGroup(NamedTuple):
    """Trials and runs that are trained together.

    Attributes:
        trials: their numbers.
        runs: places in the plan of the stage.
    """

    trials: range
    runs: tuple[int, ...]

    @classmethod
    def read(cls, stored: list) -> "TrainingGroup":
        """A group as config.json holds it: [first trial, one past the last, [places of runs]].

        Older ones hold the first run and one past the last in place of the list.
        """
        first, last, *runs = stored
        places = range(*runs) if len(runs) == 2 else runs[0]
        return cls(range(first, last), tuple(places))

    def stored(self) -> tuple[int, int, list[int]]:
        """The group as config.json holds it."""
        return self.trials.start, self.trials.stop, list(self.runs)


def grouping(
    sweep: "NetworkSweep", done: Done, runs: Sequence[RunSpec]
) -> list[tuple[int, int, list[int]]]:
    """The groups of a stage as config.json holds them; those in original coordinates come first.

    On the CPU they are the same whoever does the work, and so are the last bits of the numbers.
    """
    original = [place for place, each in enumerate(runs) if each.basis == ORIGINAL]
    others = [place for place, each in enumerate(runs) if each.basis != ORIGINAL]
    found = []
    for places in filter(None, (original, others)):
        on_cpu = done.device == "cpu"
        most = (
            max(1, TOGETHER // len(places)) if on_cpu else -(-len(sweep.trials) // done.n_workers)
        )
        for shared, within in _shares(sweep, done, [runs[place] for place in places]):
            trials = sweep.trials[shared.start : shared.stop]
            found += [
                TrainingGroup(trials[some], tuple(places[within])).stored()
                for some in parts(len(trials), most)
            ]
    return found


def _shares(sweep: "NetworkSweep", done: Done, runs: Sequence[RunSpec]) -> list[Share]:
    """Places of trials and runs that fit into memory together."""
    budget, device, trials = done.memory_budget, done.device, len(sweep.trials)
    options = sweep.memory_options()
    try:
        return grouped(sweep.network, runs, trials, budget=budget, device=device, **options)
    except MemoryError:
        if not done.imagined:
            raise
        return [Share(range(1), slice(0, 1))]
