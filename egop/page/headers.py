"""The headers that every answer of the server carries, and what each of them is for."""

import os
import re
import secrets
from collections.abc import Iterable

from tornado.httputil import HTTPHeaders
from tornado.web import OutputTransform

from egop.page.framing import FRAMED_BY, framing_origins

SOURCES = {
    "default-src": "'none'",
    # blob: components of Panel are imported from texts (es-module-shims); 'unsafe-eval': Bokeh
    # compiles the texts that it is sent for ticks, hovers and callbacks. Inline scripts need a
    # nonce, so that markup, however it came into the page, runs nothing.
    "script-src": "'self' blob: 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",  # Bokeh, Material UI and MathJax write styles
    "img-src": "'self' data:",  # Bokeh's icons
    "font-src": "'self'",
    "connect-src": "'self' blob:",  # the websocket; the texts of components
    "base-uri": "'none'",
    "form-action": "'self'",  # the login, where there is one
}
"""The sources from which a page takes what it needs; what is not named here is refused."""
FIXED = {
    "X-Content-Type-Options": "nosniff",  # a file is what its type says, never a script by guess
    "Referrer-Policy": "no-referrer",  # nobody is told an address that names a run
    "Cross-Origin-Opener-Policy": "same-origin",  # the page that opened this one has no hold on it
}


class SecureHeaders(OutputTransform):
    """Adds the headers to an answer of Tornado, also to errors and files."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Returns the answer's beginning with the headers added."""
        nonce = ""
        if finishing and headers.get("Content-Type", "").startswith("text/html"):
            nonce = secrets.token_urlsafe(16)
            chunk = re.sub(rb"<script(?=[\s>])", b'<script nonce="%b"' % nonce.encode(), chunk)
            if "Content-Length" in headers:
                headers["Content-Length"] = str(len(chunk))
        headers["Content-Security-Policy"] = policy(
            nonce, framing_origins(os.environ.get(FRAMED_BY, ""))
        )
        for name, value in FIXED.items():
            headers[name] = value
        headers.pop("Server", None)
        return status_code, headers, chunk


def policy(nonce: str, framing: Iterable[str]) -> str:
    """Returns a Content-Security-Policy.

    Args:
        nonce: that of the scripts which stand in the page, "" where there are none.
        framing: the origins whose pages may show this one in a frame.
    """
    sources = SOURCES | {"frame-ancestors": " ".join(framing) or "'none'"}
    if nonce:
        sources["script-src"] += f" 'nonce-{nonce}'"
    return "; ".join(f"{name} {allowed}" for name, allowed in sources.items())
