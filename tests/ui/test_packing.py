"""The packet: what goes in comes out, as the browser reads it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop.ui.packing import Packet, unpack


def read(packet: Packet):
    header, numbers = unpack(packet.to_bytes())
    return header, lambda where: numbers[where["at"] : where["at"] + where["size"]]


@given(st.lists(st.lists(st.floats(width=32), max_size=9), min_size=1, max_size=5), st.text())
def test_numbers_and_words_survive(columns, word):
    packet = Packet(3)
    arrays = {f"c{i}": np.array(column, dtype=float) for i, column in enumerate(columns)}
    packet.fixed("left-ü", **arrays, label=[word])
    header, view = read(packet)
    assert header["n_steps"] == 3
    entry = header["sources"]["left-ü"]
    assert entry["kind"] == "fixed"
    assert entry["columns"]["label"] == [word]
    for name, array in arrays.items():
        np.testing.assert_array_equal(view(entry["columns"][name]), array.astype(np.float32))


def test_what_moves_is_told_from_what_stays():
    path, times = np.arange(4.0), np.arange(4.0) * 10
    packet = Packet(3)
    packet.growing("paths", {"xs": [path], "ys": [times]}, color=["red"])
    packet.heads("heads", {"x": [path], "y": [times]}, color=["red"])
    packet.lines("rho", {"xs": [path], "ys": [times]})
    packet.turned("right", "left", np.array([[1.0, 2.0], [3.0, 4.0]]), half=2.0)
    packet.say(words="Adam first.")
    header, view = read(packet)
    sources = header["sources"]
    kinds = {name: entry["kind"] for name, entry in sources.items()}
    assert kinds == {"paths": "growing", "heads": "heads", "rho": "lines", "right": "turned"}
    np.testing.assert_array_equal(view(sources["paths"]["lines"]["ys"][0]), times)
    np.testing.assert_array_equal(view(sources["heads"]["moving"]["x"][0]), path)
    turned = {"kind": "turned", "of": "left", "rotation": [1.0, 2.0, 3.0, 4.0], "half": 2.0}
    assert {name: sources["right"][name] for name in turned} == turned
    assert header["words"] == "Adam first."


def test_only_what_changed_has_another_sum():
    def sums(path, color, length) -> dict[str, int]:
        packet = Packet(3)
        packet.fixed("empty", x=np.zeros(0))
        packet.fixed("before", x=np.zeros(length))
        packet.growing("paths", {"xs": [path]}, color=[color])
        packet.turned("right", "left", np.eye(2), half=path[0])
        header, _ = read(packet)
        return {name: entry["sum"] for name, entry in header["sources"].items()}

    first = sums(np.arange(1.0, 5.0), "red", 2)
    assert sums(np.arange(1.0, 5.0), "red", 2) == first
    moved = sums(np.arange(2.0, 6.0), "red", 2)
    assert {name for name in first if moved[name] != first[name]} == {"paths", "right"}
    painted = sums(np.arange(1.0, 5.0), "blue", 2)
    assert {name for name in first if painted[name] != first[name]} == {"paths"}
    longer = sums(np.arange(1.0, 5.0), "red", 3)
    assert {name for name in first if longer[name] != first[name]} == {"before"}


def test_an_array_used_twice_is_sent_once():
    once, twice = Packet(1), Packet(1)
    array = np.arange(1000.0)
    once.fixed("a", x=array)
    twice.fixed("a", x=array, y=array)
    assert len(twice.to_bytes()) < len(once.to_bytes()) + 100


def test_numbers_begin_at_a_multiple_of_four_bytes():
    for word in ("", "a", "ab", "abc", "é"):
        packet = Packet(1)
        packet.fixed("a", x=np.arange(2.0), label=[word])
        assert len(packet.to_bytes()) % 4 == 0
        header, view = read(packet)
        assert view(header["sources"]["a"]["columns"]["x"]).tolist() == [0.0, 1.0]


def test_a_plain_value_that_is_no_number_is_refused():
    packet = Packet(1)
    packet.say(window=float("nan"))
    with pytest.raises(ValueError, match="JSON"):
        packet.to_bytes()


def test_frames_hold_a_row_for_each_step_and_line():
    heights, path = np.arange(6.0).reshape(3, 2), np.arange(9.0).reshape(3, 3)
    packet = Packet(2)
    packet.frames("rates", 3, {"y": heights}, {"ys": [path]}, xs=[[0.0, 1.0, 2.0]], color=["red"])
    header, view = read(packet)
    entry = header["sources"]["rates"]
    assert (entry["kind"], entry["n_frames"]) == ("frames", 3)
    np.testing.assert_array_equal(view(entry["flat"]["y"]), heights.ravel())
    np.testing.assert_array_equal(view(entry["lines"]["ys"][0]), path.ravel())
    assert entry["columns"] == {"xs": [[0.0, 1.0, 2.0]], "color": ["red"]}
