"""Who is carried out next, and who makes room: visitors in turn, and nobody starves.

Each run in line has a round: everybody's first run is in a round before anybody's second. Within a
round the order is that of the places. Who comes anew joins the round that is being carried out.
"""

from collections.abc import Collection, Mapping

from egop.execution.queued_run import QueuedRun

SOON = 0.05
"""Seconds; the queue never looks more often than that."""


def waiting(line: Collection[QueuedRun]) -> list[QueuedRun]:
    """Those that wait, the next one first."""
    return sorted(
        (each for each in line if each.waits), key=lambda each: (each.job.round, each.job.place)
    )


def next_round(line: Collection[QueuedRun], owner: str, served: Mapping[str, int]) -> int:
    """The round of one more run of an owner: one after that of the owner's last one.

    Args:
        line: what waits or is carried out.
        owner: who asks for it, as `QueuedRun.owner`.
        served: by owner the last round in which one of theirs was carried out.
    """
    rounds = [each.job.round for each in line if each.waits]
    theirs = [each.job.round for each in line if each.waits and each.owner == owner]
    now = max(served.values(), default=min(rounds, default=0))
    return max(now, 1 + max([*theirs, served.get(owner, -1)]))


def serve(served: Mapping[str, int], begun: QueuedRun) -> dict[str, int]:
    """`served` once a run has begun; those of earlier rounds join the present one anyway."""
    served = {**served, begun.owner: begun.job.round}
    now = max(served.values())
    return {owner: number for owner, number in served.items() if number == now}


def starting(line: Collection[QueuedRun], side_by_side: int) -> list[QueuedRun]:
    """Those for which there is room now."""
    return waiting(line)[: max(0, side_by_side - sum(each.runs for each in line))]


def ending(line: Collection[QueuedRun], side_by_side: int) -> list[QueuedRun]:
    """Those that have had their turn and take the room of one that waits."""
    running = [each for each in line if each.runs]
    leaving = sum(each.stop.is_set() for each in running)
    wanted = sum(each.waits for each in line) - leaving - max(0, side_by_side - len(running))
    over = [each for each in running if not each.stop.is_set() and each.elapsed >= each.turn]
    over.sort(key=lambda each: each.elapsed, reverse=True)
    return over[: max(0, wanted)]


def patience(line: Collection[QueuedRun]) -> float | None:
    """Seconds until the next turn ends; None when nobody waits for it."""
    if not any(each.waits for each in line):
        return None
    left = [each.turn - each.elapsed for each in line if each.runs and not each.stop.is_set()]
    return max(SOON, min(left)) if left else None
