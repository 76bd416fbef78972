"""Carries out a run on a cluster: what is missing becomes tasks, which are watched and stopped.

The driver goes the way of the experiment, as a run in this process does, but each missing piece is
computed by a worker that sees the same folder. What a worker that died had not kept, the next one
computes again.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from egop.experiments.stopping import Stopped as Stopped
from egop.experiments.store import Run

if TYPE_CHECKING:
    import xarray as xr


def execute(
    run: Run,
    client: Any,
    tell: Callable[[float, str], None] | None = None,
    stop: threading.Event | None = None,
) -> "xr.Dataset":
    """The result of a run, computed by the workers of a cluster; written into its folder.

    Args:
        run: in a folder that every worker sees.
        client: of `egop.scheduling.cluster.connect`; several runs may use one at the same time.
        tell: called with the share that is done, from 0 to 1, and what is done now.
        stop: set by another thread to end it within two seconds.

    Raises:
        Stopped: `stop` was set; what was finished is kept, and the run can be continued.
        ValueError, MemoryError, OSError: as `egop.experiments.run`, also where a worker raised it.
    """
    from egop.experiments.execution import execute as execute_here

    run.stopping = (stop or threading.Event()).is_set
    return execute_here(run, tell)
