"""The visitor's browser: its client id, the width of its page, and saving a file."""

import base64
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import param

from egop.admission import ADMISSION
from egop.runs.ownership import Visitor
from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.document import current_page

PART = 600_000
"""Bytes of a file in one message: a larger one would keep other messages waiting."""

_NUMBERS = count()
_STYLE = """
:host { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""


class Browser(Component):
    """The visitor's browser, as far as the lab needs it; it takes no room on the page."""

    _esm: Any = bundle(Path(__file__).with_name("browser.js"))
    _stylesheets: ClassVar[list[str]] = [_STYLE]
    _told: ClassVar[tuple[str, ...]] = ("client_id", "narrow", "dark")

    client_id: Any = param.String(
        regex="([0-9a-f]{32})?",
        doc="A random number that the browser keeps and nobody else knows; empty until it is told.",
    )
    narrow: Any = param.Boolean(default=False, doc="Whether the page opened on a phone.")
    dark: Any = param.Boolean(default=False, doc="Whether the visitor's system prefers dark.")
    spoken: Any = param.String(doc="What a screen reader says next.")

    def client(self) -> Visitor:
        """The visitor whose page is current, by the client id or, without one, by the session."""
        page = current_page()
        if not page.served:
            return Visitor()
        return Visitor(self.client_id or page.visitor, ADMISSION.owns_server(page.visitor))

    def send(self, message: dict[str, Any]) -> None:
        """Gives the browser one part of a file, as `parts` makes them; it saves the whole."""
        self._send_msg(message)


def parts(name: str, content: bytes, kind: str) -> Iterator[dict[str, Any]]:
    """The messages that bring a file to the browser, in order.

    Args:
        name: what it is saved as.
        content: its bytes.
        kind: its media type.
    """
    number = next(_NUMBERS)
    for start in range(0, max(1, len(content)), PART):
        part = base64.b64encode(content[start : start + PART]).decode("ascii")
        last = start + PART >= len(content)
        yield {"number": number, "name": name, "type": kind, "part": part, "last": last}
