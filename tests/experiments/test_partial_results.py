"""Runs watched while they are carried out: what is shown is what the result will hold."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

from egop.experiments import configure, partial_results, resume, run
from egop.runs import live_output
from egop.runs.run import Run
from egop.runs.run_table import MOST_NUMBERS, RunTable, kept_points, spacing
from egop.trials import RUNNING

RATES = {"adam": [0.01, 0.1], "momentum": [0.01, 1e30]}


class LabeledResult:
    """A run and every state in which it was seen."""

    def __init__(self, name: str, folder: Path, **options):
        self.seen: list[xr.Dataset | None] = []
        self.out = folder
        self.result = run(name, out=folder, device="cpu", on_progress=self.look, **options)

    @property
    def folder(self) -> Path:
        (folder,) = self.out.iterdir()
        return folder

    def look(self, share: float, words: str) -> None:
        self.seen.append(partial_results.read(self.folder))


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> LabeledResult:
    config = replace(configure("digits", quick=True), hidden=(4,), n_samples=300, trials=2)
    config = replace(config, epochs=3, methods=("adam", "momentum"), r_med_epochs=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_output, "LIVE_SECONDS", 0.0)
        return LabeledResult("digits", tmp_path_factory.mktemp("runs"), rates=RATES, config=config)


def test_numbers_are_those_of_the_result_as_far_as_they_are_known(digits):
    known = [each for each in digits.seen[:-1] if each is not None]
    counts = []
    for each in known:
        assert dict(each.sizes).items() <= dict(digits.result.sizes).items()
        for name in ("training_loss", "test_accuracy", "projection", "share_of_movement"):
            xr.testing.assert_identical(
                each[name].drop_attrs(), digits.result[name].where(each[name].notnull())
            )
        counts.append(int(each["training_loss"].notnull().sum()))
    assert counts == sorted(counts)
    assert len(set(counts)) >= 6
    assert counts[0] == 2 * 4  # the start of every run in original coordinates
    spectra = [each for each in known if "eigenvalues" in each]
    assert 0 < len(spectra) < len(known)
    for each in spectra:
        there = each["n_samples"] > 0
        for name in ("eigenvalues", "density", "stable_rank", "gap"):
            xr.testing.assert_identical(each[name], digits.result[name].where(there))


def test_r_med_comes_epoch_by_epoch(digits):
    """The epochs that are measured are 0, 1 or 2, and 3."""
    known = [each["r_med"] for each in digits.seen[:-1] if each is not None]
    measured = {
        tuple(each.notnull().any(["trial", "optimizer", "learning_rate"]).values[0, :, 0])
        for each in known
    }  # in original coordinates, of W1
    assert {(True, False, False), (True, True, False), (True, True, True)} <= measured
    for each in known:
        whole = digits.result["r_med"].where(each.notnull())
        xr.testing.assert_identical(each.drop_attrs(), whole.drop_attrs())


def test_status_says_what_is_being_trained(digits):
    first = next(each for each in digits.seen if each is not None)
    status = first["status"]
    assert (
        status.sel({"optimizer": "adam", "basis": "original", "learning_rate": 0.1}) == "running"
    ).all()
    assert (status.sel({"basis": "egop"}) == "not run").all()
    assert (status.sel({"optimizer": "adam", "learning_rate": 1e30}) == "not run").all()
    last = digits.seen[-2]
    original = {"basis": "original"}
    assert (last["status"].sel(original) == digits.result["status"].sel(original)).all()
    wild = last["status"].sel({"optimizer": "momentum", "basis": "egop", "learning_rate": 1e30})
    assert (wild == "diverged").all()


def test_rates_are_chosen_among_what_is_known(digits):
    first = next(each for each in digits.seen if each is not None)
    assert first["chosen_rate"].notnull().all()
    assert first["best_rate"].sel({"basis": "egop"}).isnull().all()
    last = digits.seen[-2]
    for name in ("best_rate", "chosen_rate"):
        np.testing.assert_array_equal(last[name], digits.result[name])


def test_attributes_are_those_of_the_result_and_how_far_it_is(digits):
    *_, last = [each for each in digits.seen[:-1] if each is not None]
    assert last.attrs.pop("words") == "loss around the paths"
    assert 0.5 < last.attrs.pop("share") <= 1
    assert last.attrs == digits.result.attrs


def test_a_finished_run_is_its_result(digits):
    found = partial_results.read(digits.folder)
    assert found is not None
    xr.testing.assert_identical(found, digits.result)
    found["extra"] = 1
    again = partial_results.read(digits.folder)
    assert again is not None
    assert "extra" not in again
    assert not (digits.folder / "live").exists()


def test_a_stopped_run_shows_what_it_had_and_goes_on(tmp_path):
    def stop(share: float, words: str) -> None:
        if share > 0.1:
            raise KeyboardInterrupt

    config = replace(configure("digits", quick=True), hidden=(3,), n_samples=50, trials=1)
    config = replace(config, epochs=4, methods=("adam",))
    with pytest.raises(KeyboardInterrupt):
        run("digits", rates=[0.01], config=config, out=tmp_path, device="cpu", on_progress=stop)
    (folder,) = tmp_path.iterdir()
    seen = partial_results.read(folder)
    assert seen is not None
    assert (seen["status"].sel({"basis": "original"}) == "running").all()
    assert seen["training_loss"].sel({"basis": "original", "epoch": 0}).notnull().all()
    result = resume(folder)
    assert (result["status"] == "finished").all()
    xr.testing.assert_identical(partial_results.read(folder), result)


def test_spectra_come_one_by_one(tmp_path):
    config = replace(configure("sampling", quick=True), hidden=(2,), samples_per_parameter=1)
    watched = LabeledResult("sampling", tmp_path, config=replace(config, trials=2))
    known = [each for each in watched.seen[:-1] if each is not None]
    assert watched.seen[0] is None
    assert known[0]["distribution"].values.tolist() == ["gaussian(0.1)"]
    assert known[0]["eigenvalues"].sel(trial=1).isnull().all()
    names = [each.sizes["distribution"] for each in known]
    assert names == sorted(names)
    assert names[-1] == 4
    for each in known:
        part = watched.result.sel(distribution=each["distribution"])
        there = each["n_samples"] > 0
        xr.testing.assert_equal(each["eigenvalues"], part["eigenvalues"].where(there))


def test_where_nothing_is_known_there_is_nothing(tmp_path):
    assert partial_results.read(tmp_path) is None
    assert partial_results.read(tmp_path / "missing") is None
    Run.create(tmp_path / "new", {"experiment": "digits", "config": {}, "device": "cpu"}).close()
    assert partial_results.read(tmp_path / "new") is None


def test_damaged_pieces_are_left_out_and_a_damaged_run_is_a_sentence(digits, tmp_path):
    folder = tmp_path / "copy"
    manifest = json.loads((digits.folder / "config.json").read_text())
    (folder / "pieces").mkdir(parents=True)
    (folder / "live").mkdir()
    (folder / "config.json").write_text(json.dumps(manifest))
    for path in digits.folder.glob("pieces/*.npz"):
        os.link(path, folder / "pieces" / path.name)
    whole = partial_results.read(folder)
    assert whole is not None
    for name in ("loss_plane", "training_loss", "status"):
        xr.testing.assert_equal(whole[name], digits.result[name])
    first = folder / "pieces" / "stage-0-group-0.npz"
    content = first.read_bytes()
    first.unlink()
    (folder / "live" / "stage-0-group-0.npz").write_bytes(content[: len(content) // 2])
    (folder / "live" / "run.json").write_text('{"share": 0.')
    part = partial_results.read(folder)
    assert part is not None
    assert (part["status"].sel({"basis": "original"}) == "not run").all()
    assert (part["status"].sel({"basis": "egop"}) == whole["status"].sel({"basis": "egop"})).all()
    (folder / "config.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        partial_results.read(folder)


def test_a_look_at_a_run_of_ten_million_epochs_takes_little_memory():
    """By such a look a server once grew from 0.6 to 6 GB."""
    plan = [
        (method, basis, 0.1) for method in ("adam", "momentum") for basis in ("original", "egop")
    ]
    table = RunTable(plan, range(3), 10**7 + 1, MOST_NUMBERS)
    known = np.linspace(1, 0, 50_001)[None, None].repeat(3, 0).repeat(2, 1)
    arrays = {"training_loss": known, "validation_loss": known, "diverged_at": np.full((3, 2), -1)}
    table.fill(plan[:2], range(3), arrays, RUNNING)
    dataset = table.dataset()
    assert dataset.nbytes < 3 * 8 * MOST_NUMBERS
    epochs = dataset["epoch"].to_numpy()
    assert (epochs[0], epochs[-1]) == (0, 10**7)
    loss = dataset["training_loss"].sel(optimizer="adam", basis="egop", learning_rate=0.1, trial=2)
    for epoch in epochs[[0, 1, 100]]:
        assert loss.sel(epoch=epoch) == pytest.approx(1 - epoch / 50_000)
    assert np.isnan(loss.sel(epoch=10**7))


@pytest.mark.parametrize("n_points", [1, 2, 3, 100, 1001])
@pytest.mark.parametrize("every", [1, 2, 7, 5000])
def test_start_and_end_are_kept(n_points, every):
    kept = kept_points(n_points, every)
    assert (kept[0], kept[-1]) == (0, n_points - 1)
    assert len(kept) <= n_points // every + 2
    assert spacing(10, n_points, MOST_NUMBERS) == 1
