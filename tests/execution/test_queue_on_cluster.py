"""The queue with real workers: five visitors, and a long run that can be ended."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("distributed")

from egop.execution import cluster
from egop.execution.queue import Queue
from egop.experiments import begin, digits, load, run
from egop.memory_limits import worker_memory
from egop.runs.jobs import RUNNING
from tests.experiments.same_numbers import assert_same_numbers

RATES = {"adagrad": [0.05], "adam": [0.01]}
SMALL = digits.Config(trials=1, epochs=10, hidden=(4,), n_samples=100)
LONG = digits.Config(trials=4, epochs=100_000, hidden=(16,), n_samples=1000)
PATIENCE = 120.0


@pytest.fixture(scope="module", autouse=True)
def connected() -> Iterator[None]:
    cluster.connect("local")
    yield
    cluster.disconnect()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path, connect=lambda: cluster.connect("local"))
    yield made
    made.close()


def submit(queue: Queue, config: digits.Config) -> str:
    out = queue.archive.folder
    return queue.submit(
        begin("digits", rates=RATES, config=config, out=out, threads=1, device="cpu")
    )


def until(happened, patience: float = PATIENCE) -> None:
    """Waits until something happened."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() < began + patience, "it did not happen"
        time.sleep(0.02)


def test_five_visitors_at_once_all_get_the_result_of_a_run_alone(queue):
    began: list[str] = []

    def note(job):
        if job.message == "starts":
            began.append(job.name)

    queue.watch(note)
    names = [submit(queue, SMALL) for _ in range(5)]
    until(lambda: not queue.jobs(), 3 * PATIENCE)
    firsts = [name for place, name in enumerate(began) if name not in began[:place]]
    assert firsts == names
    expected = run("digits", rates=RATES, config=SMALL, out=None, threads=1, device="cpu")
    for name in names:
        assert queue.archive.entry(name).error == ""
        assert_same_numbers(load(queue.archive.path(name)), expected)


def test_a_day_long_run_is_cancelled_and_makes_room(queue):
    long, short = submit(queue, LONG), submit(queue, SMALL)
    until(lambda: any(x.name == long and x.state == RUNNING and x.share > 0 for x in queue.jobs()))
    queue.cancel(long)
    until(lambda: not queue.jobs())
    assert queue.archive.entry(short).state == "finished"
    assert queue.archive.entry(long).state == "cancelled"
    assert queue.archive.entry(long).share > 0
    queue.archive.restore(queue.archive.delete(long))


def test_the_worker_has_a_limit_on_its_memory(queue):
    client = cluster.connect("local")
    until(lambda: cluster.n_workers(client))
    (worker,) = client.scheduler_info()["workers"].values()
    assert worker["memory_limit"] == worker_memory()
    until(lambda: set(client.run(limit_of_data).values()) == {worker_memory()})


def limit_of_data() -> int:
    """Of this process."""
    return resource.getrlimit(resource.RLIMIT_DATA)[0]
