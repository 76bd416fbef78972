"""Runs on a cluster end in the numbers of runs in this process, whatever happens to the workers."""

import gc
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")
pytest.importorskip("distributed")

import torch
from distributed import Client, WorkerPlugin
from distributed.gc import GCDiagnosis
from distributed.scheduler import KilledWorker

from egop.cancellation import Cancelled
from egop.execution import cluster, driver, forkserver_preload
from egop.execution.tasks import opened
from egop.execution.worker_preload import NICENESS
from egop.experiments import begin, convex, digits, resume, run, schedule, spectrum
from egop.experiments.compared_methods import import_own
from egop.experiments.execution import Execution
from egop.runs.run import Run
from tests.experiments.same_numbers import assert_same_numbers

RATES = {"adagrad": [0.05], "adam": [0.01, 0.1]}
SMALL = digits.Config(trials=2, epochs=8, hidden=(4,), n_samples=150)
LONG = digits.Config(trials=2, epochs=100_000, hidden=(16,), n_samples=1000)
KILLS = 5


class KeepOften(WorkerPlugin):
    """Unfinished parts are kept three times a second instead of every twenty seconds."""

    def setup(self, worker):
        from egop.experiments.sweep import group_training

        group_training.CHECKPOINT_SECONDS = 0.3


without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    connected = cluster.connect("local")
    connected.register_plugin(KeepOften())
    yield connected
    cluster.disconnect()


def begun(out: Path, config=SMALL, **options) -> Run:
    options = {"rates": RATES, "device": "cpu", "threads": 2} | options
    return begin("digits", config=config, out=out, **options)


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    return run("digits", rates=RATES, config=SMALL, out=None, threads=2, device="cpu")


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="a system without priorities")
def test_the_worker_on_this_machine_leaves_the_cores_to_pages(client):
    wanted = min(19, priority() + NICENESS)
    assert list(client.run(priority).values()) == [wanted]


def test_the_result_is_that_of_this_process(client, tmp_path, expected):
    told = []
    scheduled = begun(tmp_path)
    result = driver.execute(scheduled, client, lambda *each: told.append(each))
    assert_same_numbers(result, expected)
    xr.testing.assert_identical(resume(scheduled.folder), result)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "finished")
    assert not (scheduled.folder / "live").exists()


def test_a_collection_that_began_before_the_scheduler_ends_in_silence(client):
    heard = [each for each in gc.callbacks if isinstance(getattr(each, "__self__", 0), GCDiagnosis)]
    assert heard
    for each in heard:
        each("stop", {"generation": 2, "collected": 0, "uncollectable": 0})


@pytest.mark.skipif(sys.platform != "linux", reason="workers are started anew")
def test_workers_are_forked_from_a_process_with_their_imports(client):
    (parent,) = client.run(os.getppid).values()
    assert parent != os.getpid()
    assert "forkserver" in Path(f"/proc/{parent}/cmdline").read_text()
    for name in forkserver_preload.MODULES:
        import_module(name)


def wait_for_worker(folder: Path, other_than: set[int]) -> int | None:
    """The number of a process that has begun to work on the run; None once it is finished."""
    while not (folder / "result.nc").exists():
        for path in (folder / "live").glob("*.task"):
            try:
                pid = int(path.read_text())
            except (OSError, ValueError):
                continue
            if pid not in other_than:
                return pid
        time.sleep(0.01)
    return None


def test_workers_that_are_killed_cost_nothing_but_time(client, tmp_path):
    config = digits.Config(trials=2, epochs=80, hidden=(4,), n_samples=500)
    scheduled = begun(tmp_path, config)
    killed: set[int] = set()

    def kill() -> None:
        while len(killed) < KILLS:
            pid = wait_for_worker(scheduled.folder, killed)
            if pid is None:
                return
            time.sleep(random.uniform(0, 0.5))
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    result = driver.execute(scheduled, client)
    killer.join()
    assert len(killed) == KILLS
    direct = run("digits", rates=RATES, config=config, out=None, threads=2, device="cpu")
    assert_same_numbers(result, direct)


