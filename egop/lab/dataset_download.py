"""A data set that is not there: its size, its download with progress, and what replaces it."""

import time
from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn

from egop.lab.run_row_format import written_bytes
from egop.networks.downloads import collection, missing
from egop.ui.document import current_page
from egop.ui.fields import Fields, button, place

NAMES = {"digits": "The paper's 5620 handwritten digits", "fashion": "Fashion-MNIST"}
INSTEAD = {"digits": "Without it, the 1797 digits of scikit-learn take its place."}
"""What an experiment does without its data set, where it can do anything."""

LAG = 0.2
"""Seconds between two times that the page says how far a download is."""

_STYLE = """
.data { font: 13px/1.4 system-ui, sans-serif; }
progress { width: 100%; height: 8px; accent-color: #2b7fc4; }
"""


class DatasetDownload(pn.viewable.Viewer):
    """Offers the first data set of those that are missing; without height when all are there.

    Args:
        fetch: `egop.execution.download_job.fetch_data` or one like it.
        changed: called when a download has ended.
    """

    def __init__(self, fetch: Callable[..., Any], changed: Callable[[], Any]):
        super().__init__()
        self._fetch, self._changed = fetch, changed
        self._fetching: Any = None
        self._told = 0.0
        self.name_of_data = ""
        self._absent: list[str] = []
        self._words = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=(4, 0), stylesheets=[_STYLE]
        )
        self.fields = Fields(
            [button("download"), button("cancel"), place("data")],
            {"download": "", "cancel": ""},
            lambda name, value: self.start() if name == "download" else self.stop(),
        )
        self._view = pn.Column(sizing_mode="stretch_width", margin=0)

    def __panel__(self):
        return self._view

    @property
    def blocks(self) -> bool:
        """Whether the experiment cannot be run without what is missing."""
        return any(name not in INSTEAD for name in self._absent)

    @property
    def sentence(self) -> str:
        """What is said of the download."""
        return self.fields.sentence("data")

    def show(self, names: tuple[str, ...]) -> None:
        """Offers what is missing of these data sets; a download that goes on stays."""
        self._absent = absent = [name for name in names if missing(collection(name))]
        if self._fetching is not None:
            return
        self.name_of_data = absent[0] if absent else ""
        if absent:
            self._say_what_is_missing()
        if not absent:
            self.fields.show(download="", cancel="")
        inside = [self._words, self.fields] if absent or self.sentence else []
        if inside != list(self._view):
            self._view[:] = inside

    def start(self) -> None:
        """Begins the download."""
        if self._fetching is not None or not self.name_of_data:
            return
        self.fields.say("data", "")
        self._show_share(0.0)
        self.fields.show(download="", cancel="Cancel the download")
        page = current_page()

        def tell(share: float, words: str) -> None:
            ended = self._fetching is not None and self._fetching.state != "running"
            if ended or time.monotonic() - self._told > LAG:
                self._told = time.monotonic()
                page.call(self._hear)

        self._fetching = self._fetch(self.name_of_data, tell)
        self._hear()

    def stop(self) -> None:
        """Ends the download; files that are whole stay for the next one."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _hear(self) -> None:
        """Shows how the download stands."""
        fetching = self._fetching
        if fetching is None:
            return
        if fetching.state == "running":
            self._show_share(fetching.share)
            return
        self._fetching = None
        self.show((self.name_of_data,))
        if fetching.state == "cancelled":
            self.fields.say("data", "Stopped; files that are whole are kept.", "hint")
        else:
            self.fields.say("data", fetching.error)
        self._changed()

    def _say_what_is_missing(self) -> None:
        name = self.name_of_data
        size = written_bytes(sum(file.n_bytes for file in collection(name).files))
        words = f"{NAMES.get(name, name)} must be downloaded once. {INSTEAD.get(name, '')}"
        self._words.object = f'<div class="data">{escape(words)}</div>'
        self.fields.show(download=f"Download {size}", cancel="")

    def _show_share(self, share: float) -> None:
        name = escape(NAMES.get(self.name_of_data, self.name_of_data))
        self._words.object = (
            f'<div class="data">{name}: {share:.0%}'
            f'<progress max="1" value="{share:.3f}" aria-label="Download of {name}"></progress>'
            "</div>"
        )
