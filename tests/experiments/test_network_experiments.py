"""The experiments with networks, end to end at tiny sizes: what they measure and what they mark."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

import torch

from egop.analysis.basis_costs import BASIS_COSTS
from egop.experiments import begin, configure, linear, resume, run
from egop.experiments.classifiers import INITIALIZATIONS, classifier, egop_batches
from egop.experiments.linear_problems import problem, problem_batches
from egop.experiments.sweep.basis_names import BASES
from egop.experiments.sweep.group_training import GroupTraining
from egop.networks.data import load
from egop.networks.downloads import DataError
from egop.networks.ensemble import Training

RATES = {"adagrad": [0.05], "adam": [0.01], "gradient_descent": [0.1], "momentum": [0.01, 1e30]}
TINY = {"trials": 2, "epochs": 3}
EGOP = ("matrices",)
CONTROLS = ["data", "random"]


def tiny(name: str, **changes):
    return replace(configure(name, quick=True), **changes)


@pytest.fixture(scope="module")
def digits() -> xr.Dataset:
    config = tiny("digits", hidden=(6,), n_samples=500, dtype="float64", **TINY)
    return run("digits", rates=RATES, config=config, out=None, device="cpu")


def both_of(result: xr.Dataset) -> xr.DataArray:
    """The training losses in original and EGOP coordinates."""
    return result["training_loss"].sel(basis=["original", "egop"])


def test_controls_stand_beside_the_egop_of_methods_that_a_basis_changes(digits):
    assert digits["basis"].values.tolist() == ["original", "egop", *CONTROLS]
    beside = digits["status"].sel(basis=CONTROLS)
    assert (beside.sel(optimizer=["gradient_descent", "momentum"]) == "not run").all()
    losses = digits["training_loss"].sel(basis=CONTROLS)
    for name, rate in (("adam", 0.01), ("adagrad", 0.05)):
        ends = losses.sel({"optimizer": name, "learning_rate": rate, "epoch": 3})
        assert ends.notnull().all()
        everywhere = digits["training_loss"].sel(
            {"optimizer": name, "learning_rate": rate, "epoch": 3, "trial": 0}
        )
        assert len(np.unique(everywhere)) == 4
    assert digits["block"].values.tolist() == ["W1", "W2"]
    assert digits["best_rate"].sel(optimizer="momentum", basis=CONTROLS).isnull().all()


def test_a_matrix_method_is_run_in_the_controls_that_can_change_its_path():
    config = tiny("digits", hidden=(6,), n_samples=100, trials=1, epochs=1)
    rates = {"muon": [0.02], "shampoo": [0.1], "adam": [0.01]}
    status = run("digits", methods=[*rates], rates=rates, config=config, out=None)["status"]
    ran = (status != "not run").any(("learning_rate", "trial"))
    assert ran.sel(basis="random").all()
    assert ran.sel(basis="data", optimizer="adam")
    assert not ran.sel(basis="data", optimizer=["muon", "shampoo"]).any()


def test_the_cost_of_each_basis_stands_beside_its_runs(digits):
    costs = digits[[*BASIS_COSTS]].sel(optimizer="adam")
    assert costs["basis_gradients"].transpose("trial", ...).values.tolist() == [[0, 500, 0, 0]] * 2
    seconds = costs["basis_seconds"]
    assert (seconds.sel(basis="original") == 0).all()
    assert (seconds.drop_sel(basis="original") > 0).all()
    unused = digits["basis_seconds"].sel(optimizer="momentum")
    assert unused.sel(basis=CONTROLS).isnull().all()
    assert (unused.sel(basis="egop") == seconds.sel(basis="egop")).all()
    assert digits["n_parameters"].values.tolist() == [64 * 6, 6 * 10]


def test_losses_are_those_of_torch(digits):
    """One run in original coordinates, step by step through torch.optim."""
    from egop.networks.batches import Minibatches

    data = load("digits")
    network = classifier(data, (6,))
    law = INITIALIZATIONS["xavier_normal"]()
    start = law.sample(network.blocks, [1], 0, "start")[0]
    module = torch.nn.Sequential(
        torch.nn.Linear(64, 6), torch.nn.ReLU(), torch.nn.Linear(6, 10)
    ).double()
    torch.nn.utils.vector_to_parameters(start, module.parameters())
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    batches = Minibatches.of(data, size=300, seed=0).to(dtype=torch.float64)
    losses = []
    for epoch in range(4):
        whole = batches.whole["train"]
        logits = module(whole.inputs[0])
        losses.append(torch.nn.functional.cross_entropy(logits, whole.targets[0]).item())
        for inputs, targets in batches.epoch(epoch, [1]):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(inputs[0]), targets[0]).backward()
            optimizer.step()
    found = digits["training_loss"].sel(
        {"optimizer": "adam", "basis": "original", "learning_rate": 0.01, "trial": 1}
    )
    np.testing.assert_allclose(found, losses, rtol=1e-9)


def test_equivariant_methods_take_the_same_path_in_both_bases(digits):
    for method, rate in (("gradient_descent", 0.1), ("momentum", 0.01)):
        both = digits["training_loss"].sel({"optimizer": method, "learning_rate": rate})
        np.testing.assert_allclose(both.sel(basis="egop"), both.sel(basis="original"), rtol=1e-10)


def test_adaptive_methods_do_not(digits):
    both = digits["training_loss"].sel({"optimizer": "adam", "learning_rate": 0.01, "epoch": 3})
    assert (abs(both.sel(basis="egop") / both.sel(basis="original") - 1) > 1e-2).all()


def test_all_runs_of_a_trial_begin_at_the_same_point(digits):
    begin = digits["training_loss"].sel(epoch=0).where(digits["status"] != "not run")
    spread = begin.max(["optimizer", "basis", "learning_rate"]) - begin.min(
        ["optimizer", "basis", "learning_rate"]
    )
    assert (spread < 1e-12).all()
    assert (
        len(np.unique(begin.sel({"basis": "original", "optimizer": "adam"}).max("learning_rate")))
        == 2
    )


def test_eigenvalues_are_energies_along_eigenvectors(digits):
    """Σλ = E‖∇f‖² over ρ and minibatches, from fresh gradients."""
    data = load("digits")
    network = classifier(data, (6,))
    law = INITIALIZATIONS["xavier_normal"]()
    drawn = law.sample(network.blocks, range(3000), 99, "fresh")[None].float()
    batches = egop_batches(data, 300, seed=7, trial=0)
    gradients = torch.stack([network.gradients(drawn, batch)[1][0] for batch in batches])
    n_estimated = int(digits["n_samples"].sum())
    for block in network.matrices:
        energies = gradients[..., block.start : block.stop].square().sum(-1)  # (batches, draws)
        expected = energies.mean().item()
        variance = energies.var().item() / n_estimated + energies.mean(0).var().item() / 3000
        found = float(digits["eigenvalues"].sel(block=block.name).sum("k").mean("trial"))
        assert variance**0.5 < 0.06 * expected
        assert abs(found - expected) < 4 * variance**0.5


def test_a_diverged_run_is_marked_and_left_out(digits):
    wild = digits.sel({"optimizer": "momentum", "learning_rate": 1e30})
    assert (wild["status"].sel(basis=["original", "egop"]) == "diverged").all()
    assert wild["training_loss"].sel(basis=["original", "egop"], epoch=0).notnull().all()
    assert wild["training_loss"].sel(epoch=3).isnull().all()
    assert digits["chosen_rate"].sel({"optimizer": "momentum"}) == 0.01
    assert (digits["status"].sel({"optimizer": "adam", "learning_rate": 1e30}) == "not run").all()
    tame = digits["training_loss"].sel({"optimizer": "adam", "learning_rate": 0.01})
    assert tame.notnull().all()


def test_a_trial_does_not_depend_on_how_many_there_are(digits):
    config = tiny("digits", hidden=(6,), n_samples=500, dtype="float64", epochs=3, trials=1)
    one = run("digits", rates=RATES, config=config, out=None, device="cpu")
    np.testing.assert_allclose(
        one["training_loss"], digits["training_loss"].sel(trial=[0]), rtol=1e-8
    )


def test_a_small_memory_budget_splits_trials_and_runs(digits):
    config = tiny("digits", hidden=(6,), n_samples=500, dtype="float64", bases=EGOP, **TINY)
    options = {"rates": RATES, "config": config, "out": None, "device": "cpu"}
    split = run("digits", **options, memory_budget=21_500_000)
    assert '"grouping 0": [[0, 2, [0, 2, 4, 6, 7]], [0, 1, [1, 3]], ' in split.attrs["grouping"]
    np.testing.assert_allclose(split["training_loss"], both_of(digits), rtol=1e-8)
    with pytest.raises(MemoryError, match=r"one run of .* needs .* bytes, the budget is 1,000,000"):
        run("digits", **options, memory_budget=1_000_000)


def test_a_run_with_the_grouping_of_an_older_egop_goes_on(digits, tmp_path):
    """Trials by themselves, and runs in all coordinates together."""
    config = tiny("digits", hidden=(6,), n_samples=500, dtype="float64", bases=EGOP, **TINY)
    begun = begin("digits", rates=RATES, config=config, out=tmp_path, device="cpu")
    begun.record_once(
        "grouping 0", lambda: [[0, 1, 0, 4], [0, 1, 4, 10], [1, 2, 0, 4], [1, 2, 4, 10]]
    )
    begun.close()
    result = resume(begun.folder)
    np.testing.assert_allclose(result["training_loss"], both_of(digits), rtol=1e-8)


def test_the_search_goes_on_around_the_best_power_of_ten():
    config = tiny("digits", hidden=(3,), n_samples=50, trials=1, epochs=1, methods=("adam",))
    result = run("digits", config=config, out=None, device="cpu")
    coarse = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0]
    assert set(coarse) < set(np.round(result["learning_rate"].values, 10))
    assert result.sizes["learning_rate"] >= len(coarse) + 3
    accuracy = result["validation_accuracy"].sel(trial=0).max("epoch").sel({"optimizer": "adam"})
    top = accuracy.max("learning_rate")
    chosen = result["chosen_rate"].sel({"optimizer": "adam"}).item()
    assert accuracy.sel({"basis": "original", "learning_rate": chosen}) == top.sel(basis="original")


def test_the_linear_problems_are_planted_as_they_say():
    config = linear.Config(sizes=(10, 5, 10), n_examples=(1000, 200, 200))
    matrix, truth = problem(config, trial=3)
    assert matrix.shape == (1400, 10)
    sigma = np.linalg.svd(matrix, compute_uv=False) / np.sqrt(1400)
    np.testing.assert_allclose(sigma, np.arange(1.0, 11) ** -3, rtol=1e-9)
    assert not np.allclose(truth, problem(config, trial=4)[1])
    whole = problem_batches(config, [3, 4]).whole
    np.testing.assert_allclose(whole["train"].second[0], matrix[:1000].T @ matrix[:1000] / 1000)
    np.testing.assert_allclose(whole["test"].solution[0], truth)


@pytest.mark.parametrize("name", ["linear", "linear_blocks"])
def test_linear_networks(name):
    config = tiny(name, sizes=(4, 6, 5, 3), n_examples=(200, 50, 50), batch_size=40, **TINY)
    config = replace(config, n_samples=60, methods=("adagrad", "adam"), dtype="float64")
    result = run(name, rates=[0.05], config=config, out=None, device="cpu")
    assert (result["status"] == "finished").all()
    assert (result["training_loss"][..., -1] < result["training_loss"][..., 0]).all()
    assert result["training_loss"].notnull().all()
    assert "test_accuracy" not in result
    ends = result["training_loss"].sel({"optimizer": "adam", "epoch": 3, "trial": 0}).values.ravel()
    assert len(np.unique(ends)) == result.sizes["basis"]
    if name == "linear_blocks":
        assert result["basis"].values.tolist() == [
            "original",
            "global",
            "block",
            "first",
            *CONTROLS,
            "random_global",
        ]
        assert result["block"].values.tolist() == ["global", "W1", "W2", "W3"]
        both = result["eigenvalues"].sum(["k"]).sel(trial=0)
        assert float(both.sel(block="global")) == pytest.approx(
            float(both.sel(block=["W1", "W2", "W3"]).sum()), rel=1e-6
        )


@pytest.mark.parametrize("name", ["spectrum", "sampling", "density"])
def test_spectra(name):
    config = tiny(name, hidden=(2,), samples_per_parameter=2, trials=2)
    result = run(name, config=config, out=None, device="cpu")
    n = result.sizes["k"]
    assert n == 64 * 2 + 2 + 20 + 10
    assert (np.diff(result["eigenvalues"], axis=-1) <= 1e-12).all()
    assert ((result["density"] >= 1 / n - 1e-9) & (result["density"] <= 1)).all()
    ratio = result["eigenvalues"] / result["eigenvalues"].sel(k=1)
    np.testing.assert_allclose(result["stable_rank"], np.sqrt(ratio.clip(0)).sum("k"), rtol=1e-9)
    assert (result["n_samples"] + result["n_excluded"] == 2 * n).all()
    if name != "spectrum":
        traces = result["eigenvalues"].sum("k").sel(block="global").mean("trial")
        assert traces.sel(distribution="gaussian(10)") > traces.sel(distribution="gaussian(0.1)")


def test_block_spectra_and_fashion_with_the_real_data(tmp_path):
    try:
        load("fashion")
    except DataError:
        pytest.skip("Fashion-MNIST is not here")
    config = tiny("fashion", hidden=(2,), n_samples=80, trials=1, epochs=2)
    result = run("fashion", rates=[0.01], config=config, out=tmp_path, device="cpu")
    assert (result["validation_accuracy"].max("epoch").sel({"optimizer": "adam"}) > 0.5).all()
    assert result.sizes["k"] == 392


def test_missing_data_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("EGOP_DATA", str(tmp_path))
    with pytest.raises(DataError, match="egop data fetch fashion"):
        run("fashion", trials=1, out=None, device="cpu")


def test_reduced_digits_say_so_in_the_result(tmp_path, monkeypatch):
    monkeypatch.setenv("EGOP_DATA", str(tmp_path))
    config = tiny("spectrum", hidden=(1,), samples_per_parameter=1)
    result = run("spectrum", config=config, out=None, device="cpu")
    assert "not the paper's 5620" in result.attrs["data_note"]
    assert len(result.attrs["data_fingerprint"]) == 64


def test_bases_can_be_chosen():
    config = tiny("digits", hidden=(3,), n_samples=50, trials=1, epochs=1, methods=("adam",))
    config = replace(config, bases=("first", "matrices", "global"), dtype="float64")
    result = run("digits", rates=[0.01], config=config, out=None, device="cpu")
    assert result["basis"].values.tolist() == ["original", "first", "egop", "global"]
    assert result["block"].values.tolist() == ["W1", "W2", "global"]
    ends = result["training_loss"].sel({"optimizer": "adam", "epoch": 1}).values.ravel()
    assert len(np.unique(ends)) == 4
    usual = run("digits", rates=[0.01], config=replace(config, bases=("matrices",)), out=None)
    np.testing.assert_allclose(
        usual["training_loss"], result["training_loss"].sel(basis=["original", "egop"]), rtol=1e-10
    )
    for wrong in ((), "global"):
        with pytest.raises(ValueError, match="bases takes some of matrices, global, first, kron"):
            replace(config, bases=wrong)
    with pytest.raises(ValueError, match="bases: unknown basis 'kroneker'; did you mean"):
        replace(config, bases=("matrices", "kroneker"))


def test_every_basis_can_be_chosen(tmp_path):
    """All in one run, from its files; "few" is a run of fewer samples."""
    config = tiny("digits", hidden=(5,), n_samples=500, trials=1, epochs=2, methods=("adam",))
    config = replace(config, bases=tuple(BASES), dtype="float64")
    options = {"rates": [0.01], "device": "cpu"}
    result = run("digits", config=config, out=tmp_path, **options)
    assert result["basis"].values.tolist() == [
        "original", "egop", "global", "first", "kronecker", "rows", "partial", "sketch", "few",
        *CONTROLS, "random_global", "refreshed",
    ]  # fmt: skip
    losses = result["training_loss"].sel({"optimizer": "adam", "learning_rate": 0.01, "trial": 0})
    assert losses.notnull().all()
    assert len(np.unique(losses.sel(epoch=2))) == 13
    spectra = result["refreshed_eigenvalues"].sel({"optimizer": "adam", "learning_rate": 0.01})
    assert spectra.dims == ("epoch", "rotated_block", "leading")
    assert spectra["rotated_block"].values.tolist() == ["W1", "W2"]
    assert (spectra.diff("leading").fillna(0) <= 0).all()
    for block, size in (("W1", 64), ("W2", 50)):
        known = spectra.sel(rotated_block=block).notnull().sum("leading")
        assert (known == size).all()
    largest = spectra.isel(leading=0)
    assert (largest > 0).all()
    assert (largest.diff("epoch") != 0).all()
    assert result["block"].values.tolist() == ["W1", "W2", "global"]
    fewer = replace(config, n_samples=50, bases=("matrices",))
    alone = run("digits", config=fewer, out=None, **options)["training_loss"]
    found = losses.sel(basis="few")
    np.testing.assert_allclose(found, alone.sel(basis="egop").squeeze(), rtol=1e-9)


def test_controls_alone_have_no_spectrum():
    config = tiny("digits", hidden=(3,), n_samples=50, trials=1, epochs=1, methods=("adam",))
    config = replace(config, bases=("random", "data"))
    result = run("digits", rates=[0.01], config=config, out=None, device="cpu")
    assert result["basis"].values.tolist() == ["original", "random", "data"]
    assert "eigenvalues" not in result


def test_the_control_of_one_egop_of_all_parameters_is_one_basis_of_all():
    from egop.experiments.linear_problems import linear_sweep

    chosen = linear_sweep(linear.Config()).estimates
    assert [block.name for block in chosen.chosen("random_global")] == ["global"]
    assert "random" not in chosen.names
    wide = linear.Config(sizes=(10, 100, 80, 10))
    with pytest.raises(ValueError, match="at most 8,192 entries, got global with 9,800; take bl"):
        linear_sweep(wide)


def test_the_control_is_drawn_anew_for_each_trial_and_as_before_for_a_seed():
    config = tiny("linear", sizes=(4, 6, 3), n_examples=(200, 50, 50), batch_size=40, **TINY)
    config = replace(config, n_samples=60, methods=("adam",), dtype="float64", bases=("random",))
    runs = [
        run("linear", rates=[0.05], config=replace(config, seed=seed), out=None)["training_loss"]
        for seed in (0, 0, 1)
    ]
    first, again, other = (each.sel(basis="random") for each in runs)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_run_whose_bases_are_refreshed_is_resumed_in_the_middle_of_an_epoch(
    tmp_path, monkeypatch
):
    config = tiny("digits", hidden=(3,), n_samples=50, trials=1, epochs=3, batch_size=300)
    config = replace(config, methods=("adam", "shampoo"), bases=("first", "refreshed"))
    config = replace(config, r_med_epochs=2)
    options = {"rates": [0.01], "config": config, "device": "cpu"}
    through = run("digits", out=None, **options)
    after_step = GroupTraining._after_step

    def interrupted(self):
        after_step(self)
        training = self.training
        if training.spectra() is not None and (training.epoch, training.taken) == (1, 2):
            self._keep()
            raise KeyboardInterrupt

    monkeypatch.setattr(GroupTraining, "_after_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("digits", out=tmp_path, **options)
    monkeypatch.setattr(GroupTraining, "_after_step", after_step)
    (folder,) = tmp_path.iterdir()
    begun, restore = [], Training.restore

    def restored(self, state):
        restore(self, state)
        begun.append((self.epoch, self.taken))

    monkeypatch.setattr(Training, "restore", restored)
    resumed = resume(folder)
    assert begun == [(1, 2)]
    for name in ("training_loss", "refreshed_eigenvalues", "r_med"):
        np.testing.assert_array_equal(resumed[name], through[name])
    assert resumed["training_loss"].sel(basis="refreshed").notnull().all()
    r_med = resumed["r_med"].sel(layer="W1")
    assert r_med.sel(basis="refreshed").isnull().all()
    assert r_med.sel(basis="original").notnull().all()
