"""The workers that experiments run on: those of a scheduler, or one on this machine."""

import asyncio
import logging
import os
import signal
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from egop.execution import tasks
from egop.execution.dask_patches import measure_no_collections, send_at_once
from egop.execution.tasks import check_software, software
from egop.experiments.devices import available_threads
from egop.extras import needed
from egop.memory_limits import worker_memory

if TYPE_CHECKING:
    from distributed import Client
    from tornado.ioloop import IOLoop

Answer = TypeVar("Answer")

SCHEDULER = "EGOP_SCHEDULER"
"""The environment variable with the address of the scheduler that is used by default."""

LOCAL = "local"
"""The address of a cluster of one worker on this machine."""

CONNECT_SECONDS = 4.0
"""Seconds that a scheduler may take to answer."""

MEMORY_LIMITS = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.98,
}
"""Shares of a worker's limit: it holds no data of Dask's to put elsewhere; a pause would last."""

_clients: dict[str, "Client"] = {}
_connecting = threading.Lock()


def connect(address: str | None = None) -> "Client":
    """A client of a scheduler, shared by all in this process who ask for the same one.

    Args:
        address: such as tcp://host:8786; None: that in the environment variable EGOP_SCHEDULER.
            Without either, or with "local", the scheduler is in this process, with one worker
            process that is made ready when it is first asked for, and kept.

    Raises:
        ImportError: distributed is not installed.
        OSError: no scheduler can be reached there, or it has no workers.
        ValueError: the scheduler or a worker is of another version.
    """
    address = address or os.environ.get(SCHEDULER) or LOCAL
    with _connecting:
        known = _clients.get(address)
        if known is not None and known.status == "running":
            if known.cluster is not None:
                known.cluster.scale(1)  # should its worker be gone for good
            return known
        if known is not None:
            _close(_clients.pop(address))
        with needed("a cluster", extra="cluster"):
            import distributed  # noqa: F401
        send_at_once()
        _clients[address] = client = _begun() if address == LOCAL else _reached(address)
        return client


def end_workers(client: "Client", processes: Iterable[int]) -> None:
    """Ends workers on this machine at once, whatever they do; others take their place."""
    nannies = client.cluster.workers.values() if client.cluster is not None else ()
    for process in {nanny.pid for nanny in nannies} & set(processes):
        with suppress(OSError):
            os.kill(process, signal.SIGKILL)


def disconnect() -> None:
    """Ends every client, and the worker on this machine."""
    with _connecting:
        while _clients:
            _close(_clients.popitem()[1])


def _close(client: "Client") -> None:
    """Ends a client and its cluster; left alone it would do so in whichever thread collects it."""
    with suppress(Exception):
        client.close()
    with suppress(Exception):  # a client that was never made has no cluster
        if client.cluster is not None:
            client.cluster.close()


def n_workers(client: "Client") -> int:
    """The number of workers there are now."""
    return int(client.scheduler_info()["n_workers"])


def threads(client: "Client") -> int:
    """CPU threads that each worker can have, when all on one machine share its cores."""
    return max(1, min(_shares(_answers(client, available_threads)), default=1))


def memory_budget(client: "Client", device: str) -> int | None:
    """Bytes that a training may take on each worker, as `threads`; None where nobody says.

    Raises:
        ValueError: a worker does not have the device.
    """
    found = _answers(client, partial(tasks.memory_budget, device))
    known = {address: number for address, number in found.items() if number is not None}
    return min(_shares(known) if device == "cpu" else known.values(), default=None)


def _begun() -> "Client":
    """A client of a new cluster in this process."""
    from dask import config
    from distributed import Client, LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # also where the root logger tells
    config.set({"distributed.deploy.lost-worker-timeout": "1000 days"})  # it is always made again
    measure_no_collections()
    _fork_workers()
    config.set(MEMORY_LIMITS)
    with config.set({"distributed.nanny.pre-spawn-environ": {}}):  # threads are the run's
        cluster = LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            memory_limit=worker_memory() or 0,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.CRITICAL,
            preload=["egop.execution.worker_preload"],
            env=dict(os.environ),  # as it is now: workers are forked from an older process
            loop=_event_loop(),
        )
    return Client(cluster, set_as_default=False)


@cache
def _event_loop() -> "IOLoop":
    """The event loop for Dask, in a thread of its own.

    Dask would give its own thread ten seconds to begin, too few while another thread holds the
    interpreter's lock to load a large library from a cold disk.
    """
    from tornado.ioloop import IOLoop

    begun: Future[IOLoop] = Future()

    async def serve() -> None:
        begun.set_result(IOLoop.current())
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), name="egop-dask", daemon=True).start()
    return begun.result()


def _fork_workers() -> None:
    """Forks workers from a process that has imported what they need, where the system can.

    One that takes the place of another is there in a second, otherwise in six.
    """
    from dask import config
    from distributed.utils import get_mp_context

    if sys.platform == "linux":
        config.set({"distributed.worker.multiprocessing-method": "forkserver"})
        get_mp_context().set_forkserver_preload(["egop.execution.forkserver_preload"])


def _reached(address: str) -> "Client":
    """A client of a scheduler that is there."""
    from distributed import Client

    client: Any = Client.__new__(Client)  # so that there is something to close if it fails
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions are compared below, in one sentence
        try:
            client.__init__(
                address, timeout=CONNECT_SECONDS, set_as_default=False, loop=_event_loop()
            )
        except (OSError, ValueError, TypeError) as error:
            _close(client)
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise OSError(
                f"no scheduler can be reached at {address!r} ({reason}); start one by "
                "dask scheduler, or leave the address out to compute on this machine"
            ) from None
    try:
        _check(client, address)
    except BaseException:
        client.close()
        raise
    return client


def _check(client: Any, address: str) -> None:
    """That the scheduler has workers, and all are of the versions of this process.

    Raises:
        OSError, ValueError: as `connect`.
    """
    try:
        check_software(software(), client.run_on_scheduler(software), f"the scheduler at {address}")
        found = _answers(client, software)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"the cluster at {address} has no {error.name}; install the packages of this machine "
            "on all of its machines"
        ) from None
    for worker, versions in found.items():
        check_software(software(), versions, f"the worker at {worker}")
    if not found:
        raise OSError(
            f"the scheduler at {address} has no workers; start some by dask worker {address}"
        )


def _shares(numbers: dict[str, int]) -> list[int]:
    """Each worker's share of its machine's number when the workers there share it."""
    crowds = Counter(urlsplit(address).hostname for address in numbers)
    return [n // crowds[urlsplit(address).hostname] for address, n in numbers.items()]


def _answers(client: Any, question: Callable[[], Answer]) -> dict[str, Answer]:
    """The answer of each worker, by its address; those that die over it are left out.

    Raises:
        ValueError, ModuleNotFoundError: as the question.
    """
    found = client.run(question, on_error="return")
    for error in found.values():
        if isinstance(error, ValueError | ModuleNotFoundError):
            raise error
    return {each: answer for each, answer in found.items() if not isinstance(answer, Exception)}
