"""The archive: what is in it is told, what is not in it is never touched."""

import errno
import json
import os
from dataclasses import asdict
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest

from egop.experiments import begin, resume, run
from egop.lab.run_row_format import row_of
from egop.runs import run_info as entries_module
from egop.runs import run_listing
from egop.runs.archive import Archive, runs_folder
from egop.runs.jobs import Job, write_job
from egop.runs.ownership import Visitor
from egop.runs.run import Run


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "runs")


def begun(archive: Archive) -> Run:
    return begin("schedule", epochs=3, out=archive.folder)


def finished(archive: Archive) -> str:
    made = begun(archive)
    made.close()
    resume(made.folder)
    return made.folder.name


def left(archive: Archive) -> str:
    """A run that was begun and is nobody's."""
    made = begun(archive)
    made.close()
    return made.folder.name


def outside(archive: Archive) -> Path:
    """A folder beside the archive that must stay as it is."""
    folder = archive.folder.parent / "outside"
    folder.mkdir()
    (folder / "precious").write_text("kept")
    return folder


def test_states_are_those_of_the_folder_the_lock_and_the_job(archive):
    running = begun(archive)
    states = {finished(archive): "finished", left(archive): "interrupted"}
    states[running.folder.name] = "running"
    for state in ("paused", "cancelled", "failed"):
        name = left(archive)
        write_job(Job(name, state, share=0.25, error="The disk is full."), archive.path(name))
        states[name] = state
    died = left(archive)
    write_job(Job(died, "running", share=0.5), archive.path(died))
    states[died] = "interrupted"
    found = {entry.name: entry for entry in archive.entries()}
    assert {name: entry.state for name, entry in found.items()} == states
    shares = {entry.state: entry.share for entry in found.values()}
    assert shares["finished"] == 1.0
    assert shares["paused"] == 0.25
    troubles = {entry.state: entry.error for entry in found.values()}
    assert troubles["failed"] == "The disk is full."
    assert troubles["paused"] == ""
    running.close()
    assert archive.entry(running.folder.name).state == "interrupted"
    assert {x.state for x in archive.entries() if x.name == running.folder.name} == {"interrupted"}


def test_the_newest_come_first(archive):
    names = [left(archive) for _ in range(3)]
    for name, day in zip(names, (2, 3, 1), strict=True):
        path = archive.path(name) / "config.json"
        manifest = json.loads(path.read_text()) | {"created": f"2025-03-0{day}T00:00:00+00:00"}
        path.write_text(json.dumps(manifest))
    assert [entry.name for entry in archive.entries()] == [names[1], names[0], names[2]]


def test_an_entry_follows_its_folder(archive):
    name = left(archive)
    before = archive.entries()[0]
    archive.rename(name, "mine")
    write_job(Job(name, "paused", share=0.5), archive.path(name))
    Visitor("0" * 32, owns_server=False).own(archive.path(name))
    after = archive.entries()[0]
    assert (before.label, before.state, before.owner) == (name, "interrupted", "")
    assert (after.label, after.state, len(after.owner)) == ("mine", "paused", 64)
    resume(archive.path(name))
    last = archive.entries()[0]
    assert (last.state, last.label) == ("finished", "mine")
    files = [path for path in archive.path(name).rglob("*") if path.is_file()]
    assert last.size_bytes == sum(path.stat().st_size for path in files)


def test_what_did_not_change_is_not_read_again(archive, monkeypatch):
    names = {left(archive), finished(archive)}
    archive.entries()

    def read(folder):
        raise AssertionError(f"{folder} was read again")

    monkeypatch.setattr(run_listing, "read_entry", read)
    assert {entry.name for entry in archive.entries()} == names


def change(folder: Path, **values) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


