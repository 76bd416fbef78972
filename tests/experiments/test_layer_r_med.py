"""R_med of the layers of a sweep's runs, against the Hessian of what was trained."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")


from egop import figures, metrics
from egop.cli import main
from egop.experiments import configure, linear, merge, resume, run
from egop.experiments.linear_problems import linear_sweep, problem_batches
from egop.experiments.sweep import group_training, layer_r_med
from egop.experiments.sweep.layer_r_med import measured_epochs
from egop.figures.elements import caption_of
from egop.networks.hessian_diagonals import hessian_diagonal
from egop.runs.run import Run

CONFIG = linear.Config(
    bases=("global", "matrices"), sizes=(3, 4, 2), n_examples=(40, 10, 10), batch_size=20,
    trials=2, epochs=4, n_samples=30, methods=("adam",), rates=(("adam", (0.01, 1e30)),),
    dtype="float64", r_med_epochs=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return run("linear", config=CONFIG, out=None, device="cpu")


def test_epochs_are_evenly_spaced_in_their_logarithms():
    assert measured_epochs(1000, 4).tolist() == [0, 1, 32, 1000]
    assert measured_epochs(3, 50).tolist() == [0, 1, 2, 3]
    assert measured_epochs(100, 1).tolist() == [0]
    assert measured_epochs(100, 2).tolist() == [0, 100]


def test_it_is_that_of_the_hessian_where_the_run_begins(result):
    found = result["r_med"].sel(learning_rate=0.01, optimizer="adam", measured_epoch=0)
    assert result["measured_epoch"].values.tolist() == [0, 1, 4]
    assert result["layer"].values.tolist() == ["W1", "W2", "all"]
    sweep = linear_sweep(CONFIG)
    start = sweep.starts([0, 1]).double()[:, None]
    batch = problem_batches(CONFIG, [0, 1]).whole["train"]
    diagonal = hessian_diagonal(sweep.network, start, batch).diagonal[:, 0].numpy()
    blocks = [*(slice(b.start, b.stop) for b in sweep.network.blocks), slice(None)]
    expected = [metrics.r_med(diagonal[:, some]) for some in blocks]
    np.testing.assert_allclose(found.sel(basis="original").transpose("layer", ...), expected, 1e-5)
    assert not result["r_med_error"].sel(learning_rate=0.01, layer="all").any()


def test_coordinates_that_mix_layers_have_one_of_all_alone(result):
    found = result["r_med"].sel(learning_rate=0.01, optimizer="adam")
    assert found.sel(basis="egop", layer=["W1", "W2"]).isnull().all()
    assert (found.sel(basis="egop", layer="all") >= 1).all()
    assert found.sel(basis=["original", "block"]).notnull().all()
    assert (found.sel(basis="block") != found.sel(basis="original")).any()


def test_it_is_nan_from_divergence_on(result):
    found = result["r_med"].sel(learning_rate=1e30, optimizer="adam", basis="original")
    assert found.sel(measured_epoch=0).notnull().all()
    assert found.sel(measured_epoch=4).isnull().all()


def test_classifiers_are_estimated_with_errors(monkeypatch):
    monkeypatch.setattr(layer_r_med, "N_PROBES", 64)
    config = replace(
        configure("digits", quick=True), hidden=(6,), n_samples=50, trials=1, epochs=1,
        methods=("adam",), rates=(("adam", (0.01,)),), bases=("matrices",), r_med_epochs=2,
    )  # fmt: skip
    result = run("digits", config=config, out=None, device="cpu")
    assert (result["r_med"] >= 1).all()
    assert (result["r_med_error"] > 0).all()
    assert (result["r_med_error"] < 0.5 * result["r_med"]).all()
    start = result["r_med"].sel(measured_epoch=0)
    assert (start.sel(basis="original") != start.sel(basis="egop")).all()


def test_a_run_that_goes_on_keeps_what_was_measured(result, tmp_path, monkeypatch):
    monkeypatch.setattr(group_training, "CHECKPOINT_SECONDS", 0.0)
    keep, measured = Run.keep, []

    def interrupted(self, name, *arguments, **options):
        keep(self, name, *arguments, **options)
        if options.get("part"):
            measured.append(name)
        if len(measured) == 6:  # of 8 steps: the third epoch was not measured, the last one will be
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("linear", config=CONFIG, out=tmp_path, device="cpu")
    monkeypatch.setattr(Run, "keep", keep)
    (folder,) = tmp_path.iterdir()
    found = resume(folder)
    np.testing.assert_array_equal(found["r_med"], result["r_med"])
    np.testing.assert_array_equal(found["r_med_error"], result["r_med_error"])


def test_parts_of_a_sweep_are_merged_with_it(result, tmp_path):
    for first in range(2):
        run("linear", range(first, first + 1), config=CONFIG, out=tmp_path / "parts", device="cpu")
    merged = merge(tmp_path / "parts", out=None)
    np.testing.assert_allclose(merged["r_med"], result["r_med"].sel(merged["r_med"].coords), 1e-5)


def test_the_figure_shows_it_by_loss(result):
    drawn = figures.draw(result)
    assert [*drawn] == ["3", "R_med"]
    assert len(drawn["R_med"]) == 3
    assert "median|Hᵢᵢ|" in caption_of(drawn["R_med"])


def test_the_command_line_asks_for_it(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["experiment", "linear", "--r-med", "0"])
    assert "1" in capsys.readouterr().err


def test_experiments_without_networks_have_none():
    with pytest.raises(ValueError, match="the experiment convex has no r_med_epochs"):
        run("convex", r_med_epochs=3, out=None)
    with pytest.raises(ValueError, match="r_med_epochs takes"):
        run("linear", r_med_epochs=-1, out=None)
