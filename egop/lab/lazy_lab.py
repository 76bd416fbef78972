"""The lab's place on the page: what the lab needs is loaded when somebody opens it, not before."""

import threading
from functools import partial
from importlib import import_module
from typing import Any

import panel as pn
import param

from egop.extras import needed
from egop.lab import EXTRAS
from egop.lab.browser import Browser
from egop.lab.polling import BackgroundTasks
from egop.lab.run_rows import RunRows
from egop.lab.upload import Upload
from egop.lab.views.legend import LegendButtons
from egop.ui.document import hold
from egop.ui.messages import status

_STYLE = "p { font: 15px/1.5 system-ui, sans-serif; margin: 24px 16px; max-width: 60ch; }"
COMPONENTS = (Browser, RunRows, Upload, LegendButtons)
"""Known before the page is served: Bokeh tells a browser of no components that come later."""
_LOADED = threading.Event()
PACKAGES = ("torch", "xarray", "h5netcdf", "matplotlib", "holoviews", "distributed")
"""Optional packages without which the lab would fail later on."""


class LazyLab(pn.viewable.Viewer):
    """A stand-in for the lab, which loads it when it is opened.

    Attributes:
        view: the lab's, or a sentence.
        controls: its form.
        browser: the visitor's.
    """

    lab: Any = param.Parameter(doc="The Lab; None until it is loaded.")

    def __init__(self):
        super().__init__()
        self._message = pn.pane.HTML("", sizing_mode="stretch_width", stylesheets=[_STYLE])
        self.view = pn.Column(sizing_mode="stretch_both", margin=0)
        self.controls = pn.Column(sizing_mode="stretch_width", margin=0)
        self.browser = Browser()
        self._tasks = BackgroundTasks(self._say)
        self._opened = False

    def __panel__(self):
        return self.view

    def open(self, run: str = "") -> None:
        """Loads the lab at the first time, off the event loop, and opens a run in it."""
        if self._opened:
            return
        self._opened = True
        self.controls[:] = [self.browser]
        fill = partial(self._fill, run=run)
        if _LOADED.is_set():  # somebody has opened it before
            fill(_load())
            return
        self._say("Loading the networks …")
        # A page that is still being built misses what is changed in it.
        self._tasks.submit(_load, lambda module: pn.state.onload(partial(fill, module)), long=True)

    def _fill(self, module: Any, run: str) -> None:
        try:
            lab = module.Lab(browser=self.browser)
        except (ValueError, OSError) as error:
            self._say(str(error))
            return
        lab.run = run
        with hold():
            self.view[:] = [lab.view]
            self.controls[:] = [self.browser, lab.controls]
        self.lab = lab

    def _say(self, sentence: str) -> None:
        self._message.object = status(sentence)
        self.view[:] = [self._message]


def _load() -> Any:
    """The lab's module; imports everything that takes long at the first time, in a thread."""
    with needed("The tab Networks", extra=EXTRAS):
        for package in PACKAGES:
            import_module(package)
        module = import_module("egop.lab.lab")
    from egop.execution.queue import queue_of
    from egop.runs.archive import runs_folder

    module.devices()
    queue_of(runs_folder())
    _LOADED.set()
    return module
