"""The page's HTML, in which an outline is painted before any script has come."""

from pathlib import Path
from typing import Any

import panel_material_ui as pmui
from bokeh.document import Document

TEMPLATE = Path(__file__).with_name("template.html")


class Template(pmui.Page):
    """A page of which an outline is painted at once.

    The browser loads the scripts of its components beside all others; otherwise it would ask for
    them when the document has come, which is after all others.
    """

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
        return document
