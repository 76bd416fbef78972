"""The runs of a folder as a list, each of them read again only where its files changed."""

import logging
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from egop.runs.run_info import RunInfo, damaged, read_entry, stamp_of

_LOG = logging.getLogger(__name__)


class RunListing:
    """A list that remembers what it has read; of several threads one reads at a time."""

    def __init__(self):
        self._known: dict[str, tuple[tuple[int, ...], RunInfo]] = {}
        self._reading = Lock()

    def read(self, folders: Iterable[Path]) -> list[RunInfo]:
        """The state of each folder, the newest first; the damaged and foreign ones too.

        One that cannot be read is an entry with an error, and hides no other.
        """
        with self._reading:
            before, self._known = self._known, {}
            for folder in folders:
                found = before.get(folder.name)
                try:
                    stamp = stamp_of(folder)
                    if found is None or found[0] != stamp:
                        found = (stamp, read_entry(folder))
                except FileNotFoundError:  # it has just been deleted
                    continue
                except Exception as error:  # the other folders are shown
                    entry = damaged(folder, error)
                    if found is None or found[1] != entry:
                        name = type(error).__name__
                        _LOG.warning("%s cannot be read (%s: %.200s).", folder, name, error)
                    found = ((), entry)
                self._known[folder.name] = found
            entries = [entry for _, entry in self._known.values()]
        return sorted(entries, key=lambda entry: (entry.created, entry.name), reverse=True)
