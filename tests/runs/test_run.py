"""A run's folder: pieces are there whole or not at all, and what is wrong is said in a sentence."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from egop.cancellation import Cancelled
from egop.experiments import load, resume
from egop.runs.archive import Archive
from egop.runs.atomic import delete_leftovers, replacing
from egop.runs.locking import is_locked
from egop.runs.manifest import FORMAT
from egop.runs.run import Run, load_arrays
from egop.runs.task_context import TaskContext

MANIFEST = {"experiment": "schedule", "config": {"initial_rate": 1.0, "epochs": 3}} | {
    "device": "cpu",
    "threads": 1,
}


def context(run: Run, key: str = "task", cancelled: bool = False) -> TaskContext:
    """Of a task of the run."""
    return TaskContext(run, key, lambda share: None, lambda: cancelled)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = Run.create(tmp_path / "run", MANIFEST)
    made.close()
    return tmp_path / "run"


def test_an_artifact_is_computed_once_and_read_after_that(folder: Path):
    calls = []

    def compute():
        calls.append(1)
        return {"a": np.array([1.0, np.nan]), "step": np.array(3)}

    for _ in range(2):
        run = Run.open(folder)
        arrays = context(run).artifact("first", compute)
        np.testing.assert_array_equal(arrays["a"], [1.0, np.nan])
        assert arrays["step"] == 3
        run.close()
    assert len(calls) == 1


def test_a_finished_piece_takes_the_place_of_its_part(folder: Path):
    run = Run.open(folder)
    run.keep("group", {"epoch": np.array(2)}, part=True)
    assert run.get("group") is None
    assert run.get("group", part=True)["epoch"] == 2
    run.keep("group", {"epoch": np.array(9)})
    assert run.get("group", part=True) is None
    assert run.get("group")["epoch"] == 9


def test_what_is_recorded_stays(folder: Path):
    run = Run.open(folder)
    assert run.record_once("grouping", lambda: (4, 4, 2)) == [4, 4, 2]
    run.close()
    assert Run.open(folder).record_once("grouping", lambda: [10]) == [4, 4, 2]


def test_other_data_are_refused(folder: Path):
    run = Run.open(folder)
    run.require_data("digits", "aaaa")
    run.close()
    run = Run.open(folder)
    run.require_data("digits", "aaaa")
    with pytest.raises(ValueError, match="was begun with other data: digits"):
        run.require_data("digits", "bbbb")


def test_a_full_disk_keeps_the_former_file_and_says_so(folder: Path, monkeypatch):
    run = Run.open(folder)
    run.keep("group", {"epoch": np.array(2)}, part=True)

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=r"the disk that holds .* is full.*resume the run"):
        run.keep("group", {"epoch": np.array(3)}, part=True)
    assert run.get("group", part=True)["epoch"] == 2
    assert [path.name for path in (folder / "pieces").glob("*.npz*")] == ["group.part.npz"]


def test_a_file_that_was_being_written_is_no_piece(folder: Path):
    (folder / "pieces" / "group.npz.tmp").write_bytes(b"PK half")
    run = Run.open(folder)
    assert run.get("group") is None
    assert list((folder / "pieces").glob("*.npz*")) == []


def test_old_files_that_were_being_written_are_deleted_and_those_of_living_writers_kept(
    folder: Path,
):
    old = ["label.json.0123abcd.tmp", "live/group.npz.0123abcd.tmp", "pieces/a.npz.89abcdef.tmp"]
    kept = ["job.json.0123abcd.tmp", "notes.tmp", "result.nc.0123abcd.tmp.txt"]
    (folder / "live").mkdir()
    for name in (*old, *kept):
        (folder / name).write_text("half")
        os.utime(folder / name, (1000, 1000))
    os.utime(folder / "job.json.0123abcd.tmp")
    (folder / "link").symlink_to(folder.parent)
    beside = folder.parent / "other.json.0123abcd.tmp"
    beside.touch()
    os.utime(beside, (1000, 1000))
    delete_leftovers(folder)
    assert {path.name for path in folder.rglob("*.tmp*")} == set(kept)
    assert beside.exists()


def test_a_label_that_is_being_written_is_kept_while_its_run_is_opened(folder: Path):
    with replacing(folder / "label.json") as path:
        path.write_text('"mine"')
        Run.open(folder).close()
    assert (folder / "label.json").read_text() == '"mine"'


def test_an_error_while_writing_leaves_the_former_file(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("before")

    def write():
        with replacing(path) as new:
            new.write_text("after")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_piece_says_which_file(folder: Path):
    run = Run.open(folder)
    run.keep("group", {"a": np.zeros(1000)})
    path = folder / "pieces" / "group.npz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"group\.npz is incomplete or altered; move this one"):
        run.get("group")
    path.write_bytes(b"\x93NUMPY\x01\x00garbage")
    with pytest.raises(ValueError, match="incomplete or altered"):
        run.get("group")


def test_two_processes_cannot_write_to_one_folder(folder: Path):
    first = Run.open(folder)
    with pytest.raises(OSError, match="another process is writing"):
        Run.open(folder)
    first.close()
    Run.open(folder).close()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "is not the folder of a run: it has no config.json"),
        ("{half", "is damaged: it is no JSON"),
        ("[1, 2]", "was not written by egop"),
        ('{"name": "left-pad"}', "was not written by egop"),
        (
            json.dumps({"format": FORMAT + 1, "experiment": "x", "versions": {"egop": "9.9"}}),
            rf"was written by egop 9\.9 in format {FORMAT + 1}.*reads formats 1 to {FORMAT}",
        ),
    ],
    ids=["empty", "half", "list", "foreign", "newer"],
)
@pytest.mark.parametrize("use", [resume, load])
def test_what_is_no_run_of_this_egop_is_refused(tmp_path: Path, text, sentence, use):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises((ValueError, FileNotFoundError), match=sentence):
        use(tmp_path)


def test_a_config_of_another_egop_is_refused(folder: Path):
    path = folder / "config.json"
    manifest = json.loads(path.read_text())
    manifest["config"]["warmth"] = 3
    path.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="its config has other fields"):
        resume(folder)


def test_an_unknown_experiment_is_refused(folder: Path):
    path = folder / "config.json"
    path.write_text(path.read_text().replace("schedule", "scheduling"))
    with pytest.raises(ValueError, match="a run of 'scheduling', which this egop does not have"):
        resume(folder)


def test_a_run_that_is_not_finished_is_no_result(folder: Path):
    with pytest.raises(FileNotFoundError, match="is not finished; continue it by egop resume"):
        load(folder)
    assert resume(folder).sizes == {"epoch": 4}
    assert load(folder / "result.nc").equals(load(folder))


def test_a_damaged_result_is_made_again(folder: Path):
    whole = resume(folder)
    path = folder / "result.nc"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match="is incomplete or altered; copy it again"):
        load(folder)
    path.unlink()
    assert resume(folder).equals(whole)


@pytest.mark.parametrize("error", [PermissionError("no"), MemoryError("no")])
def test_a_result_that_cannot_be_read_now_is_not_called_damaged(
    folder: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*arguments: object, **options: object):
        raise error

    resume(folder)
    monkeypatch.setattr("h5py.File", refuse)
    with pytest.raises(type(error)):
        load(folder)


def test_a_run_that_could_not_be_opened_can_be_opened_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """As when the disk is full while another version of egop notes that it goes on."""

    def full(*arguments: object):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("egop.runs.run.versions", lambda: {"egop": "another"})
        patch.setattr("egop.runs.run.write_json", full)
        with pytest.raises(OSError, match="No space left"):
            Run.open(folder)
    assert not is_locked(folder)
    Run.open(folder).close()


def test_a_folder_in_use_is_not_written_over(folder: Path):
    with pytest.raises(FileExistsError, match="empty or not there yet"):
        Run.create(folder, MANIFEST)
    with pytest.raises(OSError, match=r"cannot be made .*; give another out"):
        Run.create(folder / "config.json" / "inside", MANIFEST)


def test_a_task_that_is_cancelled_computes_no_artifact(folder: Path):
    run = Run.open(folder)
    context(run).artifact("first", lambda: {"x": np.array(1)})
    cancelled = context(run, cancelled=True)
    assert cancelled.artifact("first", dict)["x"] == 1
    with pytest.raises(Cancelled):
        cancelled.artifact("second", lambda: {"x": np.array(2)})
    assert run.get("second") is None


def test_only_who_holds_the_lock_writes_decisions_down(folder: Path):
    run = Run.open(folder)
    worker = Run(folder, dict(run.manifest), locked=False)
    assert worker.record_once("grouping", lambda: [1]) == [1]
    assert not run.recorded("grouping")
    run.close()
    assert not Run.open(folder).recorded("grouping")


def test_what_is_shown_goes_when_the_piece_is_there(folder: Path):
    run = Run.open(folder)
    task = context(run, "group")
    task.show(lambda: {"loss": np.arange(3)})
    task.show(lambda: {"loss": np.arange(4)})  # too soon after the first
    run.live.progress("group", 0.25, "half of the first stage")
    live = folder / "live"
    assert np.load(live / "group.npz")["loss"].shape == (3,)
    task.show(lambda: {"loss": np.arange(5)}, now=True)
    assert np.load(live / "group.npz")["loss"].shape == (5,)
    assert json.loads((live / "group.json").read_text())["share"] == 0.25
    run.keep("group", {"loss": np.arange(9)})
    assert list(live.iterdir()) == []


def test_a_run_that_cannot_show_itself_goes_on(folder: Path):
    (folder / "live").write_text("no folder")
    run = Run.open(folder)
    context(run, "group").show(lambda: {"loss": np.arange(3)})
    run.keep("group", {"loss": np.arange(3)})
    run.live.end()


def test_a_header_that_python_stumbles_over_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, load_once, calls = tmp_path / "piece.npz", np.load, []

    def stumble(*arguments: object, **options: object):
        calls.append(arguments)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch")
        return load_once(*arguments, **options)

    np.savez(path, x=np.arange(3))
    monkeypatch.setattr(np, "load", stumble)
    np.testing.assert_array_equal(load_arrays(path)["x"], np.arange(3))
    assert len(calls) == 2


KILLED = """
import os, sys
from pathlib import Path
from egop.runs import bounded_json, run

