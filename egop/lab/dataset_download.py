"""A data set that is not there: its size, its download with progress, and what replaces it."""

import time
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
from rich.filesize import decimal

from egop.networks.downloads import collection, missing
from egop.ui.document import current_page
from egop.ui.fields import Fields, button, slot

NAMES = {"digits": "The paper's 5620 handwritten digits", "fashion": "Fashion-MNIST"}
INSTEAD = {"digits": "Without it, the 1797 digits of scikit-learn take its place."}
"""Data sets that others replace, each with the sentence that says so."""

PERIOD = 0.2
"""Seconds between two times that the page says how far a download is."""

_STYLE = """
.data { font: 13px/1.4 system-ui, sans-serif; }
progress { width: 100%; height: 8px; accent-color: #2b7fc4; }
"""


class DatasetDownload(pn.viewable.Viewer):
    """Offers the first data set of those that are missing; without height when all are there.

    Args:
        fetch: `egop.execution.download_job.fetch_data` or one like it.
        on_end: called when a download has ended.
    """

    def __init__(self, fetch: Callable[..., Any], on_end: Callable[[], Any]):
        super().__init__()
        self._fetch, self._on_end = fetch, on_end
        self._job: Any = None
        self._shown_at = 0.0
        self._missing: list[str] = []
        self._name = ""
        self.text = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=(4, 0), stylesheets=[_STYLE]
        )
        self.fields = Fields(
            [button("download"), button("cancel"), slot("data")],
            {"download": "", "cancel": ""},
            lambda name, value: self.start() if name == "download" else self.stop(),
        )
        self._view = pn.Column(sizing_mode="stretch_width", margin=0)

    def __panel__(self):
        return self._view

    @property
    def blocks(self) -> bool:
        """True if the experiment cannot be run without what is missing."""
        return any(name not in INSTEAD for name in self._missing)

    @property
    def message(self) -> str:
        """The sentence about how a download ended."""
        return self.fields.sentence("data")

    def show(self, names: tuple[str, ...]) -> None:
        """Offers what is missing of these data sets; a download that goes on stays."""
        self._missing = [name for name in names if missing(collection(name))]
        if self._job is not None:
            return
        shown = [self.text, self.fields] if self._missing or self.message else []
        if shown != list(self._view):
            self._view[:] = shown
        self._name = self._missing[0] if self._missing else ""
        if not self._name:
            self._write("", download="", cancel="")
            return
        size = decimal(sum(file.n_bytes for file in collection(self._name).files))
        text = f"{NAMES[self._name]} must be downloaded once. {INSTEAD.get(self._name, '')}"
        self._write(escape(text), download=f"Download {size}", cancel="")

    def start(self) -> None:
        """Begins the download."""
        if self._job is not None or not self._name:
            return
        self.fields.say("data", "")
        page = current_page()

        def on_progress(share: float, message: str) -> None:
            ended = self._job is not None and self._job.state != "running"
            if ended or time.monotonic() - self._shown_at > PERIOD:
                self._shown_at = time.monotonic()
                page.call(self._follow)

        self._job = self._fetch(self._name, on_progress)
        self._follow()

    def stop(self) -> None:
        """Ends the download; files that are whole stay for the next one."""
        if self._job is not None:
            self._job.cancel()

    def _follow(self) -> None:
        """Shows how the download stands."""
        job = self._job
        if job is None:
            return
        if job.state == "running":
            name = escape(NAMES[self._name])
            bar = f'<progress max="1" value="{job.share:.3f}" aria-label="Download of {name}">'
            text = f"{name}: {job.share:.0%}{bar}</progress>"
            self._write(text, download="", cancel="Cancel the download")
            return
        self._job = None
        stopped = job.state == "cancelled"
        message = "Stopped; files that are whole are kept." if stopped else job.error
        self.fields.say("data", message, "hint" if stopped else "error")
        self.show((self._name,))
        self._on_end()

    def _write(self, html: str, **buttons: str) -> None:
        self.text.object = f'<div class="data">{html}</div>' if html else ""
        self.fields.show(**buttons)
