"""A data set that is not there: its size, its download with progress, and what replaces it."""

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.explorer.views.widgets import Message, present
from egop.lab.refresh import poster
from egop.lab.rows import written_bytes
from egop.networks.downloads import collection, missing

NAMES = {"digits": "The paper's 5620 handwritten digits", "fashion": "Fashion-MNIST"}
INSTEAD = {"digits": "Without it, the 1797 digits of scikit-learn take its place."}
"""What an experiment does without its data set, where it can do anything."""

_STYLE = """
.data { font: 13px/1.4 system-ui, sans-serif; }
progress { width: 100%; height: 8px; accent-color: #2b7fc4; }
"""


class DataOffer(pn.viewable.Viewer):
    """Offers the first data set of those that are missing; without height when all are there.

    Args:
        fetch: `fetch(name, tell, done)` downloads in a thread; `tell(share)` and `done(sentence)`,
            "" when all went well, are called from it; returns what stops it.
        changed: called when a data set has arrived.
    """

    def __init__(
        self,
        fetch: Callable[[str, Callable[[float], Any], Callable[[str], Any]], Callable[[], Any]],
        changed: Callable[[], Any],
    ):
        super().__init__()
        self._fetch, self._changed = fetch, changed
        self._stop: Callable[[], Any] | None = None
        self.name_of_data = ""
        self._words = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=(4, 0), stylesheets=[_STYLE]
        )
        self.download = pmui.Button(
            label="Download", variant="outlined", size="small", margin=(2, 6, 4, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.cancel = pmui.Button(
            label="Cancel the download", variant="outlined", size="small", visible=False,
            margin=(2, 6, 4, 0), sizing_mode="stretch_width",
        )  # fmt: skip
        self.message = Message()
        self._inside = present(self._words, self.download, self.cancel)
        self._view = pn.Column(self.message, sizing_mode="stretch_width", margin=0)
        self.download.on_click(lambda event: self.start())
        self.cancel.on_click(lambda event: self.stop())

    def __panel__(self):
        return self._view

    def show(self, names: tuple[str, ...]) -> None:
        """Offers what is missing of these data sets."""
        if self._stop is not None:
            return
        absent = [name for name in names if missing(collection(name))]
        self.name_of_data = absent[0] if absent else ""
        if absent:
            self._say_what_is_missing()
        elif self._inside in list(self._view):
            self._view[:] = [self.message]

    @property
    def blocks(self) -> bool:
        """Whether the experiment cannot be run without what is missing."""
        return bool(self.name_of_data) and self.name_of_data not in INSTEAD

    def start(self) -> None:
        """Begins the download."""
        if self._stop is not None or not self.name_of_data:
            return
        self.message.say("")
        self._show_share(0.0)
        self.download.visible, self.cancel.visible = False, True
        post = poster() or (lambda call: call())
        self._stop = lambda: None  # a download without a page is over before it can be stopped
        stop = self._fetch(
            self.name_of_data,
            lambda share: post(lambda: self._show_share(share)),
            lambda sentence: post(lambda: self._end(sentence)),
        )
        if self._stop is not None:
            self._stop = stop

    def stop(self) -> None:
        """Ends the download; what came so far is kept for the next one."""
        if self._stop is not None:
            self._stop()

    def _say_what_is_missing(self) -> None:
        name = self.name_of_data
        size = written_bytes(sum(file.n_bytes for file in collection(name).files))
        words = f"{NAMES.get(name, name)} ({size}) must be downloaded once."
        self._words.object = f'<div class="data">{words} {INSTEAD.get(name, "")}</div>'
        self.download.label = f"Download {size}"
        self.download.visible, self.cancel.visible = True, False
        if self._inside not in list(self._view):
            self._view[:] = [self._inside, self.message]

    def _show_share(self, share: float) -> None:
        if self._stop is None and share > 0:
            return  # told before the end, heard after it
        name = escape(NAMES.get(self.name_of_data, self.name_of_data))
        self._words.object = (
            f'<div class="data">{name}: {share:.0%} downloaded'
            f'<progress max="1" value="{share:.3f}" aria-label="Download of {name}"></progress>'
            "</div>"
        )

    def _end(self, sentence: str) -> None:
        self._stop = None
        self.message.say(sentence)
        self.show((self.name_of_data,))
        self._changed()
