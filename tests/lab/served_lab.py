"""The lab on a served page of this process, with planted runs and a queue that runs nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from egop.execution import queue
from egop.lab.lab import Lab
from egop.runs.archive import Archive
from tests.experiments.planted_results import store
from tests.lab.fakes import FakeQueue
from tests.lab.views.watched_runs import digits
from tests.page.in_process import ServedPage, served_page


def plant(runs: Path, patch: pytest.MonkeyPatch, *names: str) -> FakeQueue:
    """Puts finished runs into a folder; the lab of every page has it, with the queue returned."""
    runs.mkdir()
    for name in names:
        store(digits(), runs / name)
    line = FakeQueue()
    line.archive = Archive(runs)
    patch.setenv("EGOP_RUNS", str(runs))
    patch.setattr(queue, "queue_of", lambda folder: line)
    return line


@contextmanager
def served_lab(runs: Path, *names: str) -> Iterator[tuple[ServedPage, Lab]]:
    """A page whose lab is open, with finished runs of these names."""
    with pytest.MonkeyPatch.context() as patch:
        plant(runs, patch, *names)
        with served_page("?page=networks") as page:
            page.until(lambda: page.main.lazy_lab.lab is not None, seconds=60)
            yield page, page.main.lazy_lab.lab
