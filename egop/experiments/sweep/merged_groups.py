"""The groups of the parts of a sweep as those of one run.

Only the first stage has any, since parts take given rates. A group keeps its trials and runs, and
so does its training; of the paths of weights, those of the first trial of all stay.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from egop.experiments.sweep.groups import group_key
from egop.experiments.sweep.subspace_paths import DIRECTIONS
from egop.runs.done import Arrays
from egop.runs.run import Run
from egop.runs.run_table import PATHS


def merged_records(parts: Sequence[Run]) -> dict[str, Any]:
    """The plan, which is the same in all parts, and the groups of one after the other."""
    groups = [group for part in parts for group in part.manifest["grouping 0"]]
    return {"plan 0": parts[0].manifest["plan 0"], "grouping 0": groups}


def keys_of_groups(parts: Sequence[Run]) -> set[str]:
    """The keys of all groups, as their parts number them."""
    most = max(len(part.manifest["grouping 0"]) for part in parts)
    return {group_key(0, place) for place in range(most)}


def merged_groups(parts: Sequence[Run]) -> Iterator[tuple[str, Arrays]]:
    """The artifacts of all groups by their new keys, and the directions of the paths that stay."""
    place = 0
    for part in parts:
        for own in range(len(part.manifest["grouping 0"])):
            arrays = dict(part[group_key(0, own)])
            if part is not parts[0]:
                arrays |= {name: arrays[name][:0] for name in PATHS if name in arrays}
            yield group_key(0, place), arrays
            place += 1
    if DIRECTIONS in parts[0]:
        yield DIRECTIONS, parts[0][DIRECTIONS]
