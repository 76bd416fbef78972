"""The state of the runs at one moment, read from their files and the queue in a thread."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from egop.experiments import partial_results
from egop.figures.labeled_result import LabeledResult
from egop.lab.polling import sentence_for_visitors
from egop.runs.archive import Archive, without_server_paths
from egop.runs.run_info import RunInfo

_LOG = logging.getLogger(__name__)
ODD = "its result is not as egop writes it; its numbers can be downloaded"


class Snapshot(NamedTuple):
    """The findings of one reading of the files and the queue.

    Attributes:
        names: of the runs that were open.
        entries: the archive's, the newest first.
        positions: by name, the place in the queue; 1 is next.
        results: by name, of the open runs; None: nothing yet.
        errors: by name, why a result cannot be read.
        ready: whether a worker starts at once.
    """

    names: tuple[str, ...] = ()
    entries: Sequence[RunInfo] = ()
    positions: Mapping[str, int] = {}
    results: Mapping[str, LabeledResult | None] = {}
    errors: Mapping[str, str] = {}
    ready: bool = True


class SnapshotReader:
    """Reads the runs for a page.

    Args:
        archive: of the runs.
        queue: that carries them out.

    Attributes:
        kept: the results of the finished ones that are open, by name.
    """

    def __init__(self, archive: Archive, queue: Any):
        self._archive, self._queue = archive, queue
        self.kept: dict[str, LabeledResult] = {}

    def read(self, names: tuple[str, ...]) -> Snapshot:
        """Returns the state of all runs, and the results so far of those that are open."""
        jobs = self._queue.jobs()
        known = {job.name: job for job in jobs}
        entries = [self._current(each, known.get(each.name)) for each in self._archive.entries()]
        readable = {each.name: each for each in entries if each.experiment}
        self.kept = {name: found for name, found in self.kept.items() if name in names}
        results, errors = {}, {}
        for name in names:
            if name not in readable:
                continue
            try:
                results[name] = self._result(readable[name])
            except (ValueError, OSError, MemoryError) as error:
                errors[name] = sentence_for_visitors(error)
            except Exception:  # of a result that others wrote; the other runs are shown
                _LOG.debug("%s cannot be shown.", name, exc_info=True)
                errors[name] = f"{readable[name].label} cannot be shown: {ODD}"
        waiting = (job.name for job in jobs if job.state == "queued")
        positions = {name: number for number, name in enumerate(waiting, start=1)}
        return Snapshot(names, entries, positions, results, errors, self._queue.connection.ready)

    def _current(self, entry: RunInfo, job: Any) -> RunInfo:
        """The entry as the queue knows it now, which its folder is told a little later."""
        if job is not None and entry.state != "finished":
            now = {name: getattr(job, name) for name in ("state", "share", "message", "seconds")}
            entry = replace(entry, error=job.error or entry.error, **now)
        return replace(entry, error=without_server_paths(entry.error, self._archive.folder))

    def _result(self, entry: RunInfo) -> LabeledResult | None:
        """The result so far of an open run; a finished one is read once."""
        if entry.name in self.kept:
            self.kept[entry.name] = found = replace(self.kept[entry.name], label=entry.label)
            return found
        dataset = partial_results.read(self._archive.path(entry.name))
        if dataset is None:
            return None
        found = LabeledResult(entry.label, dataset)
        _prepare(found)
        if entry.state == "finished" and found.finished:
            self.kept[entry.name] = found
        return found


def _prepare(result: LabeledResult) -> None:
    """Computes medians and spectra of a result, so that the event loop need not."""
    from egop.figures.run_statistics import RunStatistics
    from egop.lab.views.scales import METRICS
    from egop.lab.views.spectra import parts_of

    try:
        kind = result.kind
    except ValueError:  # said when it is shown
        return
    if kind != "drawn":
        parts_of(result)
    if kind == "curves":
        statistics = RunStatistics(result)
        for name in filter(statistics.has, METRICS):
            statistics.by_epoch(name)
            statistics.moments(name, len(statistics.epochs) - 1)
