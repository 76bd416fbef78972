"""`python -m benchmarks.load`: how one server process holds under many visitors, and after many.

    python -m benchmarks.load --visitors 1 5 20 50 --seconds 60 --loads 500

Visitors without a browser open the page of a server of our own, and each moves the start once a
second: the time from there to the packet that shows it is measured. That is done with each number
of visitors on a fresh server, and again after so many pages were opened and left. With the
default it takes about 19 minutes. Linux only, as it reads /proc.
Stored as `benchmarks/results/load.json` and `load.md`.
"""

import argparse
import asyncio
import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.confirming_visitor import ConfirmingVisitor
from benchmarks.fuzz.served import Served
from benchmarks.fuzz.visitor import ConnectionEndedError

RESULTS = Path(__file__).parent / "results"
WARM_UP = 20
"""Pages that are opened and left before anything is measured."""
AT_ONCE = 4
"""Pages that are opened at the same time."""
PATIENCE = 10.0
"""Seconds after which an answer counts as lost."""
SETTLED = 40.0
"""Seconds after which the server has forgotten those who left."""
BOUND = 500.0
"""Milliseconds: asked of the 95th percentile with all visitors."""


UNLIMITED = {
    "EGOP_MAX_PAGES": "1,9999,9999", "EGOP_MAX_OPENED_PAGES": "9999,9999,9999",
    "EGOP_MAX_OPENING_SECONDS": "0",
}  # fmt: skip
"""Limits of the server that is loaded: all visitors come from one address."""


@dataclass(frozen=True)
class Row:
    """Latencies, errors and memory with one number of visitors.

    Attributes:
        visitors: how many.
        after: how many pages had been opened and left before.
        p50: milliseconds from a change to the packet that shows it, the median.
        p95: the 95th percentile.
        p99: the 99th.
        changes: how many there were.
        errors: changes without an answer, and connections that were lost.
        cpu: the server's share of one core.
        memory: megabytes of the server with these visitors.
    """

    visitors: int
    after: int
    p50: float
    p95: float
    p99: float
    changes: int
    errors: int
    cpu: float
    memory: float


async def measure(server: Served, visitors: int, seconds: float, after: int) -> Row:
    """Lets visitors come, change the start once a second for some seconds, and leave."""
    come = [await ConfirmingVisitor.come(server.url) for _ in range(visitors)]
    with_visitors = megabytes(server)
    begun, used = time.perf_counter(), busy_seconds(server)
    walks = [walk(each, seconds, place / visitors) for place, each in enumerate(come)]
    found = await asyncio.gather(*walks)
    cpu = (busy_seconds(server) - used) / (time.perf_counter() - begun)
    for each in come:
        each.leave()
    waits = np.concatenate([waits for waits, _ in found])
    p50, p95, p99 = (round(1e3 * float(q), 1) for q in np.quantile(waits, (0.5, 0.95, 0.99)))
    errors = sum(errors for _, errors in found)
    memory = round(with_visitors)
    return Row(visitors, after, p50, p95, p99, len(waits), errors, round(cpu, 2), memory)


async def walk(visitor: ConfirmingVisitor, seconds: float, delay: float) -> tuple[np.ndarray, int]:
    """Moves the start once a second; the seconds until each was shown, and how many were not.

    The first move only warms up. Each visitor keeps to seconds of its own, whatever happens: after
    a delay for all, they would otherwise move at the same moment for ever. A move waits for the
    answer to the one before.
    """
    waits: list[float] = []
    errors = 0
    due = time.perf_counter() + delay
    end = due + seconds
    while due < end:
        await asyncio.sleep(due - time.perf_counter())
        begun = time.perf_counter()
        turn = 0.7 * len(waits)
        try:
            known = visitor.packets
            await visitor.tap(round(2 * np.cos(turn), 3), round(2 * np.sin(turn), 3))
            await visitor.until(lambda known=known: visitor.packets > known, PATIENCE)
        except (TimeoutError, ConnectionEndedError):
            errors += 1
        waits.append(time.perf_counter() - begun)
        due += max(1, math.ceil(time.perf_counter() - due))
    return np.array(waits[1:]), errors


