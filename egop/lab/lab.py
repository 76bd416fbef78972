"""The lab: the form, the list of runs, and the runs that are open, as a Panel component."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import panel as pn
import param

from egop.execution.download_job import fetch_data
from egop.lab.actions import RunActions
from egop.lab.browser import Browser
from egop.lab.form import Form
from egop.lab.polling import BackgroundTasks, Poller
from egop.lab.run_detail import RunDetail
from egop.lab.run_list import RunList
from egop.lab.settings import Settings
from egop.lab.snapshot import Snapshot, SnapshotReader
from egop.lab.views.legend import LegendButtons
from egop.runs.archive import Archive
from egop.runs.run_info import RunInfo
from egop.ui.document import current_page, hold
from egop.ui.fields import Fields, button
from egop.ui.layout import GROWING, NARROW, OWN_HEIGHT, beside
from egop.ui.live_check import LiveCheck
from egop.ui.notebook import load_panel
from egop.ui.playback import Playback

_SCREEN = f"""
:host {{ height: var(--egop-height, auto); overflow-y: auto; padding: 10px 16px 0;
  box-sizing: border-box; }}
@media (max-width: {NARROW}px) {{ :host {{ height: auto !important; overflow: visible;
  {OWN_HEIGHT} padding: 8px 10px 64px; }} }}
"""
_ON_A_PHONE = f"""
@media (min-width: {NARROW + 1}px) {{ :host {{ visibility: hidden; height: 0 !important;
  margin: 0 !important; overflow: hidden; }} }}
"""
"""Of the button for the form, which is in a closed drawer there."""
APART = ","
"""Between the names of several open runs in the page's address."""
LATER = (LegendButtons, Playback)
"""Components of the figures, which come later: a browser is told of them with a cell's output."""
_LOADED = threading.Event()
"""Whether figures were made since the server's start: all visitors share what is loaded then."""


