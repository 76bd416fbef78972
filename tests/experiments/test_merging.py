"""Parts of a sweep that are put together: the result of one run, or one sentence why not."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

pytest.importorskip("torch")

from egop import cli
from egop.experiments import (
    configure,
    linear,
    load,
    merge,
    partial_results,
    rates_from,
    resume,
    run,
)
from egop.experiments.claims.claim import size_of
from egop.experiments.claims.report import sizes
from egop.experiments.execution import Execution
from egop.experiments.sweep import groups
from egop.lab.settings import describe
from egop.runs.archive import Archive
from egop.runs.run import Run
from tests.experiments.same_numbers import CLOCK, assert_same_numbers

RATES = {"adam": [0.02, 0.1], "momentum": [0.05]}
COARSE = [1e-3, 0.01, 0.1, 1, 10, 100]
TINY = {"hidden": (4,), "n_samples": 60, "dtype": "float64", "epochs": 2, "rates": RATES}
"""A network for digits with few hidden units."""
DIGITS = configure("digits", changes={"methods": ["adam", "momentum"]} | TINY)


def parts(name: str, *ranges: range, out: Path, **options) -> list[Path]:
    """Folders of runs of some trials each."""
    folders = [out / f"{trials.start}-{trials.stop}" for trials in ranges]
    for folder, trials in zip(folders, ranges, strict=True):
        run(name, trials=trials, out=folder, **options)
    return [next(folder.iterdir()) for folder in folders]


@pytest.fixture(scope="module")
def halves(tmp_path_factory) -> list[Path]:
    """Two parts of a run on paths in two variables."""
    out = tmp_path_factory.mktemp("halves")
    return parts("two_dimensions", range(2), range(2, 5), out=out, epochs=10)


def test_problems_in_parts_are_those_of_one_run_to_the_last_bit(halves, tmp_path):
    merged = merge(halves[::-1], out=tmp_path)
    xr.testing.assert_equal(merged, run("two_dimensions", trials=5, epochs=10, out=None))
    assert json.loads(merged.attrs["config"])["trials"] == 5
    assert [each["trials"] for each in json.loads(merged.attrs["merged"])] == [[0, 2], [2, 5]]
    xr.testing.assert_identical(merged, merge(halves, out=None).assign_attrs(merged.attrs))


def test_a_merged_run_is_a_run_as_others_are(halves, tmp_path):
    merged = merge(halves, out=tmp_path)
    (entry,) = Archive(tmp_path).entries()
    folder = tmp_path / entry.name
    assert (entry.state, describe(entry.config)[:9]) == ("finished", "5 trials,")
    seen = partial_results.read(folder)
    assert seen is not None
    for found in (load(folder), resume(folder), seen):
        xr.testing.assert_identical(found, merged)
    archive = Archive(tmp_path / "elsewhere")
    added = archive.folder / archive.import_run(folder / "result.nc")
    assert load(added).attrs["merged"] == merged.attrs["merged"]
    opened = Run.open(folder)
    assert Execution(opened).missing() == []
    opened.close()
    later = parts("two_dimensions", range(5, 6), out=tmp_path / "later", epochs=10)
    assert merge([folder, *later], out=None).sizes["trial"] == 6


@pytest.mark.parametrize("level", ["sweep", "."])
def test_a_folder_stands_for_the_runs_in_it(halves, tmp_path, level):
    for folder in halves:
        shutil.copytree(folder, tmp_path / "sweep" / folder.name)
    found = merge(tmp_path / level, out=None)
    assert found.equals(merge(halves, out=None))


def test_what_begins_late_ends_late(halves, tmp_path):
    late = parts("two_dimensions", range(5, 6), out=tmp_path, epochs=10)
    merged = merge([halves[1], *late], out=None)
    assert merged["trial"].values.tolist() == [2, 3, 4, 5]


def test_networks_in_parts_are_those_of_one_run_to_the_last_bit_in_the_same_groups(
    tmp_path, monkeypatch
):
    """Also the loss around the paths, whose chosen rates follow from all trials."""
    monkeypatch.setattr(groups, "TOGETHER", 6)  # two trials of the three runs in each basis
    options = {"config": DIGITS, "device": "cpu", "threads": 1}
    whole = run("digits", trials=4, out=None, **options)
    folders = parts("digits", range(2), range(2, 4), out=tmp_path, **options)
    merged = merge(folders, out=tmp_path / "merged")
    assert (merged["basis_seconds"].sel(optimizer="adam", basis="egop") > 0).all()
    assert_same_numbers(merged, whole)
    grouping = json.loads(merged.attrs["grouping"])["grouping 0"]
    assert sorted(grouping) == sorted(json.loads(whole.attrs["grouping"])["grouping 0"])


def test_the_first_part_may_search_for_the_rates_of_all(tmp_path):
    """Nothing of it is trained again; rates given in another order are the same."""
    options = {"config": replace(DIGITS, rates=None), "device": "cpu"}
    first, *_ = parts("digits", range(1), out=tmp_path, **options)
    rates = dict(reversed([*rates_from(first).items()]))
    later = parts("digits", range(1, 3), out=tmp_path, rates=rates, **options)
    merged = merge([*later, first], out=tmp_path / "merged")
    (line,) = sizes({"digits": merged})
    assert "rates of the search on trial 0, seed" in line
    assert "rates of the search on trial 0" in size_of(merged)
    assert "given rates" in size_of(load(later[0]))
    whole = run("digits", trials=3, rates=rates, out=None, **options)
    assert len(json.loads(merged.attrs["grouping"])["grouping 0"]) == 6  # two stages and one
    found, wanted = (each.drop_vars(CLOCK) for each in (merged, whole))
    xr.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-14)
    assert json.loads(merged.attrs["config"])["rates"] == json.loads(whole.attrs["config"])["rates"]
    (folder,) = (tmp_path / "merged").iterdir()
    assert rates_from(folder) == rates_from(first)
    other = parts("digits", range(1, 2), out=tmp_path, rates=RATES, **options)
    advice = r"differ in rates of adam, .*; give --rates-from .*0-1.* to the trials of .*1-2.*"
    with pytest.raises(ValueError, match=advice):
        merge([*other, first], out=None)


def test_in_other_groups_they_differ_by_rounding(tmp_path):
    options = {"config": DIGITS, "device": "cpu"}
    whole = run("digits", trials=3, out=None, **options)
    folders = parts("digits", range(1), range(1, 3), out=tmp_path, **options)
    merged = merge(folders, out=None)
    assert whole.attrs["grouping"] != merged.attrs["grouping"]
    found, wanted = (each.drop_vars(CLOCK) for each in (merged, whole))
    xr.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-14)


def test_spectra_in_parts_are_those_of_one_run(tmp_path):
    config = replace(configure("spectrum"), hidden=(2,), samples_per_parameter=1)
    folders = parts("spectrum", range(1), range(1, 2), out=tmp_path, config=config)
    whole = run("spectrum", trials=2, config=config, out=None)
    xr.testing.assert_allclose(merge(folders, out=None), whole, rtol=1e-10, atol=1e-14)


def test_two_rounds_find_the_rates_of_one_search(tmp_path):
    config = configure("convex", changes={"methods": ["adam", "momentum"], "epochs": 30})
    config = replace(config, problems=("logistic_regression",))
    whole = run("convex", trials=4, config=config, out=None)
    ranges, rates = (range(2), range(2, 4)), COARSE
    for place in range(2):
        out = tmp_path / str(place)
        merged = merge(parts("convex", *ranges, out=out, config=config, rates=rates), out=None)
        rates = rates_from(merged)
    xr.testing.assert_equal(merged, whole)
    assert rates == rates_from(whole)  # neither goes on
    folder = parts("convex", range(2), out=tmp_path / "searched", config=config)
    assert rates_from(folder[0]) == rates_from(load(folder[0]))


def test_rates_come_from_a_run_that_has_some():
    with pytest.raises(
        ValueError, match="rates_from takes a run that has learning rates, got one of sched"
    ):
        rates_from(run("schedule", epochs=3, out=None))


def changed(folder: Path, **changes) -> Path:
    """A copy of a run whose config.json is another."""
    copied = shutil.copytree(folder, folder.parent / "_".join(["changed", *changes]))
    config = json.loads((copied / "config.json").read_text())
    for name, value in changes.items():
        (config if name in config else config["config"])[name] = value
    (copied / "config.json").write_text(json.dumps(config))
    return copied


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"epochs": 11}, "2-5 and .*changed_first_trial_epochs differ in epochs, 10 and 11"),
        ({"seed": 1}, "differ in seed, 0 and 1; the parts of a sweep differ in their trials alone"),
        ({"device": "cuda"}, "differ in the device, 'cpu' and 'cuda'"),
        (
            {"rates": [["adagrad", [1.0]]]},
            r"differ in rates of adagrad, \(30.0, 60.0, 90.0\) and \(1.0,\)",
        ),
        ({"first_trial": 4}, "both hold trial 4; merge takes each trial once"),
        ({"first_trial": 6}, "trial 5 is missing between .* and .*; give --trials 5:6 to a run"),
        ({"first_trial": 9}, "trials 5–8 are missing between .*; give --trials 5:9 to a run with"),
    ],
)  # fmt: skip
def test_parts_of_different_sweeps_are_refused(halves, tmp_path, changes, sentence):
    part = shutil.copytree(halves[1], tmp_path / "2-5")
    other = changed(part, **{"first_trial": 5, **changes})
    with pytest.raises(ValueError, match=sentence):
        merge([part, other], out=tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_other_runs_are_refused(halves, tmp_path):
    with pytest.raises(ValueError, match="merge takes the folders of two runs or more, or a "):
        merge(halves[:1])
    with pytest.raises(ValueError, match="merge takes the folders of two runs or more, or a "):
        merge(str(halves[0]))
    with pytest.raises(ValueError, match=f"that holds them, got {halves[0]}$"):
        merge([halves[0]])
    with pytest.raises(ValueError, match=r"merge names .* more than once"):
        merge([halves[0], str(halves[0])])
    with pytest.raises(FileNotFoundError, match="nowhere is not the folder of a run"):
        merge([halves[0], "nowhere"])
    options = {"epochs": 3, "out": tmp_path / "search"}
    run("convex", trials=1, config=configure("convex", quick=True), **options)
    searched = next((tmp_path / "search").iterdir())
    with pytest.raises(ValueError, match="searched for rates of its own on each problem; run"):
        merge([searched, halves[1]])
    unfinished = shutil.copytree(halves[1], tmp_path / "unfinished")
    (unfinished / "result.nc").unlink()
    with pytest.raises(FileNotFoundError, match="unfinished is not finished; continue it by"):
        merge([halves[0], unfinished])
    (added,) = [Archive(tmp_path / "archive").import_run(halves[1] / "result.nc")]
    with pytest.raises(ValueError, match="lacks artifacts of its trials"):
        merge([halves[0], tmp_path / "archive" / added])


def test_a_run_of_an_older_egop_holds_its_first_trials(tmp_path):
    config = linear.Config(
        sizes=(2, 3, 2), n_examples=(40, 10, 10), batch_size=20, epochs=3, n_samples=12,
        methods=("adam",), dtype="float64", rates=(("adam", (0.1,)),),
    )  # fmt: skip
    options = {"config": config, "device": "cpu"}
    older, part = parts("linear", range(2), range(2, 3), out=tmp_path, **options)
    stored = json.loads((older / "config.json").read_text())
    del stored["config"]["first_trial"]
    (older / "config.json").write_text(json.dumps(stored))
    whole = run("linear", trials=3, out=None, **options)
    found, wanted = (each.drop_vars(CLOCK) for each in (merge([older, part], out=None), whole))
    xr.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-14)


def test_a_sweep_is_split_and_merged_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["experiment", "two_dimensions", "--epochs", "5", "--out"]
    for numbers in ("0:2", "2:4"):
        assert cli.main([*words, f"part{numbers[0]}", "--trials", numbers]) == 0
    assert "; trials 2–3; bases original, egop; 12 runs" in capsys.readouterr().out
    assert cli.main(["merge", *map(str, Path().glob("part*")), "--out", "whole"]) == 0
    (folder,) = Path("whole").iterdir()
    assert capsys.readouterr().out == (
        f"{folder}: finished; trials 0–3 of 2 parts; bases original, egop; 24 runs, 0 of them "
        "diverged\n"
    )
    assert cli.main([*words, "again", "--trials", "4:5", "--rates-from", str(folder)]) == 0
    assert cli.main(["merge", str(folder), str(folder)]) == 1
    assert "egop: merge names" in capsys.readouterr().err
    assert cli.main(["figures", str(folder), "--out", "figures"]) == 0
    assert cli.main(["claims", "whole"]) == 0


def test_the_first_part_says_how_others_take_its_rates(tmp_path, capsys, monkeypatch):
    """Rates of a run of other methods are refused before anything is computed."""
    monkeypatch.chdir(tmp_path)
    words = ["experiment", "convex", "--quick", "--epochs", "3", "--methods", "adam", "--out", "a"]
    assert cli.main([*words, "--trials", "0:1"]) == 0
    (folder,) = Path("a").iterdir()
    told = capsys.readouterr().err
    assert "this part searches for rates on each problem; all parts" in told
    assert f"take those by --rates-from {folder} once it has finished" in told
    words[-1] = "b"
    given = ["--trials", "1:2", "--rates-from", str(folder)]
    assert cli.main([*words, *given]) == 0
    assert "search for" not in capsys.readouterr().err
    words[6:7] = ["adam", "momentum"]
    words[-1] = "c"
    assert cli.main([*words, *given]) == 1
    assert capsys.readouterr().err == (
        "egop: --rates-from takes a run with the same methods, adam, momentum, got one with adam; "
        "give --methods adam, or another run\n"
    )
    assert not Path("c").exists()


def test_an_interrupted_merge_leaves_nothing(halves, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        merge(halves, out=tmp_path)
    assert list(tmp_path.iterdir()) == []
