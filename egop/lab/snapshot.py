"""What the files of the runs and the queue say at one moment, read in a thread."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from egop.experiments import partial_results
from egop.lab.polling import sentence_for_visitors
from egop.runs.archive import Archive, without_server_paths
from egop.runs.run_info import RunInfo

_LOG = logging.getLogger(__name__)
ODD = "its result is not as egop writes it; its numbers can be downloaded"


class Snapshot(NamedTuple):
    """What one reading of the files and the queue found.

    Attributes:
        names: of the runs that were open.
        entries: the archive's, the newest first.
        positions: by name, the place in the line.
        datasets: by name, of the open runs; None: nothing yet.
        troubles: by name, why a result cannot be read.
        ready: whether a worker starts at once.
    """

    names: tuple[str, ...]
    entries: Sequence[RunInfo]
    positions: Mapping[str, int]
    datasets: Mapping[str, Any]
    troubles: Mapping[str, str]
    ready: bool


class SnapshotReader:
    """Reads what a page shows.

    Args:
        archive: of the runs.
        queue: that carries them out.

    Attributes:
        kept: the results of the finished ones that are open, by name.
    """

    def __init__(self, archive: Archive, queue: Any):
        self.archive, self.queue = archive, queue
        self.kept: dict[str, Any] = {}

    def read(self, names: tuple[str, ...]) -> Snapshot:
        """How all runs stand, and what is known of those that are open."""
        jobs = self.queue.jobs()
        waiting = [job.name for job in jobs if job.state == "queued"]
        known = {job.name: job for job in jobs}
        entries = [
            replace(each, error=without_server_paths(each.error, self.archive.folder))
            for each in (_with_job(each, known.get(each.name)) for each in self.archive.entries())
        ]
        there = {entry.name: entry for entry in entries}
        self.kept = {name: found for name, found in self.kept.items() if name in names}
        datasets, troubles = {}, {}
        for name in names:
            if name not in there or not there[name].experiment:
                continue
            try:
                datasets[name] = self._dataset(there[name])
            except (ValueError, OSError, MemoryError) as error:
                troubles[name] = sentence_for_visitors(error)
            except Exception:  # of a result that others wrote; the other runs are shown
                _LOG.debug("%s cannot be shown.", name, exc_info=True)
                troubles[name] = f"{there[name].label} cannot be shown: {ODD}"
        positions = {name: place + 1 for place, name in enumerate(waiting)}
        ready = self.queue.connection.ready
        return Snapshot(names, entries, positions, datasets, troubles, ready)

    def _dataset(self, entry: RunInfo) -> Any:
        """What is known of an open run; a finished one is read once."""
        if entry.name in self.kept:
            return self.kept[entry.name]
        found = partial_results.read(self.archive.path(entry.name))
        if found is not None:
            _prepare(found)
        if entry.state == "finished" and found is not None and "share" not in found.attrs:
            self.kept[entry.name] = found
        return found


def _with_job(entry: RunInfo, job: Any) -> RunInfo:
    """The entry as the queue knows it now: its folder is told a little later."""
    if job is None or entry.state == "finished":
        return entry
    return replace(
        entry, state=job.state, share=job.share, message=job.message, seconds=job.seconds,
        error=job.error or entry.error,
    )  # fmt: skip


def _prepare(dataset: Any) -> None:
    from egop.lab.views.precompute import precompute

    precompute(dataset)
