"""Clusters started by hand: the same numbers as here, and one sentence for what cannot be used."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("distributed")

from egop import cli
from egop.execution import cluster, driver, tasks
from egop.experiments import begin, digits, load, run
from egop.experiments.devices import available_threads
from egop.experiments.sweep import groups
from tests.experiments.same_numbers import assert_same_numbers

ROOT = Path(__file__).resolve().parents[2]
RATES = {"adagrad": [0.05], "adam": [0.01, 0.1]}
CONFIG = digits.Config(trials=3, epochs=4, hidden=(4,), n_samples=150)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen]:
    """A process of Dask's command line, ended at the end."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.terminate()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    port = free_port()
    arguments = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with process("dask_scheduler", *arguments):
        address = f"tcp://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield address
        cluster.disconnect()


@pytest.fixture(scope="module")
def workers(scheduler: str) -> Iterator[str]:
    """The address of a scheduler with two workers, one of them with two threads."""
    arguments = (scheduler, "--no-dashboard", "--nthreads")
    with process("dask_worker", *arguments, "1"), process("dask_worker", *arguments, "2"):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError):
                if cluster.n_workers(cluster.connect(scheduler)) == 2:
                    break
            time.sleep(0.1)
        yield scheduler
        cluster.disconnect()


def test_a_scheduler_without_workers_is_one_sentence(scheduler):
    with pytest.raises(OSError, match=r"has no workers; start some by dask worker tcp://127"):
        cluster.connect(scheduler)


def test_two_workers_started_by_hand_give_the_same_dataset(workers, tmp_path, monkeypatch):
    monkeypatch.setattr(groups, "TOGETHER", 6)
    client = cluster.connect(workers)
    assert cluster.connect(workers) is client
    scheduled = begin("digits", config=CONFIG, rates=RATES, device="cpu", out=tmp_path)
    result = driver.execute(scheduled, client)
    threads = scheduled.manifest["threads"]
    assert threads == cluster.threads(client) == max(1, available_threads() // 2)
    assert len(scheduled.manifest["grouping 0"]) == 5  # two of original runs, three of rotated ones
    direct = run("digits", config=CONFIG, rates=RATES, device="cpu", out=None, threads=threads)
    assert_same_numbers(result, direct)


def test_the_command_line_uses_a_scheduler(workers, tmp_path, capsys):
    words = "experiment two_dimensions --trials 2 --epochs 5 --out"
    assert cli.main([*words.split(), str(tmp_path), "--scheduler", workers]) == 0
    (folder,) = tmp_path.iterdir()
    assert capsys.readouterr().out.startswith(f"{folder}: finished; trials ")
    assert_same_numbers(load(folder), run("two_dimensions", trials=2, epochs=5, out=None))


def test_another_version_is_one_sentence(workers, monkeypatch):
    monkeypatch.setattr(tasks, "VERSION", "9.9")
    cluster.disconnect()
    with pytest.raises(ValueError, match=r"the scheduler at tcp://\S+ has another version of egop"):
        cluster.connect(workers)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nowhere", "foo://a:1", "tcp://"])
def test_a_scheduler_that_cannot_be_reached_is_one_sentence(address, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    address = address.format(port=free_port())
    assert cli.main(["experiment", "schedule", "--scheduler", address]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"egop: no scheduler can be reached at '{address}' (")
    assert said.count("\n") == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nowhere", "foo://a:1", "tcp://"])
def test_a_client_that_reached_nobody_is_closed(address, monkeypatch):
    """It would close itself in whichever thread collects it, also on the event loop."""
    from distributed import Client

    made, start = [], Client.start
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(
        Client, "start", lambda self, **options: (made.append(self), start(self, **options))
    )
    with pytest.raises(OSError, match="no scheduler can be reached"):
        cluster.connect(address.format(port=free_port()))
    assert [client.status for client in made] == ["closed"]


def test_a_client_that_lost_its_scheduler_is_closed_when_another_takes_its_place(monkeypatch):
    closed = []
    lost = SimpleNamespace(
        status="connecting",
        close=lambda: closed.append("client"),
        cluster=SimpleNamespace(close=lambda: closed.append("cluster")),
    )
    address = f"tcp://127.0.0.1:{free_port()}"
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setitem(cluster._clients, address, lost)
    with pytest.raises(OSError, match="no scheduler can be reached"):
        cluster.connect(address)
    assert closed == ["client", "cluster"]
    assert address not in cluster._clients


def test_the_environment_names_the_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    monkeypatch.setenv("EGOP_SCHEDULER", f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(OSError, match="no scheduler can be reached"):
        cluster.connect()


def test_without_dask_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'needs the package distributed.*"egop\[cluster\]"'):
        cluster.connect("local")
