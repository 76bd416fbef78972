"""Periodic work comes in time also after the clock was set back."""

import pytest
from tornado.ioloop import PeriodicCallback

from egop.page.periods import keep_periods

DAY = 86400.0


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    monkeypatch.setattr(PeriodicCallback, "_update_next", PeriodicCallback._update_next)
    keep_periods()


@pytest.mark.parametrize("jump", [-DAY, -3.0, -0.1, 0.0, 5.0, DAY])
def test_the_next_time_is_at_most_two_periods_away(jump):
    callback = PeriodicCallback(lambda: None, 1000)
    now = 1_000_000.0
    callback._next_timeout = now
    callback._update_next(now + 0.01)
    assert callback._next_timeout == now + 1
    for step in range(3):
        late = now + 1.01 + jump + step
        callback._update_next(late)
        assert 0 < callback._next_timeout - late <= 2


def test_it_is_done_once():
    before = PeriodicCallback._update_next
    keep_periods()
    assert PeriodicCallback._update_next is before
