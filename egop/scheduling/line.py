"""Who is carried out next, and who makes room: visitors in turn, and nobody starves."""

from collections import Counter
from collections.abc import Collection

from egop.scheduling.carried import Carried

SOON = 0.05
"""Seconds; the queue never looks more often than that."""


def waiting(line: Collection[Carried]) -> list[Carried]:
    """Those that wait, the next one first.

    Everybody's first run comes before anybody's second, and those that are carried out count.
    Among the first ones the order is that of their places.
    """
    had = Counter(each.job.visitor for each in line if each.runs)
    ranks: dict[str, tuple[int, float]] = {}
    those = sorted((each for each in line if each.waits), key=lambda each: each.job.place)
    for each in those:
        ranks[each.job.name] = (had[each.job.visitor], each.job.place)
        had[each.job.visitor] += 1
    return sorted(those, key=lambda each: ranks[each.job.name])


def starting(line: Collection[Carried], side_by_side: int) -> list[Carried]:
    """Those for which there is room now."""
    return waiting(line)[: max(0, side_by_side - sum(each.runs for each in line))]


def ending(line: Collection[Carried], side_by_side: int) -> list[Carried]:
    """Those that have had their turn and take the room of one that waits."""
    running = [each for each in line if each.runs]
    leaving = sum(each.stop.is_set() for each in running)
    wanted = sum(each.waits for each in line) - leaving - max(0, side_by_side - len(running))
    over = [each for each in running if not each.stop.is_set() and each.elapsed >= each.turn]
    over.sort(key=lambda each: each.elapsed, reverse=True)
    return over[: max(0, wanted)]


def patience(line: Collection[Carried]) -> float | None:
    """Seconds until the next turn ends; None when nobody waits for it."""
    if not any(each.waits for each in line):
        return None
    left = [each.turn - each.elapsed for each in line if each.runs and not each.stop.is_set()]
    return max(SOON, min(left)) if left else None
