"""Times at which matrix methods compute anew what costs a decomposition."""


def is_due(step: int, refresh: int) -> bool:
    """True at the first step and at every multiple of the period."""
    return step == 1 or step % int(refresh) == 0
