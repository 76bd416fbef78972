"""The list of runs."""

import pytest

from egop.lab.run_list import NO_MATCH, NOTHING, PART, RunList
from tests.lab.fakes import entry


@pytest.fixture
def shelf():
    acts = []
    made = RunList(lambda act, name, value: acts.append((act, name, value)))
    made.acts = acts
    return made


def names(shelf):
    return [row["name"] for row in shelf.list.rows]


def test_it_shows_what_the_filters_let_through(shelf):
    runs = [entry("a", "running"), entry("b"), entry("c", experiment="fashion")]
    shelf.show(runs, {})
    assert names(shelf) == ["a", "b", "c"]
    shelf.fields.set("search:typed", "fashion")
    assert names(shelf) == ["c"]
    shelf.fields.set("search:typed", "")
    shelf.fields.set("state", "In progress")
    assert names(shelf) == ["a"]
    shelf.fields.set("experiment", "fashion")
    assert names(shelf) == []
    assert shelf.list.empty == NO_MATCH
    shelf.show([], {})
    assert shelf.list.empty == NOTHING


def test_what_is_pressed_is_told(shelf):
    shelf.show([entry("a", "running")], {})
    shelf.list._handle_msg({"act": "pause", "name": "a", "value": ""})
    shelf.list._handle_msg({"act": "rename", "name": "a", "value": "New"})
    shelf.list._handle_msg("no message of ours")
    assert shelf.acts == [("pause", "a", ""), ("rename", "a", "New")]


@pytest.mark.parametrize(
    "forged",
    [
        {}, [], "pause", None, {"name": "a"}, {"act": "pause", "name": ["a"]},
        {"act": "pause", "name": None}, {"act": "restore", "name": "a", "value": "1-0"},
        {"act": ["pause"], "name": "a"}, {"act": "rename", "name": "a", "value": ["New"]},
        {"act": "rename", "name": "a", "value": "x" * 10**6}, {"act": "check", "name": "a",
        "value": {}}, {"act": "compare", "name": "a", "value": ["a", "../b"]},
        {"act": "download", "name": "a", "value": None}, {"act": "open", "name": "a" * 10**6},
    ],
)  # fmt: skip
def test_what_no_row_offers_is_left_alone(shelf, forged):
    shelf.show([entry("a", "running")], {})
    shelf.list._handle_msg(forged)
    assert shelf.acts == shelf.checked == []


def test_checked_runs_can_be_compared(shelf):
    shelf.show([entry("a"), entry("b")], {})
    assert shelf.fields.values["compare"]["disabled"]
    for name in ("b", "a"):
        shelf.list._handle_msg({"act": "check", "name": name, "value": True})
    assert [row["checked"] for row in shelf.list.rows] == [True, True]
    assert shelf.fields.values["compare"] == {"label": "Compare 2", "disabled": False}
    shelf.fields.set("compare")
    assert shelf.acts == [("compare", "", ["b", "a"])]
    shelf.show([entry("a")], {})
    assert shelf.checked == ["a"]
    assert shelf.fields.values["compare"]["disabled"]


def test_a_deletion_can_be_undone(shelf):
    shelf.note("“a” was deleted.", "token")
    assert shelf.fields.values["undo"]
    shelf.fields.set("undo")
    assert shelf.acts == [("restore", "token", "")]
    shelf.note("It is back.")
    assert not shelf.fields.values["undo"]


def test_what_was_added_can_be_opened(shelf):
    shelf.note("“a” was added.", added="a")
    assert shelf.fields.values["look"]
    assert not shelf.fields.values["undo"]
    shelf.fields.set("look")
    assert shelf.acts == [("open", "a", "")]
    shelf.note("")
    assert not shelf.fields.values["look"]


def test_of_many_runs_the_first_are_shown_at_once(shelf):
    runs = [entry(f"r{i:03d}") for i in range(500)]
    shelf.show(runs, {})
    assert len(names(shelf)) == PART
    shelf.more.set("more")
    assert len(names(shelf)) == 3 * PART
    shelf.fields.set("search:typed", "r499")
    assert names(shelf) == ["r499"]


def test_an_unchanged_list_sends_nothing(shelf):
    shelf.show([entry("a", "running", share=0.2)], {})
    sent = []
    shelf.list.param.watch(sent.append, ["rows", "empty"])
    shelf.show([entry("a", "running", share=0.2)], {})
    assert not sent
    shelf.show([entry("a", "running", share=0.3)], {})
    assert len(sent) == 1
