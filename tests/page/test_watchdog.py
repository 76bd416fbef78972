"""A block of the event loop is logged with its stack, and nothing else is."""

import asyncio
import time
from pathlib import Path

import pytest

from egop.page import watchdog
from egop.page.watchdog import Reports, Watchdog


def hold_up(seconds):
    """Something slow; it sleeps in short pieces, as code does that does not let the loop go on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def watched(action, monkeypatch):
    """Returns the reports of an event loop in which an action is called."""
    monkeypatch.setattr(watchdog, "EVERY", 0.01)
    reports = []

    async def run():
        dog = Watchdog(lambda seconds, stack: reports.append((seconds, stack)))
        await asyncio.sleep(0.1)
        action()
        await asyncio.sleep(0.1)
        dog.stop()

    asyncio.run(run())
    return reports


def test_a_block_is_reported_with_its_functions_and_without_paths(monkeypatch):
    reports = watched(lambda: hold_up(0.8), monkeypatch)
    seconds, stack = max(reports)
    assert 0.25 < seconds < 60
    assert f"{__name__}.hold_up:" in stack
    assert str(Path(__file__).parent) not in stack
    assert stack.count(" < ") < watchdog.MOST_FRAMES


def test_a_loop_that_answers_is_not_spoken_of(monkeypatch):
    monkeypatch.setattr(watchdog, "LONGEST", 30.0)
    assert not watched(lambda: hold_up(0.05), monkeypatch)


def test_blocks_in_quick_succession_are_counted(monkeypatch, caplog):
    now = [100.0]
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: now[0])
    reports = Reports()
    for _ in range(4):
        reports.report(0.5, "here")
        now[0] += 1
    assert [each.getMessage() for each in caplog.records] == [
        "The event loop was held up for 0.50 s by here"
    ]
    now[0] += watchdog.AGAIN
    reports.report(0.7, "there")
    assert caplog.records[-1].getMessage() == (
        "The event loop was held up for 0.70 s (3 more since the last such entry) by there"
    )


@pytest.mark.filterwarnings("error")
def test_the_watching_ends_with_the_loop():
    async def run():
        return Watchdog()

    dog = asyncio.run(run())
    dog.stop()
