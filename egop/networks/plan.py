"""The plan of a training: methods × bases × learning rates, the same for every trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from egop.methods import Method, method

ORIGINAL = "original"
"""The name of the coordinates in which the network is given."""


class RunSpec(NamedTuple):
    """One training of a trial.

    Attributes:
        method: a name that `egop.methods.method` knows, or a method.
        basis: the name of the coordinates it runs in, "original" or one of the given bases.
        learning_rate: η; it replaces that of a given method.
    """

    method: str | Method
    basis: str
    learning_rate: float


@dataclass(frozen=True)
class RunGroup:
    """Runs of one method in one basis: neighbors in memory, updated together.

    Attributes:
        method: with a rate of 1, since each run has its own.
        basis: the name of the coordinates.
        runs: where they are among all runs.
    """

    method: Method
    basis: str
    runs: slice


@dataclass(frozen=True)
class Arrangement:
    """The runs of a plan in the order of memory: original coordinates first, groups together.

    Attributes:
        groups: in that order.
        order: for each place in memory the run's place in the plan.
        rates: learning rates in the order of memory.
    """

    groups: tuple[RunGroup, ...]
    order: tuple[int, ...]
    rates: tuple[float, ...]

    @property
    def n_original(self) -> int:
        """The number of runs in original coordinates."""
        return sum(g.runs.stop - g.runs.start for g in self.groups if g.basis == ORIGINAL)

    @property
    def bases(self) -> dict[str, slice]:
        """The slice of runs of each basis, without those in original coordinates."""
        where: dict[str, slice] = {}
        for group in self.groups:
            if group.basis != ORIGINAL:
                first = where.get(group.basis, group.runs)
                where[group.basis] = slice(first.start, group.runs.stop)
        return where


def arrange(plan: Sequence[RunSpec]) -> Arrangement:
    """The plan in the order of memory.

    Raises:
        ValueError: no runs, an unknown method, or a rate that is negative or not finite.
    """
    if len(plan) == 0:
        raise ValueError("a plan takes at least one run (method, basis, learning rate), got none")
    methods = [_method(*run) for run in plan]
    bases = sorted({run[1] for run in plan}, key=lambda name: (name != ORIGINAL, name))
    kinds = list(dict.fromkeys((m.name, m.rule, m.hyperparameters) for m in methods))
    keys = [
        (bases.index(run[1]), kinds.index((m.name, m.rule, m.hyperparameters)))
        for run, m in zip(plan, methods, strict=True)
    ]
    order = sorted(range(len(plan)), key=lambda place: keys[place])
    groups, start = [], 0
    for key in sorted(set(keys)):
        members = [place for place in order if keys[place] == key]
        first = methods[members[0]].with_learning_rate(1.0)
        groups.append(RunGroup(first, bases[key[0]], slice(start, start + len(members))))
        start += len(members)
    return Arrangement(tuple(groups), tuple(order), tuple(float(plan[k][2]) for k in order))


def _method(name: str | Method, basis: str, learning_rate: float) -> Method:
    """The run's method, checked."""
    if isinstance(name, Method):
        return name.with_learning_rate(learning_rate)
    return method(name, learning_rate)
