"""Data sets downloaded in the background, with progress, until nobody wants them any more.

States: running → finished, failed or cancelled. Each job has its own thread; of several for one
data set one downloads, and the others wait and then find the files there.
"""

import threading
from collections import defaultdict
from collections.abc import Callable

from egop.cancellation import Cancelled
from egop.networks.downloads import collection, fetch
from egop.runs.error_sentence import sentence_of
from egop.runs.jobs import CANCELLED, FAILED, FINISHED, RUNNING

OnProgress = Callable[[float, str], None]

LOOK = 0.1
"""Seconds between two looks whether the download of somebody else has ended."""

_ONE_AT_A_TIME: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class DownloadJob:
    """A download that goes on in a thread.

    Attributes:
        name: of the data set.
        state: "running", then "finished", "failed" or "cancelled".
        share: of its bytes that are there.
        message: what is done now.
        error: why it failed, one sentence.
    """

    def __init__(self, name: str, on_progress: OnProgress):
        self.name, self._on_progress = name, on_progress
        self.state, self.error = RUNNING, ""
        self.share, self.message = 0.0, "asks for the data"
        self._data = collection(name)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._fetch, name=f"egop-fetch-{name}", daemon=True)

    def start(self) -> "DownloadJob":
        """Begins."""
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Ends it at once; files that are whole stay for the next download."""
        self._end(CANCELLED)

    def join(self, timeout: float | None = None) -> None:
        """Waits until it has ended."""
        self._thread.join(timeout)

    def _fetch(self) -> None:
        turn = _ONE_AT_A_TIME[self.name]
        try:
            while not turn.acquire(timeout=LOOK):
                self._advance(0.0, "waits for the same download of somebody else")
            try:
                fetch(self._data, progress=self._progress)
            finally:
                turn.release()
        except Cancelled:
            return
        except Exception as error:
            self._end(FAILED, sentence_of(error))
        else:
            self._end(FINISHED)

    def _progress(self, file: str, done: int, total: int) -> None:
        names = [each.name for each in self._data.files]
        sizes = [each.n_bytes for each in self._data.files]
        if file not in names:  # an archive that holds all of them
            self._advance(done / max(total, 1), f"{file}, {done / 1e6:.1f} MB")
            return
        share = (sum(sizes[: names.index(file)]) + done) / sum(sizes)
        self._advance(share, f"{file}, {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    def _advance(self, share: float, message: str) -> None:
        if self.state != RUNNING:
            raise Cancelled
        self.share, self.message = min(1.0, share), message
        self._on_progress(self.share, message)

    def _end(self, state: str, error: str = "") -> None:
        with self._lock:
            if self.state != RUNNING:
                return
            self.state, self.error, self.message = state, error, error or state
        if state == FINISHED:
            self.share = 1.0
        self._on_progress(self.share, self.message)


def fetch_data(name: str, on_progress: OnProgress = lambda share, message: None) -> DownloadJob:
    """A download of a data set that has begun.

    Args:
        name: "digits" or "fashion".
        on_progress: called from a thread with the share that is there and what is done, and once
            more when it has ended.

    Raises:
        DataError: there is no data set of this name.
    """
    return DownloadJob(name, on_progress).start()
