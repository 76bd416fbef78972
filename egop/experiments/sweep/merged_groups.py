"""The groups of the parts of a sweep as those of one run with given rates.

A part that searched has two stages, whose runs together are those of the parts that were given its
rates. A group keeps its trials and runs, and so does its training; of the paths of weights, those
of the first trial of all stay.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from egop.experiments.sweep.groups import TrainingGroup, group_key
from egop.experiments.sweep.rates import Rates
from egop.experiments.sweep.subspace_paths import DIRECTIONS
from egop.runs.done import Arrays
from egop.runs.run import Run
from egop.runs.run_table import OF_FIRST_TRIAL


def planned_rates(part: Run) -> dict[str, tuple[float, ...]]:
    """The rates of each method in all stages of a part, ascending."""
    found: dict[str, set[float]] = {}
    for stage in _stages(part):
        for method, _, rate in part.manifest[f"plan {stage}"]:
            found.setdefault(method, set()).add(float(rate))
    return {method: tuple(sorted(rates)) for method, rates in found.items()}


def merged_rates(parts: Sequence[Run]) -> Rates:
    """The rates of a Config for all parts, which have the same."""
    return tuple(planned_rates(parts[0]).items())


def merged_records(parts: Sequence[Run]) -> dict[str, Any]:
    """The plan of one run with given rates, and the groups of one part after the other."""
    plan = [run for stage in _stages(parts[0]) for run in parts[0].manifest[f"plan {stage}"]]
    at = {tuple(run): place for place, run in enumerate(plan)}
    groups = []
    for part in parts:
        for stage, own in _groups(part):
            runs = [at[tuple(part.manifest[f"plan {stage}"][place])] for place in own.runs]
            groups.append(TrainingGroup(own.trials, tuple(runs)).stored())
    return {"plan 0": plan, "grouping 0": groups}


def keys_of_groups(parts: Sequence[Run]) -> set[str]:
    """The keys of all groups, as their parts number them."""
    return {
        group_key(stage, place)
        for part in parts
        for stage in _stages(part)
        for place in range(len(part.manifest[f"grouping {stage}"]))
    }


def merged_groups(parts: Sequence[Run]) -> Iterator[tuple[str, Arrays]]:
    """The artifacts of all groups by their new keys, and the directions of the paths that stay."""
    place = 0
    for part in parts:
        for stage in _stages(part):
            for own in range(len(part.manifest[f"grouping {stage}"])):
                arrays = dict(part[group_key(stage, own)])
                if part is not parts[0]:
                    arrays |= {name: arrays[name][:0] for name in OF_FIRST_TRIAL if name in arrays}
                yield group_key(0, place), arrays
                place += 1
    if DIRECTIONS in parts[0]:
        yield DIRECTIONS, parts[0][DIRECTIONS]


def _stages(part: Run) -> list[int]:
    return [stage for stage in (0, 1) if part.recorded(f"grouping {stage}")]


def _groups(part: Run) -> Iterator[tuple[int, TrainingGroup]]:
    """The stage of each group of a part, and the group."""
    for stage in _stages(part):
        for stored in part.manifest[f"grouping {stage}"]:
            yield stage, TrainingGroup.read(stored)
