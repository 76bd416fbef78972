"""Messages of Dask come also when the clock is set back just then."""

import asyncio
import time

import pytest

pytest.importorskip("distributed")

from distributed import batched

from egop.execution.dask_patches import send_at_once


class Comm:
    """Takes what is written, and sets the clock back a day each time."""

    local_address = peer_address = "here"

    def __init__(self, monkeypatch):
        self.written, self._monkeypatch, self._real = [], monkeypatch, time.time

    def closed(self) -> bool:
        return False

    async def write(self, payload, **_):
        self.written += payload
        back = 86400.0 * len(self.written)
        for clock in ("time.time", "distributed.batched.time"):
            self._monkeypatch.setattr(clock, lambda: self._real() - back)
        return 1


async def written(monkeypatch) -> list[str]:
    """Returns those of three messages that have been written."""
    comm = Comm(monkeypatch)
    sender = batched.BatchedSend(interval="2ms")
    sender.start(comm)
    for message in ("first", "second", "third"):
        sender.send(message)
        await asyncio.sleep(0.05)
    sender.please_stop = True
    sender.waker.set()
    return comm.written


def test_messages_come_at_once_when_the_clock_is_set_back(monkeypatch):
    send_at_once()
    assert asyncio.run(written(monkeypatch)) == ["first", "second", "third"]


def test_dask_alone_would_wait_for_a_day(monkeypatch):
    monkeypatch.delattr(batched.BatchedSend, "next_deadline", raising=False)
    assert asyncio.run(written(monkeypatch)) == ["first"]
