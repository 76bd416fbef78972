"""The lab: the form, the list of runs, and the runs that are open, as a Panel component."""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import param

from egop.execution.download_job import fetch_data
from egop.lab.actions import RunActions
from egop.lab.browser import Browser
from egop.lab.cost_limits import limited_estimate
from egop.lab.form import Form
from egop.lab.messages import MessageBar
from egop.lab.polling import BackgroundTasks, Poller
from egop.lab.run_detail import RunDetail
from egop.lab.run_list import RunList
from egop.lab.settings import Settings
from egop.lab.snapshot import Snapshot, SnapshotReader
from egop.lab.views.legend import LegendButtons
from egop.runs.archive import Archive
from egop.ui.document import current_page, hold
from egop.ui.fields import Fields, button
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import GROWING, NARROW, OWN_HEIGHT, WIDE, beside
from egop.ui.live_check import LiveCheck
from egop.ui.notebook import load_panel
from egop.ui.playback import Playback
from egop.ui.widgets import fold

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
"""The style of the button for the form, which is in a closed drawer on a phone."""
APART = ","
"""Between the names of several open runs in the page's address."""
LATER = (HtmlPane, LegendButtons, Playback, fold)
"""Makers of components that come later: a browser is told of these with the first cell's output."""
_LOADED = threading.Event()
"""Set once figures were made in this process: all visitors share what is loaded then."""


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
        self.browser = browser or Browser()
        self.reader = SnapshotReader(self.archive, queue)
        self._snapshot = Snapshot()
        self.poller = Poller(self._read, self._draw)
        self.messages = MessageBar(self._act)
        self.tasks = BackgroundTasks(self.messages.error)
        told = {"on_change": self.poller.poll, "on_delete": self._close}
        self.actions = RunActions(
            self.archive, queue, self.browser, self.tasks, self.messages, **told
        )
        self.form = Form(self._begin, limited_estimate, fetch_data, devices())
        self.run_list = RunList(self._act)
        self.run_list.upload.on_file(self.actions.add, self.messages.error)
        self.run_detail = RunDetail(self._act)
        self._loading = False
        self._lay_out(*([] if browser else [self.browser]))
        self._listen()
        queue.connection.prepare()
        self.poller.poll()

    def __panel__(self):
        lab = beside(self.controls, 760, self.view)
        return pn.Column(LiveCheck(), lab, **WIDE)

    def set_dark(self, dark: bool) -> None:
        """Draws the figures in the colors of the dark or the light theme."""
        self.run_detail.set_dark(dark)

    def show(self, shown: bool) -> None:
        """Reads the runs while the lab is shown, and nothing while it is hidden."""
        self.poller.paused = not shown
        if shown:
            self.poller.wake()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the open runs."""
        return tuple(dict.fromkeys(filter(None, self.run.split(APART))))

    def open(self, names: Sequence[str]) -> None:
        """Opens runs, several to compare them; none: the list."""
        self.run = APART.join(names)

    def _close(self, name: str) -> None:
        self.open([each for each in self.names if each != name])

    def _act(self, act: str, name: str, value: Any) -> None:
        """Does what was pressed."""
        opened = {"open": [name], "close": [], "compare": value}
        if act in opened:
            self.open(opened[act])
        else:
            self.actions.do(act, name, value)

    def _lay_out(self, *more: Any) -> None:
        row, layout = [button("new", look="main")], {"margin": (8, 0, 0, 0)}
        new = Fields(row, {"new": "New run"}, self._ask, stylesheets=[_ON_A_PHONE], **layout)
        self._list = pn.Column(new, self.run_list, stylesheets=[GROWING], **WIDE)
        self.controls = pn.Column(self.form, *more, **WIDE)
        self.view = pn.Column(
            self.messages, self._list, sizing_mode="stretch_both", margin=0, stylesheets=[_SCREEN]
        )

    def _ask(self, name: str, value: Any) -> None:
        """Asks the page for the form."""
        self.param.trigger("asks_for_form")

    def _listen(self) -> None:
        self.param.watch(lambda event: self._open(), "run")
        self.browser.param.watch(lambda event: self.poller.poll(), "client_id")
        wake = self.poller.wake
        leave = self.queue.watch(lambda job: wake())
        current_page().on_close(leave)

    def _open(self) -> None:
        """Shows the runs that were opened or the list, with what is known of them already."""
        with hold():
            self.messages.clear()
            self.run_detail.open(self.names, first=not _LOADED.is_set())
            self.view[1:] = [self.run_detail if self.names else self._list]
            listed = {entry.name for entry in self._snapshot.entries}
            if not self.names or not {*self.names} <= listed:
                self.run_detail.clear()
            if {*self.names} <= listed:
                known = {"names": self.names, "results": self.reader.kept, "errors": {}}
                self._draw(self._snapshot._replace(**known))
        if self.names and not self._loading and self.run_detail.dashboard is None:
            self._load_figures()
        self.poller.poll()

    def _load_figures(self) -> None:
        """Makes the figures in a thread, when a run is first opened."""

        def on_success(dashboard: Any) -> None:
            _LOADED.set()
            self.run_detail.set_dashboard(dashboard)
            self.poller.poll()

        def on_error(sentence: str) -> None:
            self._loading = False
            self.run_detail.fail(sentence)

        self._loading = True
        self.tasks.submit(_make_dashboard, on_success, on_error, long=True)

    def _begin(self, settings: Settings, config: Any) -> None:
        """Starts a run and opens it; what stands in its way is said under the button."""
        self.form.set_busy(True)

        def on_success(name: str) -> None:
            self.form.set_busy(False)
            self.open([name])

        def on_error(sentence: str) -> None:
            self.form.set_busy(False)
            self.form.fields.say("start", sentence)

        visitor, session = self.browser.client(), current_page().visitor
        begin = partial(self.actions.begin, settings, config, visitor, session)
        self.tasks.submit(begin, on_success, on_error)

    def _read(self) -> Snapshot:
        """Reads the files and the queue, in a thread."""
        return self.reader.read(self.names)

    def _draw(self, snapshot: Snapshot) -> None:
        """Shows what was read, on the event loop."""
        if snapshot.names != self.names:  # others were opened meanwhile
            self.poller.wake()
            return
        self._speak(snapshot)
        self._snapshot = snapshot
        shown = self.run_detail if self.names else self.run_list
        shown.show(snapshot, self.browser.client())

    def _speak(self, snapshot: Snapshot) -> None:
        """Tells a screen reader which runs came to an end."""
        running = {each.name for each in self._snapshot.entries if each.state == "running"}
        for entry in snapshot.entries:
            if entry.name in running and entry.state in {"finished", "failed"}:
                self.browser.spoken = f"{entry.label} {entry.state}"


def devices() -> tuple[str, ...]:
    """The CPU, and "cuda" where there is a GPU."""
    import torch

    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def _make_dashboard() -> Any:
    from egop.lab.views.dashboard import Dashboard

    return Dashboard()
