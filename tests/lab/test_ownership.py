"""Two visitors of one public server: each changes the own runs, and no others."""

import pytest

from egop.admission import ADMISSION
from egop.lab.browser import Browser
from egop.lab.lab import Lab
from egop.runs.ownership import Visitor
from tests.lab.fakes import FakeQueue, folder_of_run

MINE, THEIRS = Visitor("1" * 32, owns_server=False), Visitor("2" * 32, owns_server=False)
CHANGES = ("pause", "cancel", "continue", "rename", "delete")
"""The acts of a row that change a run."""


class KnownBrowser(Browser):
    """The browser of a visitor of a public server."""

    known = Visitor()

    def client(self):
        return self.known


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def visit(tmp_path, queue):
    """A function that opens the lab as a visitor."""

    def visit(visitor: Visitor) -> Lab:
        browser = KnownBrowser()
        browser.known = visitor
        return Lab(tmp_path / "runs", queue=queue, browser=browser)

    return visit


def press(lab, act, name, value=""):
    lab.run_list.list._handle_msg({"act": act, "name": name, "value": value})


def begin(lab) -> str:
    """The name of a new run of a lab."""
    before = {entry.name for entry in lab.archive.entries()}
    lab.form.press()
    (name,) = {entry.name for entry in lab.archive.entries()} - before
    lab.open([])
    return name


def actions(lab) -> dict[str, list[str]]:
    lab.poller.poll()
    return {row["name"]: row["actions"] for row in lab.run_list.list.rows}


def test_rows_of_others_have_no_buttons_that_would_refuse(visit):
    mine, theirs = visit(MINE), visit(THEIRS)
    first, second = begin(mine), begin(theirs)
    folder_of_run(mine.archive.folder, "from-the-command-line")
    assert set(actions(mine)[first]) == {"pause", "cancel", "rename"}
    assert set(actions(theirs)[second]) == {"pause", "cancel", "rename"}
    assert actions(mine)[second] == actions(theirs)[first] == []
    assert actions(mine)["from-the-command-line"] == []
    owner = visit(Visitor())
    assert all(actions(owner).values())
    theirs.open([first])
    assert theirs.run_detail.list.rows[0]["actions"] == []


@pytest.mark.parametrize("act", CHANGES)
def test_what_a_stranger_sends_is_refused_in_one_sentence(visit, queue, act):
    mine, theirs = visit(MINE), visit(THEIRS)
    name = begin(mine)
    before = mine.archive.entry(name)
    press(theirs, act, name, "renamed")
    assert "it was begun by somebody else, who alone may change it here" in theirs.messages.message
    assert mine.archive.entry(name) == before
    assert not any(each[1:] == (name,) for each in queue.asked)


@pytest.mark.parametrize("act", CHANGES)
def test_whoever_began_a_run_changes_it_after_a_restart_too(visit, queue, act):
    name = begin(visit(MINE))
    queue.line.clear()
    again = visit(MINE)
    press(again, act, name, "renamed")
    assert "somebody else" not in again.messages.message
    done = any(each[1:] == (name,) for each in queue.asked)
    if act == "delete":
        assert not again.archive.path(name).exists()
    else:
        assert done or again.archive.entry(name).label == "renamed"


def test_what_was_deleted_is_brought_back_by_its_owner_alone(visit, queue):
    mine, theirs = visit(MINE), visit(THEIRS)
    name = begin(mine)
    press(mine, "delete", name)
    token = mine.messages.deleted
    theirs.actions.do("restore", token)
    assert "somebody else" in theirs.messages.message
    assert not mine.archive.path(name).exists()
    mine.actions.do("restore", token)
    assert mine.archive.path(name).exists()


def test_every_action_is_harmless_or_one_that_refuses_strangers(visit):
    assert set(visit(THEIRS).actions.table) == {"download", "restore", *CHANGES}


def test_a_client_id_is_a_random_number_or_nothing(visit):
    browser = Browser()
    for bad in ("x", "0" * 31, "0" * 33, "0" * 31 + "A", 3, None):
        browser._process_property_change({"client_id": bad})
        assert browser.client_id == ""
    assert browser._process_property_change({"client_id": "0" * 32}) == {"client_id": "0" * 32}


def test_sessions_own_the_server_only_where_they_were_let_in_as_its_owner():
    ADMISSION.enter("a", "1.1.1.1")
    ADMISSION.enter("b", "127.0.0.1", owns_server=True)
    assert not ADMISSION.owns_server("a")
    assert ADMISSION.owns_server("b")
    assert ADMISSION.owns_server("no session of this server, such as a notebook")
    for session in "ab":
        ADMISSION.leave(session)
