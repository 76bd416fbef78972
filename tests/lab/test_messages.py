"""The line that says what was done or went wrong."""

import pytest

from egop.lab.messages import MessageBar


@pytest.fixture
def acts():
    return []


@pytest.fixture
def bar(acts):
    return MessageBar(lambda act, name, value: acts.append((act, name)))


def test_a_deletion_can_be_undone(bar, acts):
    bar.announce("“a” was deleted.", deleted="token")
    assert bar.fields.values["undo"]
    assert not bar.fields.values["open"]
    bar.fields.set("undo")
    assert acts == [("restore", "token")]
    assert not bar.message
    assert not bar.fields.values["undo"]


def test_what_was_added_can_be_opened(bar, acts):
    bar.announce("“a” was added.", added="a")
    assert bar.fields.values["open"]
    assert not bar.fields.values["undo"]
    bar.fields.set("open")
    assert acts == [("open", "a")]
    assert not bar.fields.values["open"]


def test_an_error_stands_out(bar):
    bar.announce("It is back.")
    assert bar.fields.messages["message"] == ["hint", "It is back."]
    bar.error("the disk is full")
    assert bar.fields.messages["message"] == ["error", "the disk is full"]


def test_the_way_to_undo_a_deletion_stays_until_something_else_is_said(bar):
    bar.announce("“a” was deleted.", deleted="token")
    bar.announce_progress("The figure is being drawn …")
    bar.clear()
    assert bar.fields.values["undo"]
    bar.error("the disk is full")
    assert not bar.fields.values["undo"]
    bar.clear()
    assert not bar.message


def test_only_the_message_that_is_over_is_taken_away(bar):
    bar.announce_progress("The figure is being drawn …")
    bar.error("the disk is full")
    bar.clear("The figure is being drawn …")
    assert bar.message == "the disk is full"
    bar.clear("the disk is full")
    assert not bar.message