DAMAGES = {
    "no config": lambda folder: (folder / "config.json").unlink(),
    "no json": lambda folder: (folder / "config.json").write_text("{"),
    "a list": lambda folder: (folder / "config.json").write_text("[1]"),
    "deep": lambda folder: (folder / "config.json").write_text("[" * 100_000),
    "bytes": lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe\x00"),
    "a folder": lambda folder: (
        (folder / "config.json").unlink(),
        (folder / "config.json").mkdir(),
    ),
    "another format": lambda folder: (folder / "config.json").write_text(
        json.dumps({"format": 99, "experiment": "digits", "config": {}})
    ),
    "bad date": lambda folder: change(folder, created="0001-01-01T00:00:00+23:59"),
    "last date": lambda folder: change(folder, created="9999-12-31T23:59:59-12:00"),
    "no date": lambda folder: change(folder, created="soon" * 100_000),
    "long number": lambda folder: (folder / "config.json").write_text(
        (folder / "config.json").read_text().replace('"epochs": 3', '"epochs": 1' + 5000 * "0")
    ),
    "many values": lambda folder: change(folder, plan=[[]] * 400_000),
    "a path for a name": lambda folder: change(folder, experiment="../../x"),
    "odd versions": lambda folder: change(folder, versions={"egop": [1]}),
    "odd format": lambda folder: change(folder, format=[2]),
    "a long device": lambda folder: change(folder, device=["cpu"]),
    "odd kinds": lambda folder: (folder / "config.json").write_text(
        json.dumps({"format": 1, "experiment": ["digits"], "config": 3})
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_folder_is_an_entry_with_trouble(archive, damage):
    good, bad = left(archive), left(archive)
    DAMAGES[damage](archive.path(bad))
    found = {entry.name: entry for entry in archive.entries()}
    assert found[good].error == ""
    assert found[bad].state == "failed"
    assert len(found[bad].error) > 20
    assert "\n" not in found[bad].error
    assert all(row_of(entry)["facts"] for entry in found.values())
    archive.restore(archive.delete(bad))


ODD_JOBS = {
    "share": [5, -1, float("nan"), float("inf"), "0.5", True, None, 10**400],
    "seconds": [1e300, -1, float("inf"), [1]],
    "place": [float("inf"), 1e300],
    "error": [{"a": 1}, 3],
    "message": [["x"], None],
}


@pytest.mark.parametrize("name", ODD_JOBS)
def test_a_job_with_a_field_out_of_bounds_is_as_none(archive, name):
    run = left(archive)
    for value in ODD_JOBS[name]:
        stored = asdict(Job(run, "paused")) | {name: value}
        (archive.path(run) / "job.json").write_text(json.dumps(stored))
        entry = archive.entries()[0]
        assert (entry.state, entry.share, entry.seconds) == ("interrupted", 0, 0)


def test_texts_of_a_job_are_cut_and_can_be_written(archive):
    run = left(archive)
    job = Job(run, "failed", error="x" * 6_000)
    write_job(job, archive.path(run))
    assert len(archive.entries()[0].error) == 2000
    (archive.path(run) / "job.json").write_text(
        json.dumps(asdict(Job(run, "failed", error="\ud800")))
    )
    archive.entries()[0].error.encode("utf-8")


def test_a_pipe_instead_of_a_file_is_not_waited_for(archive):
    good, bad = left(archive), left(archive)
    for name in ("config.json", "job.json", "label.json"):
        (archive.path(bad) / name).unlink(missing_ok=True)
        os.mkfifo(archive.path(bad) / name)
    found = {entry.name: entry.error for entry in archive.entries()}
    assert found[good] == ""
    assert "is not the folder of a run" in found[bad]


@pytest.mark.parametrize("name", ["two\nlines", "a\u202eb", os.fsdecode(b"\xff\xfe")])
def test_a_folder_whose_name_cannot_be_shown_is_a_row_with_a_sentence(archive, name):
    good = left(archive)
    archive.path(good).rename(archive.folder / name)
    other = left(archive)
    found = {entry.name: entry for entry in archive.entries()}
    assert found.pop(other).error == ""
    [(shown, entry)] = found.items()
    assert shown.isprintable()
    assert "characters that cannot be shown" in entry.error


def test_what_nobody_foresaw_of_a_folder_is_logged_once_and_hides_no_other(
    archive, monkeypatch, caplog
):
    good, bad = left(archive), left(archive)
    real = entries_module.read_entry

    def read(folder):
        if folder.name == bad:
            raise OverflowError("date value out of range")
        return real(folder)

    monkeypatch.setattr(run_listing, "read_entry", read)
    for _ in range(3):
        found = {entry.name: entry.error for entry in archive.entries()}
    assert found[good] == ""
    assert "cannot be read (OverflowError)" in found[bad]
    assert caplog.text.count("cannot be read") == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"state": "dancing"}', "[" * 100_000, "9" * 100_000])
def test_a_damaged_job_or_label_is_as_none(archive, text):
    name = left(archive)
    for file in ("job.json", "label.json"):
        (archive.path(name) / file).write_text(text)
    entry = archive.entries()[0]
    assert (entry.state, entry.label, entry.error) == ("interrupted", name, "")


def test_an_empty_or_missing_archive_has_no_entries(archive):
    assert archive.entries() == []
    archive.folder.mkdir()
    (archive.folder / "notes.txt").write_text("no run")
    assert archive.entries() == []


BAD_NAMES = ["", ".", "..", "../outside", "a/b", "a\\b", "/etc", "C:x", "x\0y", ".deleted", None, 3]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_are_refused_by_everything(archive, name):
    folder = outside(archive)
    finished(archive)
    for act in (
        archive.path,
        archive.entry,
        archive.delete,
        archive.netcdf,
        lambda name: archive.rename(name, "mine"),
    ):
        with pytest.raises(ValueError, match="a run is named by its folder"):
            act(name)
    assert [path.name for path in folder.iterdir()] == ["precious"]


def test_links_that_lead_elsewhere_are_refused(archive):
    folder = outside(archive)
    name = finished(archive)
    (archive.folder / "link").symlink_to(folder)
    (archive.folder / "circle").symlink_to(archive.folder / "circle")
    for link in ("link", "circle"):
        with pytest.raises(ValueError, match="a run is named by its folder"):
            archive.delete(link)
    result = archive.path(name) / "result.nc"
    result.unlink()
    result.symlink_to(folder / "precious")
    with pytest.raises(ValueError, match="is a link"):
        archive.netcdf(name)
    archive.delete(name)
    archive.trash.empty()
    assert (folder / "precious").read_text() == "kept"


def test_a_link_instead_of_the_deleted_runs_is_left_alone(archive):
    folder = outside(archive)
    name = left(archive)
    (archive.folder / ".deleted").symlink_to(folder)
    with pytest.raises(ValueError, match="brought back"):
        archive.delete(name)
    assert archive.trash.empty() == 0
    assert [path.name for path in folder.iterdir()] == ["precious"]
    assert archive.path(name).is_dir()


@pytest.mark.parametrize("label", ["Adam, 2nd try", "Größe ✓ 学习", "x" * 80, "<b>no</b>"])
def test_a_label_is_kept_and_the_folder_keeps_its_name(archive, label):
    name = left(archive)
    archive.rename(name, f"  {label} ")
    assert archive.entry(name).label == label
    archive.rename(name, "")
    assert archive.entry(name).label == name


@pytest.mark.parametrize("label", ["x" * 81, "a\nb", "a\x1b[2J", "a\u202eb", "\ud800", 3, None])
def test_a_bad_label_is_refused_and_the_old_one_kept(archive, label):
    name = left(archive)
    archive.rename(name, "old")
    with pytest.raises(ValueError, match="a run's label takes"):
        archive.rename(name, label)
    assert archive.entry(name).label == "old"


def test_a_deleted_run_comes_back_as_it_was(archive):
    name = finished(archive)
    before = {path: path.stat().st_mtime_ns for path in archive.path(name).rglob("*")}
    token = archive.delete(name)
    assert archive.entries() == []
    with pytest.raises(FileNotFoundError, match="may have been deleted"):
        archive.netcdf(name)
    assert archive.restore(token) == name
    assert {path: path.stat().st_mtime_ns for path in archive.path(name).rglob("*")} == before
    with pytest.raises(FileNotFoundError, match="brought back or removed"):
        archive.restore(token)


@pytest.mark.parametrize("token", ["", "..", "../runs", "1-x/..", "12-0123456789ab/..", None])
def test_only_tokens_are_brought_back(archive, token):
    left(archive)
    with pytest.raises(ValueError, match="brought back by what deleting it gave"):
        archive.restore(token)


def test_nothing_takes_the_place_of_another_run(archive):
    name = left(archive)
    token = archive.delete(name)
    archive.path(name).mkdir()
    with pytest.raises(FileExistsError, match="there is another run"):
        archive.restore(token)
    archive.path(name).rmdir()
    assert archive.restore(token) == name


def test_what_was_deleted_long_ago_is_removed_for_good(archive):
    tokens = [archive.delete(finished(archive)) for _ in range(2)]
    old = archive.folder / ".deleted" / f"1000-{tokens[0].split('-')[1]}"
    (archive.folder / ".deleted" / tokens[0]).rename(old)
    (archive.folder / ".deleted" / "somebody's").mkdir()
    assert archive.trash.empty(older_than=3600) > 1000
    with pytest.raises(FileNotFoundError, match="removed for good"):
        archive.restore(old.name)
    assert archive.restore(tokens[1])
    assert (archive.folder / ".deleted" / "somebody's").is_dir()


def test_a_running_run_is_not_deleted(archive):
    running = begun(archive)
    with pytest.raises(OSError, match="cancel it, then delete it"):
        archive.delete(running.folder.name)
    running.close()
    archive.delete(running.folder.name)


def test_of_two_who_delete_a_run_one_is_told_that_it_is_gone(archive):
    outcomes = []

    def delete(name, together):
        together.wait()
        try:
            outcomes.append(archive.delete(name))
        except OSError as error:
            outcomes.append(error)

    for _ in range(20):
        outcomes.clear()
        together, name = Barrier(2), left(archive)
        both = [Thread(target=delete, args=(name, together)) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
        tokens = [each for each in outcomes if isinstance(each, str)]
        assert len(tokens) == 1
        assert any("any more" in str(each) or "cancel it" in str(each) for each in outcomes)
        assert archive.restore(tokens[0]) == name


def test_the_runs_folder_can_be_set(monkeypatch, tmp_path):
    monkeypatch.delenv("EGOP_RUNS", raising=False)
    assert runs_folder() == Path("runs")
    monkeypatch.setenv("EGOP_RUNS", str(tmp_path))
    assert Archive().folder == tmp_path


def test_a_full_disk_is_said_and_nothing_lost(archive, monkeypatch):
    name = left(archive)
    archive.rename(name, "old")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match=r"the disk that holds .* is full"):
        archive.rename(name, "new")
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match=r"cannot be written .No space left"):
        archive.delete(name)
    assert archive.entry(name).label == "old"
    assert (archive.entry(name).state, archive.entry(name).error) == ("interrupted", "")


