"""The pages of one address: a burst at once, then a quarter of the event loop's time."""

import asyncio
from itertools import pairwise

import pytest

from egop.limits import Limits
from egop.page import page_pace
from egop.page.page_pace import SHARE, Pace, Paces


@pytest.fixture
def clock(monkeypatch):
    """The time that a pace knows; it moves while somebody waits."""
    now = [100.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(page_pace.asyncio, "sleep", sleep)
    return now


def made(pace: Pace, clock: list[float], count: int, cost: float = 0.25) -> list[float]:
    """Makes several pages one after the other; returns the time of each."""
    times = []

    async def make() -> None:
        await pace.wait()
        times.append(clock[0])
        clock[0] += cost
        pace.spend(cost)

    async def all_of_them() -> None:
        for _ in range(count):
            await make()

    asyncio.run(all_of_them())
    return times


def test_a_class_of_fifty_waits_for_nothing_but_its_pages(clock):
    times = made(Pace(lambda: clock[0]), clock, 50)
    assert times[-1] - times[0] == pytest.approx(49 * 0.25)


def test_who_goes_on_and_on_leaves_most_of_the_time_to_others(clock):
    times = made(Pace(lambda: clock[0]), clock, 1000)
    gaps = [after - before for before, after in pairwise(times[500:])]
    assert min(gaps) == pytest.approx(0.25 / SHARE, rel=0.05)
    assert sum(gaps) / len(gaps) == pytest.approx(0.25 / SHARE, rel=0.05)


def test_the_burst_comes_back_with_time(clock):
    pace = Pace(lambda: clock[0])
    made(pace, clock, 500)
    clock[0] += 60
    times = made(pace, clock, 50)
    assert times[-1] - times[0] == pytest.approx(49 * 0.25)


def test_zero_is_no_limit(clock, monkeypatch):
    monkeypatch.setattr(page_pace, "limits", lambda: Limits(opening_seconds=0))
    times = made(Pace(lambda: clock[0]), clock, 1000)
    assert times[-1] - times[0] == pytest.approx(999 * 0.25)


def test_each_address_has_its_own_and_idle_ones_are_forgotten(monkeypatch):
    monkeypatch.setattr(page_pace, "MOST_KEPT", 3)
    paces = Paces()
    busy = paces.of("busy")
    busy.spend(5.0)
    for number in range(10):
        assert paces.of(str(number)) is not busy
    assert paces.of("busy") is busy
    assert len(paces._paces) <= 4
