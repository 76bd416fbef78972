"""Limits on the memory of the server and its worker, and whether the server has any left."""

from egop.limits import limits
from egop.machine_memory import available_memory, own_memory, total_memory

WORKER_SHARE = 0.75
"""The share of the machine's memory that the worker may take unless it is set."""
SERVER_SHARE = 0.5
"""The share of the machine's memory that the server may occupy before it refuses more."""
RESERVE = 200_000_000
"""Bytes that stay free: what is asked for when there are fewer is refused."""
SHORT = "the server has no memory left for more at the moment; try again later"


def worker_memory() -> int | None:
    """Bytes that a worker on this machine may take; None where nobody says."""
    return _limit(limits().worker_megabytes, WORKER_SHARE)


def server_shortage() -> str:
    """The sentence by which heavy work is refused while memory is short; "" when it is not."""
    own, limit = own_memory(), _limit(limits().server_megabytes, SERVER_SHARE)
    if own is not None and limit is not None and own > limit:
        return SHORT
    free = available_memory()
    return SHORT if free is not None and free < RESERVE else ""


def _limit(megabytes: int, share: float) -> int | None:
    if megabytes:
        return megabytes * 10**6
    total = total_memory()
    return None if total is None else int(share * total)
