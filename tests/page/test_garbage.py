"""The times at which a server searches for what closed pages leave behind."""

import gc
import subprocess
import sys

from egop.page import garbage
from egop.page.garbage import FEWEST, LONGEST, Garbage


def searches(opened: int, closed: int, seconds: float = 1.0) -> int:
    """Counts the searches of two looks after so many pages were opened and closed."""
    found: list[str] = []
    now = [0.0]
    pages = Garbage(lambda: found.append("searched"), lambda: now[0])
    for _ in range(opened):
        pages.enter()
    for _ in range(closed):
        pages.leave()
    now[0] = seconds
    pages.look()
    pages.look()
    return len(found)


def test_it_waits_until_a_third_of_the_pages_are_closed():
    assert searches(200, 0) == 0
    assert searches(200, 66) == 0
    assert searches(200, 67) == 1
    assert searches(FEWEST - 1, FEWEST - 1) == 0
    assert searches(FEWEST, FEWEST) == 1


def test_it_searches_now_and_then_without_any_page():
    assert searches(0, 0, LONGEST - 1) == 0
    assert searches(0, 0, LONGEST) == 1


def test_python_searches_only_young_objects_by_itself():
    code = """
import gc
from tornado.ioloop import IOLoop
from egop.page.garbage import GARBAGE, keep_imports

async def serve():
    keep_imports()
    GARBAGE.start()
    before = gc.get_stats()[2]["collections"]
    kept = [[[n]] for n in range(300_000)]
    print(gc.get_freeze_count() > 10_000, gc.get_stats()[2]["collections"] - before)

IOLoop.current().run_sync(serve)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "0"]
    assert gc.get_threshold()[2] < garbage.NEVER  # not in this process
