"""Running experiments by name: what is refused, what is kept, and what an interrupted run is."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from egop.experiments import EXPERIMENTS, begin, configure, load, resume, run
from egop.runs.store import Run

RATES = {"adagrad": [1.0, 20.0], "adam": [0.02]}


def test_the_result_on_disk_is_the_result(tmp_path):
    result = run("convex", trials=1, epochs=20, rates=RATES, out=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("convex-")
    xr.testing.assert_identical(load(folder), result)
    assert result.attrs["experiment"] == "convex"
    assert result.attrs["device"] == "cpu"
    assert '"numpy"' in result.attrs["versions"]
    xr.testing.assert_identical(resume(folder), result)


def test_nothing_is_kept_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("schedule", epochs=5, out=None)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_and_ends_at_one():
    told = []
    run("two_dimensions", trials=3, epochs=5, out=None, tell=lambda *each: told.append(each))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert told[1][1] == "problem 2 of 3"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "convexx"}, "unknown experiment 'convexx'; did you mean 'convex'"),
        ({"name": "zzz"}, "unknown experiment 'zzz'; known are two_dimensions"),
        ({"name": "schedule", "trials": 3}, "the experiment schedule has no trials"),
        ({"name": "convex", "trials": 0}, "trials takes an integer of at least 1, got 0"),
        ({"name": "convex", "epochs": 2.5}, "epochs takes an integer of at least 1, got 2.5"),
        ({"name": "convex", "rates": {"adm": [1]}}, "did you mean 'adam'"),
        ({"name": "convex", "device": "tpu"}, "device takes one of auto, cpu, cuda, got 'tpu'"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(arguments, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        run(**arguments, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_config_of_another_experiment_is_refused():
    with pytest.raises(TypeError, match=r"convex takes an egop\.experiments\.convex\.Config, got"):
        run("convex", config=configure("schedule"), out=None)


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch, tmp_path):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"finds no GPU here; use device 'cpu' or 'auto'"):
        run("convex", device="cuda", out=tmp_path)


def test_a_missing_package_is_one_sentence(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("egop.experiments.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r'needs the package xarray.*"egop\[networks\]"'):
        run("convex")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_quick_is_an_experiment_of_the_same_kind(name):
    full, quick = configure(name), configure(name, quick=True)
    assert type(full) is type(quick)
    with pytest.raises(AttributeError):
        full.seed = 3
    for size in {"trials", "epochs"} & vars(full).keys():
        assert getattr(quick, size) <= getattr(full, size)


def test_every_figure_of_the_paper_has_its_experiment():
    figures = [figure for each in EXPERIMENTS.values() for figure in each.figures]
    assert len(figures) == len(set(figures))


@pytest.fixture(scope="module")
def uninterrupted() -> xr.Dataset:
    return run("convex", trials=1, epochs=30, rates=RATES, out=None)


def test_ctrl_c_leaves_a_run_that_can_be_resumed(tmp_path, uninterrupted, monkeypatch):
    keep = Run.keep

    def interrupted(self, name, *arguments, **options):
        keep(self, name, *arguments, **options)
        if name == "logistic_regression-0-adam-0":
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("convex", trials=1, epochs=30, rates=RATES, out=tmp_path)
    monkeypatch.setattr(Run, "keep", keep)
    (folder,) = tmp_path.iterdir()
    xr.testing.assert_equal(resume(folder), uninterrupted)
    np.testing.assert_array_equal(load(folder)["status"], uninterrupted["status"])


def test_pytorch_computes_with_the_threads_that_a_run_began_with(tmp_path):
    """Also in a process that has not loaded it before, as that of `egop resume`."""
    pytest.importorskip("torch")
    begun = begin("digits", quick=True, device="cpu", threads=1, out=tmp_path)
    begun.close()
    script = f"""
from egop.experiments import execution, resume
def told(run):
    import torch
    print(torch.get_num_threads())
execution.finish = told
resume({str(begun.folder)!r})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