def die(*arguments):
    os._exit(9)

{where} = die
run.Run.create(Path(sys.argv[1]), {manifest!r})
"""


@pytest.mark.parametrize("where", ["run.write_json", "bounded_json.replacing"])
def test_a_process_that_dies_while_it_makes_a_run_leaves_none(tmp_path, where):
    folder = tmp_path / "runs" / "digits-1"
    script = KILLED.format(where=where, manifest=MANIFEST)
    done = subprocess.run([sys.executable, "-c", script, str(folder)], check=False)
    assert done.returncode == 9
    assert not folder.exists()
    (half,) = folder.parent.iterdir()
    assert Archive(folder.parent).entries() == []
    Run.create(folder, MANIFEST).close()
    assert half.exists()  # it could be another process's that is at work
    os.utime(half, (0, 0))
    Run.create(folder.with_name("digits-2"), MANIFEST).close()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["digits-1", "digits-2"]


def test_a_manifest_that_cannot_be_written_leaves_no_folder(tmp_path):
    with pytest.raises(TypeError):
        Run.create(tmp_path / "run", MANIFEST | {"config": object()})
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_becomes_the_run(tmp_path):
    (tmp_path / "run").mkdir()
    made = Run.create(tmp_path / "run", MANIFEST)
    assert made.is_untouched
    made.keep("piece", {"x": np.zeros(1)}, part=True)
    assert not made.is_untouched
    made.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"share": 0.5}', '{"share": "a", "words": "b", "at": 1}', "[" * 10**5,
     '{"share": NaN, "words": "b", "at": 1}', '{"share": 7, "words": "b", "at": 1}',
     '{"share": 0.5, "words": "b", "at": null}', "\0" * 100],
)  # fmt: skip
def test_a_damaged_note_of_progress_is_as_none(folder: Path, text: str):
    run = Run.open(folder)
    run.live.progress("group", 0.25, "half")
    assert run.live.read_progress("group")["share"] == 0.25
    (folder / "live" / "group.json").write_text(text)
    assert run.live.read_progress("group") is None
