"""A run that is killed at any moment and resumed ends in the numbers of the uninterrupted one."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

from egop.experiments import convex, digits, resume, run
from egop.networks.batches import Minibatches
from egop.networks.data import load
from egop.runs.run import Run
from tests.experiments.same_numbers import assert_same_numbers

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

ROOT = Path(__file__).resolve().parents[2]
RATES = {"adagrad": [0.05], "adam": [0.01, 0.1], "momentum": [0.01]}
CONFIGS = {
    "digits": digits.Config(trials=2, epochs=8, hidden=(4,), n_samples=150),
    "convex": convex.Config(trials=2, epochs=100),
}

SCRIPT = """
import json, os, signal, sys, threading, time
from pathlib import Path
import sklearn.model_selection  # imported once for all children; nothing may be computed yet
from egop.experiments import convex, digits, run
from egop.experiments.sweep import group_training
from egop.runs.run import Run
from tests.experiments.test_killed import CONFIGS, RATES

group_training.CHECKPOINT_SECONDS = 0.0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def train(name, out, writes, seconds):
    done, keep = [], Run.keep
    def keep_or_die(self, *arguments, **options):
        if len(done) == writes:
            die()
        done.append(1)
        keep(self, *arguments, **options)
    Run.keep = keep_or_die
    def die_once_begun():
        while not list(Path(out).glob("*/config.json")):
            time.sleep(0.001)
        time.sleep(seconds)
        die()
    threading.Thread(target=die_once_begun, daemon=True).start()
    run(name, rates=RATES, config=CONFIGS[name], out=out, threads=2, device="cpu")
    threading.Event().wait()

for job in json.loads(sys.argv[1]):
    child = os.fork()
    if child == 0:
        train(*job)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, job
"""

WRITES = {"digits": (1, 6, 9, 24, 60), "convex": (0, 7)}
"""Numbers of artifacts and parts that each run keeps before it is killed."""

LONG = 120.0
"""Seconds in which a run on a busy machine keeps so many."""

N_RANDOM = 10


@pytest.fixture(scope="module")
def uninterrupted() -> dict[str, xr.Dataset]:
    return {
        name: run(name, rates=RATES, config=config, out=None, threads=2, device="cpu")
        for name, config in CONFIGS.items()
    }


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Path]:
    """The folders of runs that were killed, by experiment and number."""
    out = tmp_path_factory.mktemp("killed")
    jobs = []
    for name, writes in WRITES.items():
        jobs += [(name, str(out / f"{name}-{k}"), n, LONG) for k, n in enumerate(writes)]
    for k in range(N_RANDOM):
        jobs.append(("digits", str(out / f"digits-{100 + k}"), 10**6, random.uniform(0.0, 0.7)))
    print(jobs)
    command = [sys.executable, "-c", SCRIPT, json.dumps(jobs)]
    process = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    folders = {}
    for each in out.iterdir():
        name, number = each.name.split("-")
        (folders[name, int(number)],) = each.iterdir()
    return folders


@pytest.mark.parametrize(("name", "number"), [("digits", k) for k in range(4)])
def test_killed_before_a_write(name, number, killed, uninterrupted):
    folder = killed[name, number]
    assert not (folder / "result.nc").exists()
    part = Run.open(folder)
    unfinished = part.get("stage-0-group-0", part=True)
    part.close()
    if number == 3:  # three bases, spectrum and directions are whole; a part follows each step
        n_steps = Minibatches.of(load("digits"), size=CONFIGS[name].batch_size, seed=0).n_steps
        epoch, taken = divmod(WRITES[name][number] - 5, n_steps)
        assert unfinished["training_loss"].shape == (epoch + 1, 2, 4)
        assert (unfinished["state epoch"], unfinished["state taken"]) == (epoch, taken)
    elif number == 2:  # it was just writing another part
        path = folder / "pieces" / "stage-0-group-0.part.npz"
        path.with_name(path.name + ".tmp").write_bytes(path.read_bytes()[:1000])
    assert_same_numbers(resume(folder), uninterrupted[name])
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.parametrize("number", range(100, 100 + N_RANDOM))
def test_killed_at_a_random_moment(number, killed, uninterrupted):
    assert_same_numbers(resume(killed["digits", number]), uninterrupted["digits"])


@pytest.mark.parametrize("number", range(2))
def test_finished_pieces_are_not_computed_again(number, killed, uninterrupted):
    pieces = killed["convex", number] / "pieces"
    before = {path: path.stat().st_mtime_ns for path in pieces.glob("*.npz")}
    assert len(before) == WRITES["convex"][number]
    assert_same_numbers(resume(pieces.parent), uninterrupted["convex"])
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_the_grouping_and_the_threads_of_the_beginning_are_used_again(killed, monkeypatch):
    from egop.experiments import execution
    from egop.experiments.sweep import network_sweep

    def other(*_):
        raise AssertionError("the grouping was made again")

    used = []
    limited = execution.limited_threads
    monkeypatch.setattr(network_sweep, "grouping", other)
    monkeypatch.setattr(execution, "available_threads", lambda: 1)
    monkeypatch.setattr(
        execution, "limited_threads", lambda threads: used.append(threads) or limited(threads)
    )
    assert resume(killed["digits", 4]).attrs["threads"] == 2
    assert used == [2]
