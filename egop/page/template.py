"""The page's HTML, in which an outline is painted before any script has come."""

from pathlib import Path
from typing import Any

import panel_material_ui as pmui
import param
from bokeh.document import Document
from bokeh.document.callbacks import DocumentCallbackManager

from egop.ui.document import Page

TEMPLATE = Path(__file__).with_name("template.html")


class _AlwaysFalse(param.Boolean):
    """A parameter that stays False, whatever it is set to."""

    def __set__(self, obj: Any, val: Any) -> None:
        """Sets nothing."""


class Template(pmui.Page):
    """A page of which an outline is painted at once.

    `busy` does not follow the server's state: each event would draw the whole page twice, and the
    state, which outlives all pages, would keep this one alive after its session has ended.

    The browser loads the scripts of its components beside all others; otherwise it would ask for
    them when the document has come, which is after all others.
    """

    busy: Any = _AlwaysFalse(default=False, readonly=True)

    def __init__(self, **params: Any):
        super().__init__(template=TEMPLATE, **params)

    def server_doc(
        self, doc: Document | None = None, title: str | None = None, location: Any = True
    ) -> Document:
        """The document of a session, as Panel makes it, without its `Location`.

        That one reads the values of any query as numbers and lists, and fails on some.
        """
        document = super().server_doc(doc, title, location=False)
        scripts = {getattr(root, "esm", "") for root in document.roots} - {""}
        document.template_variables["fetched_early"] = sorted(scripts)
        Page(document, None, served=True).on_close(lambda: forget_callbacks(document))
        return document


def forget_callbacks(document: Document) -> None:
    """Lets a document whose session has ended keep nothing of the page alive.

    Bokeh leaves the callbacks in it that were still to come, and a task that began while the page
    was served keeps the document: Panel has one, begun by the first visitor, that never ends.
    """
    document.callbacks = DocumentCallbackManager(document)