async def open_together(server: Served, visitors: int) -> dict[str, float]:
    """Seconds until visitors who come at the same moment have their pages: the median and the last.

    Each of them leaves as soon as all are there.
    """
    begun = time.perf_counter()

    async def come() -> tuple[ConfirmingVisitor, float]:
        return await ConfirmingVisitor.come(server.url), time.perf_counter() - begun

    found = await asyncio.gather(*(come() for _ in range(visitors)))
    for visitor, _ in found:
        visitor.leave()
    waits = [wait for _, wait in found]
    return {
        "visitors": visitors,
        "first": round(min(waits), 1),
        "median": round(float(np.median(waits)), 1),
        "last": round(max(waits), 1),
    }


async def megabytes_of_a_page(visitors: int, settled: float) -> float:
    """Megabytes that each of so many open pages takes on a server that had none but two before."""
    server = Served(**UNLIMITED)
    try:
        await open_and_leave(server, 2)
        await asyncio.sleep(settled)
        before = megabytes(server)
        come = [await ConfirmingVisitor.come(server.url) for _ in range(visitors)]
        share = (megabytes(server) - before) / visitors
        for each in come:
            each.leave()
        return round(share, 1)
    finally:
        server.close()


async def open_and_leave(server: Served, loads: int) -> None:
    """Opens the page so many times, and changes something in each before it is left."""

    async def visit() -> None:
        visitor = await ConfirmingVisitor.come(server.url)
        await visitor.tap(1.0, 1.0)
        await visitor.next_packet()
        visitor.leave()

    for first in range(0, loads, AT_ONCE):
        await asyncio.gather(*(visit() for _ in range(min(AT_ONCE, loads - first))))


def megabytes(server: Served) -> float:
    """Megabytes of memory that the server has in use now."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def busy_seconds(server: Served) -> float:
    """Seconds of computing that the server has used so far, in all its threads."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure_all(sizes: Sequence[int], seconds: float, loads: int, settled: float) -> dict:
    """Rows of a fresh server and of the same one after many pages, and its memory then and now."""
    page = await megabytes_of_a_page(max(sizes), settled)
    server = Served(**UNLIMITED)
    try:
        await open_and_leave(server, WARM_UP)
        await asyncio.sleep(settled)
        opening = [await open_together(server, count) for count in (1, max(sizes))]
        await asyncio.sleep(settled)
        rows = []
        memory = {"fresh": round(megabytes(server))}
        for after in (0, loads):
            if after:
                await open_and_leave(server, loads)
                await asyncio.sleep(settled)
                memory[f"after {loads} pages"] = round(megabytes(server))
            for visitors in sizes:
                rows.append(await measure(server, visitors, seconds, after))
                print(line(rows[-1]), flush=True)
                if not after:
                    await asyncio.sleep(settled / 4)
            if not after:
                await asyncio.sleep(settled)
                memory["after the fresh rows"] = round(megabytes(server))
        return {
            "machine": machine.describe(),
            "opening": opening,
            "memory": memory,
            "megabytes of a page": page,
            "rows": [asdict(row) for row in rows],
        }
    finally:
        server.close()


HEAD = ["visitors", "pages before", "p50 ms", "p95 ms", "p99 ms", "changes", "errors", "CPU", "MB"]


def line(row: Row) -> str:
    """A row of the table in words."""
    cells = [*asdict(row).values()]
    return " | ".join(str(cell) for cell in cells)


def table(found: dict) -> str:
    """The Markdown that is stored."""
    rows = [line(Row(**row)) for row in found["rows"]]
    memory = ", ".join(f"{name} {value} MB" for name, value in found["memory"].items())
    opened = [
        f"{each['visitors']} who open the page at the same moment have it after "
        f"{each['median']:g} s in the median, the last one after {each['last']:g} s."
        for each in found["opening"]
    ]
    lines = [
        "# Load on one server process",
        "",
        f"Each visitor moves the start once a second. Asked: p95 ≤ {BOUND:g} ms with 50 visitors,",
        "no errors, after many pages within 10 % of fresh, memory within 5 %.",
        "",
        *opened,
        "",
        f"Memory: {memory}; an open page takes {found['megabytes of a page']} MB.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---:|' * len(HEAD)}",
        *(f"| {row} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def main(words: Sequence[str] | None = None) -> None:
    """Measures, prints and stores."""
    parser = argparse.ArgumentParser("python -m benchmarks.load", description=__doc__)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 5, 20, 50])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--loads", type=int, default=500)
    parser.add_argument("--settled", type=float, default=SETTLED)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(words)
    found = asyncio.run(measure_all(asked.visitors, asked.seconds, asked.loads, asked.settled))
    (asked.out / "load.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    (asked.out / "load.md").write_text(table(found))


if __name__ == "__main__":
    main()
