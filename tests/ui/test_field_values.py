"""Values that a form takes from a browser, and those that it leaves alone."""

import pytest

from egop.ui.component import LONGEST
from egop.ui.field_values import takes
from egop.ui.fields import (
    Fields,
    button,
    check,
    choice,
    fold,
    heading,
    number,
    rates,
    several,
    side_by_side,
    slider,
    slot,
    switch,
    text,
)

ROWS = [
    heading("All"),
    choice("kind", "Kind", {"Group": {"One": "one"}, "Two": "two"}),
    choice("open", "Open", {"Old": "old"}),
    several("some", "Some", {"A": "a", "B": "b"}),
    switch("side", "Side", ["left", "right"]),
    side_by_side(slider("width", "Width", 0, 1, 0.1), check("wide", "Wide")),
    fold("More", number("count", "Count", whole=True), text("search", "Search", typed=True)),
    text("start", "Start"),
    rates("methods", "Add", {"adam": slider("rate:adam", "Adam", 0, 1, 0.1)}),
    button("go"), button("hidden"), button("off"),
    slot("width"),
]  # fmt: skip
VALUES = {
    "open:options": {"New": "new"}, "go": "Go", "hidden": "", "off": {"label": "x", "disabled": 1},
}  # fmt: skip
TAKEN = {
    "kind": ["one", "two"],
    "open": ["new"],
    "some": [[], ["a"], ["b", "a"]],
    "side": ["left"],
    "width": [0, -1.5, 10**30, "abc", ""],
    "rate:adam": [0.1],
    "wide": [True, False],
    "count": [3, 2.5, "three"],
    "search": ["", "x" * LONGEST],
    "search:typed": ["abc"],
    "start": ["1, 2"],
    "methods": [[], ["adam"]],
    "go": [None, 7],
}
ODD = [
    None, True, 1, float("nan"), "text", [], ["adam"], [["a"]], {}, {"a": 1}, 10**400,
    "x" * (LONGEST + 1),
]  # fmt: skip
REFUSED = {
    "kind": [None, 1, "three", "Group", ["one"], {}],
    "open": ["old"],
    "some": [None, "a", ["c"], ["a", "a"], [["a"]], [1]],
    "side": [0, "up", None],
    "width": [None, True, float("nan"), float("inf"), -float("inf"), 10**400, [1], {}, ODD[-1]],
    "wide": [None, 0, 1, "true"],
    "count": [None, [], True],
    "search": [None, 1, [], ODD[-1]],
    "search:typed": [None, 1],
    "start:typed": ["1"],
    "methods": [None, "adam", ["sgd"], ["adam", "adam"]],
    "hidden": ODD, "off": ODD, "All": ODD, "": ODD, "__class__": ODD, "rate:sgd": ODD,
    "kind:options": ODD, "width:hint": ODD, "go:typed": ODD,
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_values_of_the_fields_kind_are_taken(name):
    assert all(takes(ROWS, VALUES, {"name": name, "value": each}) for each in TAKEN[name])


@pytest.mark.parametrize("name", REFUSED)
def test_others_are_left_alone(name):
    assert not any(takes(ROWS, VALUES, {"name": name, "value": each}) for each in REFUSED[name])


@pytest.mark.parametrize("data", [*ODD, {"value": 1}, {"name": ["kind"], "value": "one"}])
def test_messages_that_are_none_are_left_alone(data):
    told = []
    Fields(ROWS, VALUES, lambda *change: told.append(change))._handle_msg(data)
    assert told == []
