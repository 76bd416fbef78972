"""Running experiments by name: what is refused, what is kept, and what an interrupted run is."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from egop.cli import main
from egop.experiments import EXPERIMENTS, begin, configure, load, resume, run
from egop.networks.downloads import DataError
from egop.runs.run import Run

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
    run("two_dimensions", trials=3, epochs=5, out=None, on_progress=lambda *each: told.append(each))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert [*dict.fromkeys(words for _, words in told)] == [
        "problem 1 of 3", "problem 2 of 3", "problem 3 of 3", "finished",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "convexx"}, "unknown experiment 'convexx'; did you mean 'convex'"),
        ({"name": "zzz"}, "unknown experiment 'zzz'; known are two_dimensions"),
        ({"name": "schedule", "trials": 3}, "the experiment schedule has no trials"),
        ({"name": "convex", "trials": 0}, "trials takes an integer from 1 to 100,000, got 0"),
        ({"name": "convex", "trials": True}, "trials takes an integer .*, got True"),
        (
            {"name": "convex", "trials": 10**9},
            "trials takes an integer from 1 to 100,000, got 1000",
        ),
        (
            {"name": "convex", "epochs": 2.5},
            "epochs takes an integer from 1 to 10,000,000, got 2.5",
        ),
        (
            {"name": "schedule", "epochs": 10**12},
            "epochs takes an integer from 1 to 10,000,000, got",
        ),
        ({"name": "convex", "seed": -1}, "seed takes an integer from 0 to .*, got -1"),
        ({"name": "convex", "seed": 0.5}, r"seed takes an integer from 0 to .*, got 0\.5"),
        ({"name": "convex", "threads": 0}, "threads takes an integer from 1 to 1,024, got 0"),
        ({"name": "convex", "threads": -1}, "threads takes an integer from 1 to 1,024, got -1"),
        (
            {"name": "convex", "threads": 10**6},
            "threads takes an integer from 1 to 1,024, got 1000",
        ),
        ({"name": "convex", "threads": 1.5}, r"threads takes an integer .*, got 1\.5"),
        ({"name": "convex", "memory_budget": 0}, "memory_budget takes an integer from 1"),
        ({"name": "convex", "memory_budget": 1e9}, "memory_budget takes an integer from 1"),
        ({"name": "convex", "rates": {"adm": [1]}}, "did you mean 'adam'"),
        ({"name": "convex", "device": "tpu"}, "device takes one of auto, cpu, cuda, got 'tpu'"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(arguments, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        run(**arguments, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("digits", {"batch_size": 0}, "batch_size takes an integer from 1 .*, got 0"),
        ("digits", {"n_samples": -5}, "n_samples takes an integer from 1 .*, got -5"),
        ("digits", {"hidden": (0,)}, "hidden takes an integer from 1 .*, got 0"),
        ("digits", {"hidden": 32}, r"hidden takes a tuple such as \(32,\), .* got 32"),
        ("digits", {"dtype": "float16"}, "dtype takes one of float32, float64, got 'float16'"),
        ("linear", {"decay": float("nan")}, "decay takes a number from 0 to 100, got nan"),
        ("linear", {"decay": "3"}, "decay takes a number .*, got '3'"),
        ("schedule", {"initial_rate": -1.0}, "initial_rate takes a number from 0"),
        ("sampling", {"scales": (0.1, float("inf"))}, "scales takes a number from 0"),
        (
            "convex",
            {"tolerance": -1e-8},
            "tolerance takes a number from 0 .*, got -1e-08",
        ),
    ],
)
def test_numbers_of_a_config_are_checked_before_there_is_a_folder(name, change, sentence, tmp_path):
    config = dataclasses.replace(configure(name), **change)
    with pytest.raises(ValueError, match=sentence):
        run(name, config=config, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["digits", "spectrum"])
def test_the_law_of_a_config_is_one_that_is_known(kind):
    with pytest.raises(
        ValueError, match="takes one of xavier_normal, pytorch_default, got 'xavier'"
    ):
        dataclasses.replace(configure(kind), initialization="xavier")


def test_rates_of_a_config_may_be_given_by_method():
    config = dataclasses.replace(configure("digits"), rates={"adam": [0.2, 0.1]})
    assert configure("digits", config=config).rates == (("adam", (0.1, 0.2)),)


def test_integers_of_numpy_are_integers(tmp_path):
    begun = begin("convex", trials=np.int64(3), seed=np.int32(2), threads=np.int64(1), out=tmp_path)
    begun.close()
    assert json.loads((begun.folder / "config.json").read_text())["config"]["trials"] == 3
    assert begun.manifest["threads"] == 1


def test_the_blocks_of_a_spectrum_are_checked_when_it_is_configured():
    with pytest.raises(
        ValueError, match="blocks takes one of global, matrices, first, got 'globl'"
    ):
        dataclasses.replace(configure("spectrum"), blocks="globl")


def test_whole_sets_as_batches_and_softmax_regression_are_allowed():
    assert configure("spectrum").batch_size == 0
    assert (
        configure("digits", config=dataclasses.replace(configure("digits"), hidden=())).hidden == ()
    )


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("linear", {"sizes": (10,), "trials": 1}, "units of each layer"),
        ("digits", {"data": "digit", "trials": 1}, "digit"),
    ],
)
def test_an_error_in_planning_leaves_no_folder(name, change, sentence, tmp_path):
    config = dataclasses.replace(configure(name, quick=True), **change)
    with pytest.raises((ValueError, DataError), match=sentence):
        run(name, config=config, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_error_after_something_was_computed_leaves_what_was(tmp_path, monkeypatch):
    keep = Run.keep

    def failing(self, name, *arguments, **options):
        keep(self, name, *arguments, **options)
        raise MemoryError("planted")

    monkeypatch.setattr(Run, "keep", failing)
    with pytest.raises(MemoryError, match="planted"):
        run("convex", trials=1, epochs=5, rates=RATES, out=tmp_path)
    (folder,) = tmp_path.iterdir()
    assert (folder / "config.json").is_file()


def test_the_command_leaves_no_folder_either(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("egop.experiments.execution.Execution.prepare", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["experiment", "schedule", "--out", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SystemExit):
        main(["experiment", "schedule", "--epochs", "5", "--threads", "0"])
    assert "--threads: it takes an integer from 1 to 1,024, got 0" in capsys.readouterr().err


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
def told(self):
    import torch
    print(torch.get_num_threads())
execution.Execution.compute = execution.Execution.finish = told
resume({str(begun.folder)!r})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n1\n"
