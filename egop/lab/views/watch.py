"""Runs to look at: curves, spectra and weight paths that grow while they are trained."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import panel as pn

from egop.lab.views.watched import Watched

__all__ = ["Export", "Watch", "Watched"]


class Export(NamedTuple):
    """A file to download.

    Attributes:
        name: of the file, without a folder.
        content: its bytes.
    """

    name: str
    content: bytes


class Watch:
    """One run, or several over one another; `view` is the Panel object.

    It is shown datasets again and again while they grow; figures are made once and keep their
    place. Call everything here from the page's event loop.
    """

    def __init__(self):
        self.view: Any = pn.Column(sizing_mode="stretch_width", margin=0)

    def show(self, runs: Sequence[Watched]) -> None:
        """Draws the runs, the first one strongest; the same dataset again costs nothing.

        Raises:
            ValueError: a dataset has neither curves nor a spectrum.
        """

    def set_dark(self, dark: bool) -> None:
        """Draws what has colors of its own in those of the dark or the light theme."""

    def export(self, kind: Literal["svg", "png"]) -> Export:
        """The paper's figures of the runs as one file; several figures in a zip.

        Raises:
            ValueError: nothing is shown, or a run has not got far enough for its figures.
        """
        raise NotImplementedError(kind)
