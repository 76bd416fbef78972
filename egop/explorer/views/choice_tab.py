"""Tabs that look into one choice of a comparison, computed off the event loop, by the clock."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from bokeh.plotting import figure

from egop.explorer.tab_work import TabWork, dim_pictures
from egop.explorer.tabs import ComparisonResult
from egop.ui.background import SCENES
from egop.ui.fields import Fields, choice
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.messages import status
from egop.ui.packing import Packet
from egop.ui.sending import PacketSender
from egop.ui.sources import clear

Data = TypeVar("Data")


class ChoiceTab(ABC, Generic[Data]):
    """Figures of one method or matrix that is chosen here, with facts in words beside them.

    Args:
        send: sends a packet to the page.
        label: of the choice.
        figures: each with its height when the page is stacked and its name for screen readers.
        columns: of the row of figures and words, as in `row`.
        style: of the words.
    """

    title: str

    def __init__(
        self,
        send: Callable[[Packet], None],
        label: str,
        figures: list[tuple[figure, str, str]],
        columns: str,
        style: str,
    ):
        self._shown: ComparisonResult | None = None
        self._facts = ""
        self._sender = PacketSender(send)
        self._work: TabWork[Data] = TabWork(self._draw, self._say, lambda _: 1.0, SCENES)
        self._figures = [each for each, *_ in figures]
        self.fields = Fields([choice("choice", label, {}, inline=True)], {"choice": ""}, self._set)
        self.message = text_pane(style)
        framed_figures = [framed(each, "auto", height, name) for each, height, name in figures]
        self.view = row(*framed_figures, column(self.fields, self.message), columns=columns)
        self.view.min_height = 60  # or Panel adds up those of the columns

    @abstractmethod
    def options(self, shown: ComparisonResult) -> dict[str, str]:
        """{title: name} of what can be chosen."""

    @abstractmethod
    def refusal(self, shown: ComparisonResult) -> str:
        """The sentence that says why nothing can be chosen."""

    @abstractmethod
    def key_of(self, shown: ComparisonResult, name: str) -> tuple:
        """The plain values on which the data of a choice depend."""

    @abstractmethod
    def work_of(self, shown: ComparisonResult, name: str) -> Iterator[Data]:
        """The data of a choice, made elsewhere."""

    @abstractmethod
    def pack(self, packet: Packet, shown: ComparisonResult, data: Data) -> None:
        """Draws the data."""

    @abstractmethod
    def facts(self, shown: ComparisonResult, data: Data) -> str:
        """The words beside the figures, as HTML."""

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws what is chosen; what has changed is computed off the event loop."""
        self._shown = shown
        options = self.options(shown)
        if not options:
            self._facts = ""
            self.fields.show(**{"choice": None, "choice:options": {}})
            clear(packet, self._figures)
            self._work.refuse(status(self.refusal(shown)))
            return
        kept = self.chosen if self.chosen in options.values() else next(iter(options.values()))
        self.fields.show(**{"choice": kept, "choice:options": options})
        with self._sender.within(packet):
            self._ask()

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._work.leave()

    @property
    def chosen(self) -> str:
        """The name of what is looked into; "" where there is nothing to choose."""
        return self.fields.values["choice"] or ""

    def _set(self, name: str, value: Any) -> None:
        self.fields.show(**{name: value})
        if self._shown is not None and value in self.options(self._shown).values():
            self._ask()

    def _ask(self) -> None:
        shown, name = self._shown, self.chosen
        assert shown is not None
        begun = self._work.ask(self.key_of(shown, name), lambda: self.work_of(shown, name))
        if not begun and self._work.is_current and self._work.result is not None:
            self._draw(self._work.result)
            self._say()

    def _say(self) -> None:
        """Words about the work over the facts."""
        dim_pictures(self.view, self._work)
        progress = self._work.progress
        above = self._work.message or (status(progress) if progress else "")
        self.message.object = above + self._facts

    def _draw(self, data: Data) -> None:
        shown = self._shown
        assert shown is not None
        with self._sender.packet(len(shown.schedule)) as packet:
            self.pack(packet, shown, data)
        self._facts = self.facts(shown, data)
