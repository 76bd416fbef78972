"""The list of runs."""

import pytest

from egop.lab.run_list import NO_MATCH, NOTHING, PART, RunList
from egop.lab.snapshot import Snapshot
from egop.runs.ownership import Visitor
from tests.lab.fakes import entry


@pytest.fixture
def run_list():
    acts = []
    made = RunList(lambda act, name, value: acts.append((act, name, value)))
    made.acts = acts
    return made


def show(run_list, runs):
    run_list.show(Snapshot(entries=runs), Visitor())


def names(run_list):
    return [row["name"] for row in run_list.list.rows]


def test_it_shows_what_the_filters_let_through(run_list):
    runs = [entry("a", "running"), entry("b"), entry("c", experiment="fashion")]
    show(run_list, runs)
    assert names(run_list) == ["a", "b", "c"]
    run_list.fields.set("search:typed", "fashion")
    assert names(run_list) == ["c"]
    run_list.fields.set("search:typed", "")
    run_list.fields.set("state", "In progress")
    assert names(run_list) == ["a"]
    run_list.fields.set("experiment", "fashion")
    assert names(run_list) == []
    assert run_list.list.empty == NO_MATCH
    show(run_list, [])
    assert run_list.list.empty == NOTHING


def test_what_is_pressed_is_told(run_list):
    show(run_list, [entry("a", "running")])
    run_list.list._handle_msg({"act": "pause", "name": "a", "value": ""})
    run_list.list._handle_msg({"act": "rename", "name": "a", "value": "New"})
    run_list.list._handle_msg("no message of ours")
    assert run_list.acts == [("pause", "a", ""), ("rename", "a", "New")]


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
def test_what_no_row_offers_is_left_alone(run_list, forged):
    show(run_list, [entry("a", "running")])
    run_list.list._handle_msg(forged)
    assert run_list.acts == run_list.checked == []


def test_checked_runs_can_be_compared(run_list):
    show(run_list, [entry("a"), entry("b")])
    assert run_list.fields.values["compare"]["disabled"]
    for name in ("b", "a"):
        run_list.list._handle_msg({"act": "check", "name": name, "value": True})
    assert [row["checked"] for row in run_list.list.rows] == [True, True]
    assert run_list.fields.values["compare"] == {"label": "Compare 2", "disabled": False}
    run_list.fields.set("compare")
    assert run_list.acts == [("compare", "", ["b", "a"])]
    show(run_list, [entry("a")])
    assert run_list.checked == ["a"]
    assert run_list.fields.values["compare"]["disabled"]


def test_of_many_runs_the_first_are_shown_at_once(run_list):
    runs = [entry(f"r{i:03d}") for i in range(500)]
    show(run_list, runs)
    assert len(names(run_list)) == PART
    run_list.more.set("more")
    assert len(names(run_list)) == 3 * PART
    run_list.fields.set("search:typed", "r499")
    assert names(run_list) == ["r499"]


def test_an_unchanged_list_sends_nothing(run_list):
    show(run_list, [entry("a", "running", share=0.2)])
    sent = []
    run_list.list.param.watch(sent.append, ["rows", "empty"])
    show(run_list, [entry("a", "running", share=0.2)])
    assert not sent
    show(run_list, [entry("a", "running", share=0.3)])
    assert len(sent) == 1
