"""A run may be changed by its owner and by the owner of the server, and by nobody else."""

import pytest

from egop.experiments import begin
from egop.runs.archive import Archive
from egop.runs.ownership import OWNER, Visitor, read_owner

MINE = Visitor("0" * 31 + "1", owns_server=False)
THEIRS = Visitor("0" * 31 + "2", owns_server=False)
NOBODY = Visitor("", owns_server=False)


@pytest.fixture
def folder(tmp_path):
    run = begin("schedule", epochs=3, out=tmp_path)
    run.close()
    return run.folder


def test_a_run_may_be_changed_by_whoever_began_it_and_by_who_owns_the_server(folder):
    MINE.own(folder)
    MINE.check_change(folder)
    Visitor().check_change(folder)
    Visitor(THEIRS.client_id, owns_server=True).check_change(folder)
    for each in (THEIRS, NOBODY):
        with pytest.raises(PermissionError, match="begun by somebody else, who alone may change"):
            each.check_change(folder)


def test_a_run_of_the_command_line_may_be_changed_by_no_visitor(folder):
    for each in (MINE, NOBODY):
        with pytest.raises(PermissionError, match="on the command line or by an earlier version"):
            each.check_change(folder)
    NOBODY.own(folder)
    assert not (folder / OWNER).exists()


def test_the_folder_does_not_say_by_which_number_the_owner_is_known(folder):
    MINE.own(folder)
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(MINE.client_id.encode() in each for each in contents)
    with pytest.raises(PermissionError):
        Visitor(read_owner(folder), owns_server=False).check_change(folder)


@pytest.mark.parametrize("content", ["", "0", "x" * 64, "0" * 65, "ä" * 64, "0" * 10**6])
def test_a_damaged_file_makes_nobody_the_owner(folder, content):
    (folder / OWNER).write_text(content, encoding="utf-8")
    assert read_owner(folder) == ""
    with pytest.raises(PermissionError):
        MINE.check_change(folder)


def test_the_owner_stays_the_owner_of_what_was_deleted(folder):
    MINE.own(folder)
    archive = Archive(folder.parent)
    token = archive.delete(folder.name)
    MINE.check_change(archive.trash.run(token))
    with pytest.raises(PermissionError):
        THEIRS.check_change(archive.trash.run(token))
    archive.restore(token)
    assert archive.entry(folder.name).owner == read_owner(folder) != ""
