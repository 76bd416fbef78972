"""Reasons that keep a run from being started: missing memory, or days that it would take."""

import os
from typing import Any

from egop.execution.cluster import LOCAL, SCHEDULER
from egop.experiments.cost_estimate import CostEstimate, estimate_cost
from egop.limits import limits

DAY = 86400.0


def predicted(name: str, config: Any, device: str) -> CostEstimate:
    """A run's cost; `fits` says whether it may be started, `sentence` why not.

    Workers of a scheduler are on other machines, whose memory is not known here.
    """
    # In one thread: beside a page that is being loaded, several measure how they wait for a core.
    found = estimate_cost(name, config, device, threads=1)
    if os.environ.get(SCHEDULER, LOCAL) != LOCAL:
        found = found._replace(fits=True)
    most = limits().run_days
    if found.seconds > most * DAY:
        words = f"{found.sentence} A run of the lab may take {most} days: choose smaller sizes."
        return found._replace(sentence=words, fits=False)
    return found


def check(name: str, config: Any, device: str) -> None:
    """ValueError with the sentence of the cost estimate where a run may not be started."""
    found = predicted(name, config, device)
    if not found.fits:
        raise ValueError(found.sentence)
