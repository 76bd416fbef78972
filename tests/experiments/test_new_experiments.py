"""A new experiment takes one file and one line, or one file from outside: all else follows."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")
pytest.importorskip("distributed")

from egop.cli import main
from egop.execution import cluster, driver
from egop.experiments import EXPERIMENTS, begin, load, partial_results, resume, run
from egop.experiments.claims.load_results import finished_runs
from egop.experiments.compared_methods import import_own
from egop.experiments.cost_estimate import estimate_cost
from egop.lab import settings
from egop.runs import live_output
from egop.runs.run import Run

OWN = Path(__file__).with_name("own_experiment.py")


def add_line() -> None:
    """Adds the row that `egop/experiments/__init__.py` has for an experiment of the package."""
    EXPERIMENTS._known["toy"] = "tests.experiments.toy_experiment"


@pytest.fixture(autouse=True)
def known(monkeypatch) -> None:
    """Both are known: the toy by the line that an experiment of the package takes."""
    monkeypatch.setattr(live_output, "LIVE_SECONDS", 0.0)
    monkeypatch.setattr(EXPERIMENTS, "_known", dict(EXPERIMENTS._known))
    add_line()
    import_own([str(OWN)])


@pytest.fixture(scope="module")
def workers() -> Iterator:
    client = cluster.connect("local")
    assert client.cluster is not None
    client.cluster.scale(2)
    client.wait_for_workers(2, timeout=120)
    client.run(add_line)
    yield client
    cluster.disconnect()


@pytest.fixture(params=["toy", "squares"])
def name(request) -> str:
    return request.param


def stopped(name: str, out: Path, tasks: int) -> Path:
    """The folder of a run that ended after some tasks."""

    def stop(share: float, words: str) -> None:
        if len(list(out.glob("*/pieces/*.npz"))) == tasks:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(name, out=out, on_progress=stop)
    (folder,) = out.iterdir()
    return folder


def test_an_own_experiment_takes_ten_lines():
    _, *lines = filter(None, OWN.read_text().splitlines())  # after the docstring
    assert len(lines) == 10


def test_it_is_run_and_resumed(name, tmp_path):
    whole = run(name, out=None)
    folder = stopped(name, tmp_path, tasks=2)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("pieces/*.npz")}
    xr.testing.assert_identical(resume(folder).drop_attrs(), whole.drop_attrs())
    assert {path: path.stat().st_mtime_ns for path in before} == before
    xr.testing.assert_equal(load(folder), whole)


def test_it_is_assembled_while_it_goes_on(tmp_path):
    folder = stopped("toy", tmp_path / "toy", tasks=4)
    seen = partial_results.read(folder)
    assert seen is not None
    assert seen["status"].sel(learning_rate=0.1).values.ravel().tolist() == [
        "finished", "not run", "not run",
    ]  # fmt: skip
    assert 0 < seen.attrs["share"] < 1
    seen = partial_results.read(stopped("squares", tmp_path / "own", tasks=3))
    assert seen is not None
    assert seen["square"].values.tolist() == [0, 1, 4]


def test_it_runs_on_two_workers(name, workers, tmp_path):
    result = driver.execute(begin(name, out=tmp_path), workers)
    xr.testing.assert_equal(result, run(name, out=None))


def test_its_costs_and_its_place_in_the_lab_follow(name):
    cost = estimate_cost(name, EXPERIMENTS[name].config())
    assert cost.fits
    assert cost.runs == (6 if name == "toy" else 1)
    assert name in settings.groups()["Others"]
    assert settings.title(name) == ("Toy" if name == "toy" else "squares")
    chosen = settings.defaults(name, "quick")
    assert settings.config_of(chosen) == EXPERIMENTS[name].config()


def test_the_command_line_runs_an_own_experiment(tmp_path, capsys):
    words = ["experiment", "squares", "--import", str(OWN), "--trials", "3"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    assert load(folder).sizes == {"trial": 3}
    assert main(["list"]) == 0
    assert "squares" in capsys.readouterr().out


def test_a_run_says_that_its_experiment_is_missing(tmp_path):
    folder = stopped("squares", tmp_path, tasks=2)
    code = f"from egop.experiments import resume; resume({str(folder)!r})"
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "a run of 'squares', which this egop does not have" in said
    assert "egop resume RUN --import FILE" in said
    assert main(["resume", str(folder), "--import", str(OWN)]) == 0


def test_figures_and_claims_leave_own_experiments_out(tmp_path, monkeypatch):
    run("squares", out=tmp_path)
    monkeypatch.delitem(EXPERIMENTS._known, "squares")
    with pytest.raises(FileNotFoundError, match="only runs of squares, which this egop does not"):
        finished_runs([tmp_path])
    run("two_dimensions", trials=1, quick=True, out=tmp_path)
    assert list(finished_runs([tmp_path])) == ["two_dimensions"]
    with pytest.raises(ValueError, match="is a run of 'squares', which this egop does not have"):
        finished_runs(tmp_path.glob("squares-*"))
    assert finished_runs([]) == {}


@pytest.mark.parametrize(
    ("taken", "words"), [("digits", "is an experiment of egop"), ("no name", "is named by letters")]
)
def test_names_that_an_own_experiment_cannot_have(taken, words):
    with pytest.raises(ValueError, match=words):
        EXPERIMENTS.register(taken, EXPERIMENTS["toy"])


def test_a_task_that_dies_with_its_process_is_computed_again(tmp_path):
    """Whatever is in the folder but the artifacts of finished tasks is no obstacle."""
    begun = begin("toy", out=tmp_path)
    folder = begun.folder
    assert folder is not None
    begun.keep("start-0", {"x": np.ones(3)})
    (folder / "pieces" / "start-1.npz.0123abcd.tmp").write_bytes(b"PK half")
    begun.close()
    result = resume(folder)
    assert result["training_loss"].sel(trial=0, epoch=0).values.ravel().tolist() == [1.5, 1.5]
    assert Run.open(folder).is_untouched is False