def test_the_netcdf_is_the_result(archive):
    import xarray as xr

    name = finished(archive)
    expected = run("schedule", epochs=3, out=None)
    with xr.open_dataset(archive.netcdf(name), engine="h5netcdf") as found:
        np.testing.assert_array_equal(found["learning_rate"], expected["learning_rate"])
    with pytest.raises(FileNotFoundError, match="is not finished"):
        archive.netcdf(left(archive))


def test_looking_does_not_keep_others_from_writing(archive):
    """A look at the lock takes it for a moment, in which a run must still be opened."""
    name = left(archive)
    done = []

    def look():
        while not done:
            entries_module.read_entry(archive.path(name))

    looking = [Thread(target=look) for _ in range(2)]
    for each in looking:
        each.start()
    try:
        for _ in range(25):
            Run.open(archive.path(name)).close()
    finally:
        done.append(True)
        for each in looking:
            each.join()


def test_what_cannot_be_deleted_leaves_nothing_behind(archive, monkeypatch):
    name = left(archive)

    def full(self, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        with pytest.raises(OSError, match=r"cannot be written .*No space left"):
            archive.delete(name)
    assert archive.entry(name).name == name
    assert not list((archive.folder / ".deleted").iterdir())


def test_a_run_that_vanishes_while_it_is_renamed_is_gone(archive, monkeypatch):
    name = left(archive)
    real = Path.write_text

    def vanish(self, *args, **more):
        (archive.folder / name).rename(archive.folder / "elsewhere")
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "write_text", vanish)
    with pytest.raises(FileNotFoundError, match="it may have been deleted"):
        archive.rename(name, "Mine")
