"""Pages that are opened are counted; what is too much is answered by a small page that says why.

The small page takes no session and no script, so that a server that is full stays able to answer.
"""

from html import escape
from typing import Any

from panel.io.server import DocHandler

from egop.admission import ADMISSION, LimitError
from egop.page.garbage import GARBAGE
from egop.page.visitors import address_of
from egop.ui.document import current_page

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

    async def get(self, *args: Any, **options: Any) -> None:
        """Answers with the page of a new session."""
        try:
            ADMISSION.check(address_of(self.request))
        except LimitError as error:
            sentence = str(error)
            self.set_status(503)
            self.set_header("Retry-After", str(AGAIN))
            self.set_header("Cache-Control", "no-store")
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.write(FULL.format(sentence=escape(sentence[:1].upper() + sentence[1:] + ".")))
            return
        answered: Any = super().get(*args, **options)
        if answered is not None:  # of whoever is sent to the login there is nothing to wait for
            await answered


def enter_page() -> None:
    """Counts the page that is being made until its session ends; nothing outside of a server.

    Raises:
        LimitError: there are as many as allowed.
    """
    page = current_page()
    if page.served:
        session = page.visitor
        ADMISSION.enter(session, address_of(page.document.session_context.request))
        page.on_close(lambda: ADMISSION.leave(session))
        GARBAGE.enter()
        page.on_close(GARBAGE.leave)