@pytest.mark.parametrize("days", [1, -1], ids=["ahead", "back"])
def test_a_clock_that_jumps_costs_nothing_but_time(client, tmp_path, expected, monkeypatch, days):
    """A day ahead the scheduler takes its workers for dead, and starts them anew."""
    scheduled, told = begun(tmp_path), []
    scheduler, real = client.cluster.scheduler, time.time
    before = set(client.run(os.getpid).values())

    def jump() -> None:
        wait_for_worker(scheduled.folder, set())
        for clock in ("time.time", "distributed.scheduler.time", "distributed.batched.time"):
            monkeypatch.setattr(clock, lambda: real() + 86400 * days)
        client.sync(scheduler.check_worker_ttl)

    jumper = threading.Thread(target=jump)
    jumper.start()
    result = driver.execute(scheduled, client, lambda *each: told.append(each))
    jumper.join()
    assert_same_numbers(result, expected)
    assert told[-1] == (1.0, "finished")
    client.wait_for_workers(1, timeout=60)
    assert (set(client.run(os.getpid).values()) == before) == (days < 0)


def test_silence_is_measured_by_our_clock(client, tmp_path, monkeypatch):
    """News of a worker whose clock is a day behind are news."""
    monkeypatch.setattr(cluster, "n_workers", lambda client: 0)
    monkeypatch.setattr(driver, "SILENCE", 0.2)
    told, at = [], [time.time() - 86400]
    run_of = begun(tmp_path)
    execution = Execution(run_of, lambda share, words: told.append(words))
    (first, *_) = execution.missing()
    tasks = driver.DaskTaskSet(execution, client, threading.Event())
    tasks._futures = {first.key: None}
    note = {"share": 0.5, "words": "trains"}
    monkeypatch.setattr(run_of.live, "read_progress", lambda name: {**note, "at": at[0]})
    tasks._report()
    time.sleep(0.3)
    tasks._report()
    at[0] += 1
    tasks._report()
    run_of.close()
    assert told == ["trains", "waits for a worker", "trains"]


def stop_after(scheduled: Run, client, epochs: int) -> None:
    """Asks a run to stop once it has trained some epochs, and waits until it has."""
    stop = threading.Event()

    def ask() -> None:
        while shown(scheduled.folder) <= epochs:
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=ask).start()
    with pytest.raises(Cancelled):
        driver.execute(scheduled, client, stop=stop)


def shown(folder: Path) -> int:
    """The number of epochs of the first group that can be seen, with epoch 0."""
    path = folder / "live" / "stage-0-group-0.npz"
    return np.load(path)["training_loss"].shape[2] if path.exists() else 0


def test_a_run_that_is_stopped_keeps_a_checkpoint(client, tmp_path):
    scheduled = begun(tmp_path, LONG)
    folder = scheduled.folder
    stop_after(scheduled, client, epochs=2)
    part = folder / "pieces" / "stage-0-group-0.part.npz"
    reached = np.load(part)["training_loss"].shape[0]
    assert reached == shown(folder) > 2
    assert np.load(folder / "live" / "stage-0-group-0.npz")["runs"].tolist() == [0, 4, 5]
    assert not list((folder / "live").glob("*.task"))
    stop_after(Run.open(folder), client, epochs=reached)
    assert np.load(part)["training_loss"].shape[0] > reached
    assert not any(client.processing().values())


def test_a_step_that_cannot_be_stopped_ends_with_its_worker(client, tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "STOPPING", 0.0)
    scheduled = begun(tmp_path, LONG)
    before = set(client.scheduler_info()["workers"])
    stop_after(scheduled, client, epochs=2)
    assert not list((scheduled.folder / "live").glob("*.task"))
    client.wait_for_workers(1, timeout=60)
    deadline = time.monotonic() + 60
    while not (set(client.scheduler_info()["workers"]) - before) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(client.scheduler_info()["workers"]) == 1


def test_a_stopped_run_goes_on_to_the_same_numbers(client, tmp_path, expected):
    scheduled = begun(tmp_path)
    folder = scheduled.folder
    for after in (0.05, 0.2, 0.3):
        stop = threading.Event()
        threading.Timer(after, stop.set).start()
        with suppress(Cancelled):
            driver.execute(scheduled, client, stop=stop)
        if (folder / "result.nc").exists():
            break
        scheduled = Run.open(folder)
    else:
        driver.execute(scheduled, client)
    assert_same_numbers(resume(folder), expected)


