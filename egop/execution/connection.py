"""The cluster that a queue uses: connected to when it is first needed, and again when it was lost.

States: none, connecting, ready, failed. A thread connects; whoever asks for the client waits until
it has, or the run is cancelled. A failure ends the runs that waited; the next one tries again.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any

from egop.cancellation import Cancelled
from egop.execution import cluster

LOOK = 0.1
"""Seconds between two looks whether the run that waits for the client was stopped."""


class Connection:
    """A Dask client, made when it is first asked for and again when it was lost.

    Args:
        connect: gives a client; None: `egop.execution.cluster.connect`.
    """

    def __init__(self, connect: Callable[[], Any] | None = None):
        self._connect = connect or cluster.connect
        self._attempt: Future[Any] | None = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bool:
        """True if there are workers that start at once."""
        attempt = self._attempt
        if attempt is None or not attempt.done() or attempt.exception() is not None:
            return False
        return getattr(attempt.result(), "status", "running") == "running"

    def prepare(self) -> "Future[Any]":
        """Begins to connect, unless it has; what fails is said by the first run."""
        with self._lock:
            if self._attempt is None or (self._attempt.done() and not self.ready):
                self._attempt = Future()
                threading.Thread(target=self._try, args=(self._attempt,), daemon=True).start()
            return self._attempt

    def client(self, stop: threading.Event) -> Any:
        """The client.

        Raises:
            Cancelled: `stop` was set while it connected.
            ValueError, OSError, ImportError: as `connect`.
        """
        attempt = self.prepare()
        while not wait([attempt], timeout=LOOK).done:
            if stop.is_set():
                raise Cancelled
        return attempt.result()

    def n_workers(self) -> int:
        """The number of workers, at least one."""
        if self._attempt is None or not self.ready:
            return 1
        with suppress(Exception):  # the run that is carried out says what is wrong
            return max(1, cluster.n_workers(self._attempt.result()))
        return 1

    def _try(self, attempt: "Future[Any]") -> None:
        try:
            attempt.set_result(self._connect())
        except Exception as error:
            attempt.set_exception(error)