class Lab(pn.viewable.Viewer):
    """Network experiments: choose, start, watch, compare and keep them.

    `controls` is the form and `view` the rest; they can be laid out apart.

    Args:
        runs: the folder that holds the runs; None: EGOP_RUNS, or runs/.
        queue: carries the runs out; None: the one of this process.
        browser: the visitor's, where it is on the page already.
    """

    run: Any = param.String(doc="Names of the open runs, with commas; empty: the list is shown.")
    asks_for_form: Any = param.Event(doc="The button that opens the form on a phone was pressed.")

    def __init__(
        self,
        runs: str | Path | None = None,
        queue: Any = None,
        browser: Browser | None = None,
    ):
        load_panel()
        super().__init__()
        self.archive = Archive(runs)
        if queue is None:
            from egop.execution.queue import queue_of

            queue = queue_of(self.archive.folder)
            self.archive = queue.archive  # what one visitor has read, the others need not
        self.queue = queue
        self._seen: Snapshot | None = None
        self.reader = SnapshotReader(self.archive, queue)
        self._states: dict[str, str] = {}
        self.tasks = BackgroundTasks(self.say)
        self.browser = browser or Browser()
        self.actions = RunActions(self)
        self.form = Form(self._begin, _predict, fetch_data, devices())
        self.run_list = RunList(self.actions.do)
        self.run_list.upload.on_file(self.actions.add, self.run_list.note)
        self.run_detail = RunDetail(self.actions.do)
        self._making_figures = False
        self._lay_out(*([] if browser else [self.browser]))
        self._listen()
        queue.connection.prepare()
        self.poller.poll()

    def __panel__(self):
        lab = beside(self.controls, 760, self.view)
        return pn.Column(LiveCheck(), lab, sizing_mode="stretch_width", margin=0)

    def say(self, sentence: str) -> None:
        """Says what went wrong, where people look."""
        if self.run:
            self.run_detail.say(sentence)
        else:
            self.run_list.note(sentence)

    def tell(self, sentence: str) -> Callable[[], None]:
        """Says what is being done, where people look; what it returns takes that away again."""
        opened, shelf = self.run_detail, self.run_list
        if self.run:
            opened.say(sentence, "hint")
            return lambda: opened.say("") if opened.sentence == sentence else None
        if shelf.offers:  # which would be lost
            return lambda: None
        shelf.note(sentence)
        return lambda: shelf.note("") if shelf.noted == sentence else None

    def set_dark(self, dark: bool) -> None:
        """Draws the figures in the colors of the dark or the light theme."""
        self.run_detail.set_dark(dark)

    def show(self, shown: bool) -> None:
        """Whether anybody sees the lab; hidden, it reads nothing."""
        self.poller.paused = not shown
        if shown:
            self.poller.wake()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the open runs."""
        return tuple(dict.fromkeys(filter(None, self.run.split(APART))))

    def open(self, names: Sequence[str]) -> None:
        """Opens runs, several to compare them; none: the list."""
        self.run = APART.join(names)

    def _lay_out(self, *more: Any) -> None:
        ask = Fields(
            [button("new", look="main")], {"new": "New run"},
            lambda name, value: self.param.trigger("asks_for_form"), margin=(8, 0, 0, 0),
            stylesheets=[_ON_A_PHONE],
        )  # fmt: skip
        self._list = pn.Column(
            ask, self.run_list, sizing_mode="stretch_width", margin=0, stylesheets=[GROWING]
        )
        self.controls = pn.Column(self.form, *more, sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(
            self._list, sizing_mode="stretch_both", margin=0, stylesheets=[_SCREEN]
        )

    def _listen(self) -> None:
        self.param.watch(lambda event: self._open(), "run")
        self.browser.param.watch(lambda event: self.poller.poll(), "client_id")
        self.poller = Poller(self._read, self._draw)
        ask = self.poller.wake
        leave = self.queue.watch(lambda job: ask())
        current_page().on_close(leave)

    def _make_figures(self) -> None:
        """Begins to make the figures, in a thread, when a run is first opened."""
        if self._making_figures:
            return
        self._making_figures = True

        def take(watch: Any) -> None:
            _LOADED.set()
            self.run_detail.take(watch)
            self.poller.poll()

        def sorry(sentence: str) -> None:
            self._making_figures = False
            self.run_detail.refuse(sentence)

        self.tasks.submit(_make_watch, take, sorry, long=True)

    def _open(self) -> None:
        with hold():
            self.run_detail.open(self.names, first=not _LOADED.is_set())
            self.view[:] = [self.run_detail if self.names else self._list]
            if self._seen is not None and {*self.names} <= {e.name for e in self._seen.entries}:
                known = self._seen._replace(
                    names=self.names, datasets=self.reader.kept, troubles={}
                )
                self._draw(known)
        if self.names:
            self._make_figures()
        self.poller.poll()

    def _begin(self, settings: Settings, config: Any) -> None:
        """Starts a run and opens it; what stands in its way is said under the button."""
        self.form.set_busy(True)

        def started(name: str) -> None:
            self.form.set_busy(False)
            self.run_list.note("")
            self.open([name])

        def sorry(sentence: str) -> None:
            self.form.set_busy(False)
            self.form.say("start", sentence)

        visitor, session = self.browser.client(), current_page().visitor
        self.tasks.submit(
            lambda: self.actions.begin(settings, config, visitor, session), started, sorry
        )

    def _read(self) -> Snapshot:
        """In a thread: what the files and the queue say."""
        return self.reader.read(self.names)

    def _draw(self, seen: Snapshot) -> None:
        """On the event loop: shows what was read."""
        if seen.names != self.names:  # others were opened meanwhile
            self.poller.wake()
            return
        self._seen = seen
        entries = {entry.name: entry for entry in seen.entries}
        self._announce(entries)
        if not self.names:
            self.run_list.show(seen.entries, seen.positions, self.browser.client())
            return
        self.run_detail.visitor = self.browser.client()
        self.run_detail.show(entries, seen.positions, seen.datasets, seen.ready, seen.troubles)

    def _announce(self, entries: Mapping[str, RunInfo]) -> None:
        """Tells a screen reader which runs came to an end."""
        states = {name: entry.state for name, entry in entries.items()}
        for name, state in states.items():
            if self._states.get(name) == "running" and state in {"finished", "failed"}:
                self.browser.spoken = f"{entries[name].label} {state}"
        self._states = states


def devices() -> tuple[str, ...]:
    """The CPU, and "cuda" where there is a GPU."""
    import torch

    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def _predict(name: str, config: Any, device: str) -> Any:
    from egop.lab.obstacles import predicted

    return predicted(name, config, device)


def _make_watch() -> Any:
    from egop.lab.views.dashboard import Dashboard

    return Dashboard()