def test_several_runs_share_a_worker(client, tmp_path, expected):
    runs = [begun(tmp_path) for _ in range(3)]
    with ThreadPoolExecutor(len(runs)) as pool:
        results = list(pool.map(lambda each: driver.execute(each, client), runs))
    for result in results:
        assert_same_numbers(result, expected)


OTHERS = {
    "spectrum": spectrum.Config(hidden=(2,), samples_per_parameter=1, trials=2),
    "convex": convex.Config(problems=("logistic_regression",), trials=1, epochs=20),
    "schedule": schedule.Config(epochs=5),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_experiments_run_on_a_cluster(name, client, tmp_path):
    options = {"config": OTHERS[name], "device": "cpu", "threads": 1}
    result = driver.execute(begin(name, out=tmp_path, **options), client)
    assert_same_numbers(result, run(name, out=None, **options))


def test_workers_get_methods_that_only_this_process_has(client, tmp_path):
    module = tmp_path / "only_here.py"
    module.write_text(
        "from egop import methods\n"
        "def update(gradient, state, point, powers, h):\n"
        "    return methods.sign(gradient), h.scale, state\n"
        "methods.from_update('only_here', update, scale=2.0)\n"
    )
    import_own([str(module)])
    given = {"methods": ["only_here"], "rates": [0.05], "config": replace(SMALL, epochs=1)}
    begun = begin("digits", out=tmp_path / "runs", **given)
    result = driver.execute(begun, client)
    assert_same_numbers(result, run("digits", out=None, threads=begun.manifest["threads"], **given))


def test_what_fails_in_a_worker_fails_here_with_the_same_sentence(client, tmp_path):
    scheduled = begun(tmp_path)
    scheduled.manifest["config"]["n_samples"] = 0  # nobody can begin such a run
    with pytest.raises(ValueError, match=r"^an EGOP takes n_samples of at least 1, got 0$"):
        driver.execute(scheduled, client)
    Run.open(scheduled.folder).close()


@without_gpu
def test_a_device_that_is_gone_is_one_sentence(client, tmp_path):
    scheduled = begun(tmp_path)
    scheduled.manifest["device"] = "cuda"
    with pytest.raises(ValueError, match="finds no GPU here; use device 'cpu' or 'auto'"):
        driver.execute(scheduled, client)


def test_a_run_without_a_folder_is_refused(client):
    with pytest.raises(ValueError, match="takes a folder that its workers see, got out=None"):
        driver.execute(begun(None), client)


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path):
    with pytest.raises(OSError, match=r"the worker on \S+ does not see .*nowhere: every worker"):
        opened(tmp_path / "nowhere")


class Lost:
    """A cluster whose tasks all end in the same way."""

    def __init__(self, status: str, error: Exception | None = None, connected: bool = True):
        self.status = "running" if connected else "closed"
        self.cluster, self.given = None, 0
        self._future = SimpleNamespace(status=status, exception=lambda: error)

    def submit(self, *_, **__):
        self.given += 1
        return self._future

    def cancel(self, futures):
        pass

    def scheduler_info(self):
        return {"address": "tcp://here:1", "n_workers": 1, "workers": {}}

    def run(self, *_, **__):
        return {}


def test_a_piece_whose_workers_all_die_is_given_up(tmp_path):
    lost = Lost("error", KilledWorker("compute_task-1", None, 3))
    with pytest.raises(MemoryError, match="every worker that computed stage-0-group-0 died"):
        driver.execute(begun(tmp_path), lost)
    assert lost.given == driver.AHEAD * (1 + driver.ATTEMPTS)


def test_a_scheduler_that_is_gone_is_one_sentence(tmp_path):
    lost = Lost("lost", connected=False)
    with pytest.raises(OSError, match="the scheduler at tcp://here:1 is gone; start it again"):
        driver.execute(begun(tmp_path), lost)
