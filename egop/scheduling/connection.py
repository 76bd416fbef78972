"""The cluster that a queue uses: connected to when it is first needed."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Connection:
    """A Dask client, made when it is first asked for and again when it was lost.

    Args:
        connect: gives a client; None: `egop.scheduling.cluster.connect`.
    """

    def __init__(self, connect: Callable[[], Any] | None = None):
        self._connect = connect or _connect
        self._client: Any = None
        self._connecting = threading.Lock()

    @property
    def ready(self) -> bool:
        """Whether there are workers that start at once."""
        return self._client is not None and getattr(self._client, "status", "running") == "running"

    def client(self) -> Any:
        """The client.

        Raises:
            ValueError, OSError, ImportError: as `connect`.
        """
        with self._connecting:
            if not self.ready:
                self._client = self._connect()
            return self._client

    def n_workers(self) -> int:
        """How many workers there are, at least one."""
        with suppress(Exception):  # the run that is carried out says what is wrong
            from egop.scheduling import cluster

            return max(1, cluster.n_workers(self._client))
        return 1

    def prepare(self) -> None:
        """Begins to connect in a thread; what fails is said by the first run."""

        def connect() -> None:
            with suppress(Exception):
                self.client()

        threading.Thread(target=connect, name="egop-connect", daemon=True).start()


def _connect() -> Any:
    from egop.scheduling import cluster

    return cluster.connect()
