"""Rows of the list of runs."""

from datetime import UTC, datetime, timedelta

import pytest

from egop.lab.run_row_format import (
    duration,
    matching,
    ordinal,
    row_of,
    time_left,
    when,
)
from tests.lab.fakes import entry


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"), (89, "89 s"), (120, "2 min"), (89 * 60, "89 min"), (2 * 3600, "2 h"),
        (9 * 3600 + 600, "9 h 10 min"), (20 * 3600, "20 h"), (3 * 86400, "3 days"),
    ],
)  # fmt: skip
def test_times_for_people(seconds, words):
    assert duration(seconds) == words


def test_days_for_people():
    now = datetime.now(UTC).astimezone().replace(hour=15, minute=0)
    assert when(now.replace(hour=14, minute=2).isoformat(), now) == "14:02"
    assert when((now - timedelta(days=1)).isoformat(), now).startswith("yesterday ")
    assert when("2024-02-03T10:00:00+00:00", now.replace(year=2026, month=5)).endswith("2024")
    assert when("", now) == ""
    assert when("soon", now) == ""


def test_places_in_a_line():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th",
    ]  # fmt: skip


def test_time_left_is_said_once_it_can_be_told():
    assert time_left(entry("a", "running", share=0.25, seconds=30.0)) == 90.0
    assert time_left(entry("a", "running", share=0.001, seconds=30.0)) is None
    assert time_left(entry("a", "running", share=0.5, seconds=0.0)) is None
    said = row_of(entry("a", "running", share=0.25, seconds=30.0, message="stage 1"))[
        "progress_text"
    ]
    assert said == "25 % · about 2 min left · stage 1"


@pytest.mark.parametrize(
    ("state", "can", "cannot"),
    [
        ("running", {"pause", "cancel"}, {"delete", "continue"}),
        ("queued", {"pause", "cancel"}, {"delete"}),
        ("paused", {"continue", "delete"}, {"pause"}),
        ("finished", {"download", "delete"}, {"pause", "continue", "cancel"}),
        ("interrupted", {"continue", "delete"}, {"pause"}),
        ("cancelled", {"continue", "delete"}, {"pause"}),
        ("failed", {"continue", "delete"}, {"download"}),
    ],
)
def test_each_state_offers_what_it_can(state, can, cannot):
    actions = set(row_of(entry("a", state))["actions"])
    assert can <= actions
    assert not cannot & actions
    assert "rename" in actions


def test_a_place_in_the_line_is_said():
    assert row_of(entry("a", "queued"), 1)["state_text"] == "next in line"
    assert row_of(entry("a", "queued"), 3)["state_text"] == "3rd in line"


def test_a_foreign_folder_says_what_is_wrong_and_opens_nothing():
    row = row_of(entry("x", "failed", experiment="", error="it has no config.json"))
    assert row["error"] == "it has no config.json"
    assert row["state_text"] == "damaged"
    assert not row["can_open"]
    assert "continue" not in row["actions"]


def test_search_and_filters():
    entries = [
        entry("digits-1", "running", label="My first"),
        entry("fashion-2", "finished", experiment="fashion"),
        entry("digits-3", "finished"),
    ]

    def names(**asked):
        return [each.name for each in matching(entries, **asked)]

    assert names(text="first my") == ["digits-1"]
    assert names(text="HANDWRITTEN") == ["digits-1", "digits-3"]
    assert names(states=("finished",), experiment="digits") == ["digits-3"]
    assert names(text="nothing like it") == []
