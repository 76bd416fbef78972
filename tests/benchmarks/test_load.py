"""The benchmark of load: two visitors of a real server are answered, and a table says how."""

import asyncio

from benchmarks import load
from benchmarks.fuzz.served import Served


def test_visitors_of_a_server_are_answered_and_their_waits_stand_in_the_table():
    server = Served(**load.UNLIMITED)

    async def measure():
        opening = await load.open_together(server, 2)
        return opening, await load.measure(server, visitors=2, seconds=2.5, after=7)

    try:
        opening, row = asyncio.run(measure())
    finally:
        server.close()
    assert row.errors == 0
    assert row.changes >= 2
    assert 0 < row.p50 <= row.p95 <= row.p99
    assert row.cpu > 0
    assert row.memory > 50
    assert 0 < opening["first"] <= opening["median"] <= opening["last"]
    found = {
        "opening": [opening], "memory": {"fresh": 100}, "megabytes of a page": 4.0,
        "rows": [vars(row)],
    }  # fmt: skip
    assert load.table(found).splitlines()[-1].startswith(f"| 2 | 7 | {row.p50} |")


def test_a_change_without_an_answer_is_an_error(monkeypatch):
    class Silent:
        packets = 0

        async def tap(self, x, y):
            pass

        async def until(self, holds, seconds):
            raise TimeoutError

    waits, errors = asyncio.run(load.walk(Silent(), seconds=0.1, delay=0.0))  # pyright: ignore
    assert errors == 1
    assert len(waits) == 0
