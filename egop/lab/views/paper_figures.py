"""The paper's figures of finished runs on the page, drawn by Bokeh when they are asked for."""

from collections.abc import Iterator, Sequence
from html import escape
from threading import Lock
from typing import Any, NamedTuple

import panel as pn

from egop.experiments import EXPERIMENTS
from egop.figures.labeled_result import LabeledResult
from egop.lab.views.export import figures_of
from egop.lab.views.html import STYLE
from egop.lab.views.sections import GRID, TALL, Card, Section
from egop.ui.background import SWEEPS, Background
from egop.ui.fields import Fields, button
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import WIDE
from egop.ui.messages import alert, status

_LOCK = Lock()
"""Options of HoloViews belong to the whole process."""


class PaperFigure(NamedTuple):
    """A figure as models of Bokeh.

    Attributes:
        title: which it is.
        caption: of the figure.
        panels: a figure of Bokeh each.
    """

    title: str
    caption: str
    panels: list[Any]


class PaperFigures:
    """The same elements as in notebooks and files; `view` is the Panel object.

    They take a second, so they are made in a thread, and at once only for runs that have no curves
    to watch.

    Attributes:
        drawn: the figures that are shown.
    """

    def __init__(self):
        self.words = HtmlPane(stylesheets=[STYLE], **WIDE)
        small = {"sizing_mode": "fixed", "width": 300, "margin": (4, 0)}
        labels = {"draw": "Draw the figures as in the paper"}
        self.asked = Fields([button("draw")], labels, lambda *_: self.draw(), **small)
        self.view = pn.Column(**WIDE)
        self.drawn: list[PaperFigure] = []
        self._runs: list[LabeledResult] = []
        self._asked = False
        self._work: Background[list[PaperFigure]] = Background(self._receive, self._fail, SWEEPS)

    def show(self, runs: Sequence[LabeledResult]) -> bool:
        """Offers the figures of the finished runs; returns True if there are some."""
        finished = [run for run in runs if run.finished and run.experiment in EXPERIMENTS]
        before, self._runs = self._runs, finished
        if self._asked and [id(run.dataset) for run in before] == [id(r.dataset) for r in finished]:
            if before != finished:  # they were renamed
                self._start()
        elif finished != before:
            self._asked, self.drawn = False, []
            self._work.cancel()
            self.view[:] = [self.asked] * bool(finished)
            if finished and all(run.kind == "drawn" for run in finished):
                self.draw()
        return bool(finished)

    def draw(self) -> None:
        """Draws them in a thread."""
        self._asked = True
        self._say(status("Drawing the figures …"))
        self._start()

    def _start(self) -> None:
        """Draws them; what stands there stays until then."""
        runs = list(self._runs)
        self._work.start(lambda: rendered(runs))

    def _receive(self, found: list[PaperFigure]) -> None:
        self.drawn = found
        self.view[:] = [part for drawn in found for part in _parts(drawn)]

    def _fail(self, sentence: str) -> None:
        self._say(alert(sentence))

    def _say(self, html: str) -> None:
        self.words.html, self.view[:] = html, [self.words]


def _parts(drawn: PaperFigure) -> tuple[Any, Any]:
    """Returns a figure's title with its caption, and its panels as cards."""
    words = f"<h3>{escape(drawn.title)}</h3><p class='more'>{escape(drawn.caption)}</p>"
    cards = []
    for panel in drawn.panels:
        title = panel.title.text
        panel.title = None
        if panel.frame_width is None:  # a square keeps its size
            panel.update(sizing_mode="stretch_both", height=None)
        cards.append(Card(panel))
        cards[-1].say(title, f"{title}. {drawn.caption}")
    head = HtmlPane(html=words, stylesheets=[STYLE], **WIDE)
    return head, Section(*cards, styles=(GRID, TALL)).view


def rendered(runs: Sequence[LabeledResult]) -> Iterator[list[PaperFigure]]:
    """Yields the figures of all runs as models of Bokeh."""
    import holoviews as hv
    from bokeh.document import Document

    from egop.figures.elements import caption_of
    from egop.figures.options import below
    from egop.figures.paper import title_of

    found = []
    for run in runs:
        for number, layout in figures_of(run).items():
            with _LOCK:
                plots = [
                    hv.renderer("bokeh").get_plot(below(panel), doc=Document()) for panel in layout
                ]
            for plot in plots:
                plot.cleanup()  # its document would keep it
            title = f"{title_of(number)}, from {run.label}"
            found.append(PaperFigure(title, caption_of(layout), [plot.state for plot in plots]))
    yield found
