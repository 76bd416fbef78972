"""Pages that are opened are counted; what is too much is answered by a small page that says why.

The small page takes no session and no script, so that a server that is full stays able to answer.
"""

import time
from html import escape
from typing import Any

from panel.io.server import DocHandler

from egop.admission import ADMISSION, LimitError
from egop.page.garbage import GARBAGE
from egop.page.page_pace import Paces
from egop.page.visitors import address_of, is_loopback
from egop.ui.document import current_page

PACES = Paces()
"""The paces of this process."""
AGAIN = 30
"""Seconds after which a browser may ask again."""
FULL = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>EGOP explorer: full</title>
<h1>The page cannot be opened now</h1>
<p>{sentence}</p>
</html>
"""


class LimitedPage(DocHandler):
    """The page, or status 503 where there are as many as allowed."""

    _is_gone = False

    async def get(self, *args: Any, **options: Any) -> None:
        """Answers with the page of a new session, when its address has a turn."""
        address = address_of(self.request)
        pace = PACES.of(address)
        try:
            ADMISSION.check(address)
            await pace.wait()
            ADMISSION.check(address)
        except LimitError as error:
            self._refuse(str(error))
            return
        if self._is_gone:
            return
        begun = time.thread_time()
        try:
            answered: Any = super().get(*args, **options)
            if answered is not None:  # of whoever is sent to the login there is nothing to wait for
                await answered
        finally:
            pace.spend(time.thread_time() - begun)

    def on_connection_close(self) -> None:
        """Makes no page for a browser that did not wait for its turn."""
        self._is_gone = True
        super().on_connection_close()

    def _refuse(self, sentence: str) -> None:
        self.set_status(503)
        self.set_header("Retry-After", str(AGAIN))
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(FULL.format(sentence=escape(sentence[:1].upper() + sentence[1:] + ".")))


def enter_page() -> None:
    """Counts the page that is being made until its session ends; nothing outside of a server.

    Raises:
        LimitError: there are as many as allowed.
    """
    page = current_page()
    if page.served:
        session = page.visitor
        address = address_of(page.document.session_context.request)
        owns_server = ADMISSION.is_local and is_loopback(address)
        ADMISSION.enter(session, address, owns_server=owns_server)
        page.on_close(lambda: ADMISSION.leave(session))
        GARBAGE.enter()
        page.on_close(GARBAGE.leave)
