"""Runs from elsewhere: taken in whole and checked, or not at all."""

import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from egop.experiments import begin, load, resume, run
from egop.runs.archive import Archive
from egop.runs.jobs import Job, write_job
from egop.runs.limited_reading import with_title
from egop.runs.ownership import Visitor
from egop.runs.results import write
from egop.runs.run_info import write_label


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "runs")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The folder of a finished run."""
    made = begin("two_dimensions", trials=1, epochs=5, out=tmp_path / "elsewhere")
    made.close()
    assert made.folder is not None
    resume(made.folder)
    return made.folder


def left(archive: Archive) -> list[str]:
    """All that is in an archive, hidden or not."""
    if not archive.folder.exists():
        return []
    found = (path.name for path in archive.folder.rglob("*") if path.is_file())
    return sorted(found)


def test_a_finished_run_is_the_same_here(archive, elsewhere):
    name = archive.import_run(elsewhere)
    assert name == elsewhere.name
    assert archive.entry(name).state == "finished"
    xr.testing.assert_identical(load(archive.path(name)), load(elsewhere))
    again = archive.import_run(elsewhere)
    assert again != name
    assert archive.entry(again).experiment == "two_dimensions"


def test_a_run_keeps_what_people_call_it(archive, elsewhere, tmp_path):
    write_label(elsewhere, "Best so far")
    assert archive.entry(archive.import_run(elsewhere)).label == "Best so far"
    copy = tmp_path / "copy.nc"
    copy.write_bytes(with_title(elsewhere / "result.nc", "From a file"))
    name = archive.import_run(copy)
    assert archive.entry(name).label == "From a file"
    xr.testing.assert_equal(load(archive.path(name)), load(elsewhere))
    copy.write_bytes(with_title(elsewhere / "result.nc", "two\nlines\x07"))
    name = archive.import_run(copy)
    assert archive.entry(name).label == name


def test_an_unfinished_run_goes_on_here(archive, elsewhere):
    expected = load(elsewhere)
    (elsewhere / "result.nc").unlink()
    write_job(Job(elsewhere.name, "running"), elsewhere)
    Visitor("0" * 32).own(elsewhere)
    name = archive.import_run(elsewhere)
    assert archive.entry(name).state == "interrupted"
    assert archive.entry(name).owner == ""
    pieces = {path.name for path in (archive.path(name) / "pieces").glob("*.npz")}
    assert pieces == {path.name for path in (elsewhere / "pieces").glob("*.npz")} != set()
    xr.testing.assert_identical(resume(archive.path(name)), expected)


def test_a_result_alone_becomes_a_finished_run(archive, elsewhere, tmp_path):
    shutil.copy(elsewhere / "result.nc", tmp_path / "download (1).nc")
    name = archive.import_run(tmp_path / "download (1).nc")
    found, expected = archive.entry(name), Archive(elsewhere.parent).entry(elsewhere.name)
    assert (found.state, found.experiment, found.created) == (
        "finished",
        "two_dimensions",
        expected.created,
    )
    assert found.config == expected.config
    xr.testing.assert_identical(load(archive.path(name)), load(elsewhere))


def spoil_result(folder: Path) -> None:
    (folder / "result.nc").write_bytes((folder / "result.nc").read_bytes()[:-500])


def spoil_piece(folder: Path) -> None:
    (folder / "result.nc").unlink()
    next((folder / "pieces").glob("*.npz")).write_bytes(b"PK half of it")


def other_experiment(folder: Path) -> None:
    manifest = json.loads((folder / "config.json").read_text()) | {"experiment": "../../x"}
    (folder / "config.json").write_text(json.dumps(manifest))


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def odd_config(folder: Path) -> None:
    manifest = json.loads((folder / "config.json").read_text()) | {"config": [1]}
    (folder / "config.json").write_text(json.dumps(manifest))


SPOILED = {
    spoil_result: (ValueError, "is incomplete or altered"),
    spoil_piece: (ValueError, "is incomplete or altered"),
    other_experiment: (ValueError, "an experiment is named by"),
    no_config: (FileNotFoundError, "is not the folder of a run"),
    odd_config: (ValueError, "lacks what describes a run"),
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_is_damaged_or_foreign_is_not_taken_in(archive, elsewhere, spoil):
    spoil(elsewhere)
    kind, words = SPOILED[spoil]
    with pytest.raises(kind, match=words):
        archive.import_run(elsewhere)
    assert left(archive) == []
    assert archive.entries() == []


def test_what_is_not_there_or_no_result_is_refused(archive, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no run"):
        archive.import_run(tmp_path / "nothing")
    (tmp_path / "text.nc").write_text("no netCDF")
    with pytest.raises(ValueError, match="is no netCDF file"):
        archive.import_run(tmp_path / "text.nc")
    bare = run("schedule", epochs=3, out=None)
    del bare.attrs["config"]
    (tmp_path / "bare").mkdir()
    write(bare, tmp_path / "bare")
    with pytest.raises(ValueError, match="does not say how it was made"):
        archive.import_run(tmp_path / "bare" / "result.nc")
    assert archive.entries() == []


def test_a_refused_file_is_called_what_people_call_it(archive, elsewhere, tmp_path):
    (tmp_path / "x").write_text("no netCDF")
    with pytest.raises(ValueError, match=r"^mine is no netCDF file; read"):
        archive.import_run(tmp_path / "x", "mine")
    other = xr.load_dataset(elsewhere / "result.nc", engine="h5netcdf")
    del other.attrs["experiment"]
    other.to_netcdf(tmp_path / "y", engine="h5netcdf")
    with pytest.raises(ValueError, match=r"^mine is no result of egop"):
        archive.import_run(tmp_path / "y", "mine")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("experiment", "x" * 300, "an experiment is named by"),
        ("experiment", "../x", "an experiment is named by"),
        ("created", "<b>soon</b>", "does not say how it was made"),
        ("created", "0001-01-01T00:00:00", "a year from 1970 to 9999, got '0001-01-01T00:00:00'"),
        ("created", "9999-12-31T23:59:59.999-23:59", "a year from 1970 to 9999"),
        ("created", "9999-12-31T23:59:59", "a year from 1970 to 9999"),
        ("threads", -3, "from 0 to 100,000, got -3"),
        ("device", 3, "does not say how it was made"),
        ("versions", "[]", "takes texts by name"),
        ("config", "[]", "takes values by name"),
        ("config", '{"epochs": 1' + 5000 * "0" + "}", "does not say how it was made"),
        ("config", "[" * 100_000, "does not say how it was made"),
        ("format", 7, "in format 7"),
    ],
)
def test_odd_attributes_are_refused(archive, elsewhere, tmp_path, name, value, words):
    other = xr.load_dataset(elsewhere / "result.nc", engine="h5netcdf")
    other.attrs[name] = value
    other.to_netcdf(tmp_path / "odd.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match=words):
        archive.import_run(tmp_path / "odd.nc")
    assert left(archive) == []


def link(file: h5py.File, secret: Path) -> None:
    file["secret"] = h5py.ExternalLink(str(secret), "/x")


def soft_link(file: h5py.File, secret: Path) -> None:
    file["secret"] = h5py.SoftLink("/training_loss")


def outside(file: h5py.File, secret: Path) -> None:
    file.create_dataset("secret", (4,), "u1", external=[(str(secret), 0, 4)])


def virtual(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource(str(secret), "x", (4,))
    file.create_virtual_dataset("secret", layout)


@pytest.mark.parametrize("spoil", [link, soft_link, outside, virtual])
def test_a_result_that_would_read_other_files_is_refused(archive, elsewhere, tmp_path, spoil):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(4, dtype="u1")
    shutil.copy(elsewhere / "result.nc", tmp_path / "odd.nc")
    with h5py.File(tmp_path / "odd.nc", "r+") as file:
        spoil(file, secret)
    with pytest.raises(ValueError, match="leads to other files"):
        archive.import_run(tmp_path / "odd.nc")
    assert left(archive) == []


def test_a_small_file_of_too_many_numbers_is_refused(archive, elsewhere, tmp_path):
    shutil.copy(elsewhere / "result.nc", tmp_path / "odd.nc")
    with h5py.File(tmp_path / "odd.nc", "r+") as file:
        file.create_dataset("zeros", (10**9, 100), "f8", chunks=(10**5, 10), compression="gzip")
    assert (tmp_path / "odd.nc").stat().st_size < 10**7
    with pytest.raises(ValueError, match="800,000 MB of numbers"):
        archive.import_run(tmp_path / "odd.nc")


def test_links_are_not_followed(archive, elsewhere, tmp_path):
    secret = tmp_path / "secret.npz"
    secret.write_text("secret")
    (elsewhere / "pieces" / "link.npz").symlink_to(secret)
    (elsewhere / "result.nc").rename(tmp_path / "kept.nc")
    (elsewhere / "result.nc").symlink_to(tmp_path / "kept.nc")
    name = archive.import_run(elsewhere)
    assert "link.npz" not in left(archive)
    assert archive.entry(name).state == "interrupted"


def test_a_run_that_is_carried_out_is_not_copied(archive, tmp_path):
    running = begin("schedule", epochs=3, out=tmp_path / "elsewhere")
    with pytest.raises(OSError, match="is being written to"):
        archive.import_run(running.folder)
    running.close()
    assert archive.entry(archive.import_run(running.folder)).state == "interrupted"


def test_a_full_disk_leaves_nothing_behind(archive, elsewhere, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match=r"cannot be copied .*No space left"):
        archive.import_run(elsewhere)
    assert left(archive) == []


def test_netcdf_3_is_refused_by_its_name(archive, elsewhere, tmp_path):
    other = xr.load_dataset(elsewhere / "result.nc", engine="h5netcdf")
    other.to_netcdf(tmp_path / "old.nc", engine="scipy", format="NETCDF3_64BIT")
    with pytest.raises(ValueError, match="mine is a netCDF-3 file, and a run is kept as netCDF-4"):
        archive.import_run(tmp_path / "old.nc", "mine")
    assert archive.entries() == []
