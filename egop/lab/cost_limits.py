"""Limits on what a run may cost: the memory of this machine and some days of its time."""

import os
from typing import Any

from egop.execution.cluster import LOCAL, SCHEDULER
from egop.experiments.cost_estimate import CostEstimate, estimate_cost
from egop.limits import limits

DAY = 86400.0


def limited_estimate(name: str, config: Any, device: str) -> CostEstimate:
    """A run's cost; `fits` is False where it may not be started, and `sentence` says why.

    Workers of a scheduler are on other machines, whose memory is not known here.
    """
    found = estimate_cost(name, config, device)
    if os.environ.get(SCHEDULER, LOCAL) != LOCAL:
        found = found._replace(fits=True)
    most = limits().run_days
    if found.seconds > most * DAY:
        words = f"{found.sentence} A run of the lab may take {most} days: choose smaller sizes."
        return found._replace(sentence=words, fits=False)
    return found


def check_cost(name: str, config: Any, device: str) -> None:
    """Raises ValueError with the estimate's sentence where a run may not be started."""
    found = limited_estimate(name, config, device)
    if not found.fits:
        raise ValueError(found.sentence)
