"""`egop experiment` and `egop resume`: what runs, what is said, and how a run is stopped."""

import pytest
import xarray as xr

from egop import cli
from egop.execution.rate_options import read_rates
from egop.experiments import EXPERIMENTS, load, run
from egop.runs.run import Run


def test_an_experiment_is_run_into_its_folder(tmp_path, capsys):
    words = "experiment convex --trials 1 --epochs 20 --rates adam=0.1,0.2 momentum=1 --seed 3"
    assert cli.main([*words.split(), "--out", str(tmp_path)]) == 0
    (folder,) = tmp_path.iterdir()
    assert capsys.readouterr().out == (
        f"{folder}: finished; trial 0; bases original, egop; 24 runs, 0 of them diverged\n"
    )
    rates = {"adam": [0.1, 0.2], "momentum": [1.0]}
    same = run("convex", trials=1, epochs=20, rates=rates, seed=3, out=None)
    xr.testing.assert_equal(load(folder), same)


def test_stopping_says_how_to_go_on_and_that_works(tmp_path, capsys, monkeypatch):
    keep = Run.keep

    def interrupted(self, name, *arguments, **options):
        keep(self, name, *arguments, **options)
        if name == "1-adagrad":
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "keep", interrupted)
    words = ["experiment", "two_dimensions", "--trials", "3", "--epochs", "5"]
    with pytest.raises(SystemExit) as stopped:
        cli.main([*words, "--out", str(tmp_path)])
    assert stopped.value.code == 130
    (folder,) = tmp_path.iterdir()
    assert f"egop: stopped; continue it by egop resume {folder}" in capsys.readouterr().err
    monkeypatch.setattr(Run, "keep", keep)
    assert cli.main(["resume", str(folder)]) == 0
    assert "; trials 0–2; bases original, egop; 18 runs" in capsys.readouterr().out
    xr.testing.assert_equal(load(folder), run("two_dimensions", trials=3, epochs=5, out=None))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("experiment digit", "egop: unknown experiment 'digit'; did you mean 'digits'?"),
        ("experiment schedule --trials 3", "egop: the experiment schedule has no trials"),
        ("experiment convex --rates adam:1", "egop: --rates takes METHOD=RATE,RATE"),
        ("experiment convex --rates adma=1", "egop: rates: unknown method 'adma'; did you mean"),
        (
            "experiment convex --rates adam=0.1 adam=0.2",
            "egop: rates names 'adam' more than once; name it once",
        ),
        (
            "experiment convex --trials 2:4",
            "egop: rates are searched for by the medians over all trials, so trials 2–3 alone take "
            "given ones: --rates-from RUN takes those of a run that searched",
        ),
        ("resume nowhere", "egop: nowhere is not the folder of a run"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words.split()) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_rates_are_read():
    assert read_rates(None) is None
    assert read_rates(["0.1,0.2", "1e-3"]) == [0.1, 0.2, 1e-3]
    assert read_rates(["adam=1,2", "adagrad=0.5"]) == (("adam", [1, 2]), ("adagrad", [0.5]))


def test_the_list_names_every_experiment(capsys):
    assert cli.main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {name} " in listed for name in EXPERIMENTS)


def test_help_says_that_controls_are_named_with_other_bases(capsys):
    with pytest.raises(SystemExit):
        cli.main(["experiment", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "controls, data and random ones, only where they are named here, too" in said
    assert "about two minutes on an idle machine with two cores" in said
