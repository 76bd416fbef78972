"""The routes of the server: the page, its websocket and its files, and nothing else.

Panel and Bokeh serve more by default. `/components/MODULE/…` imports any module of that name
(panel/io/server.py, `ComponentResourceHandler`), `/app/autoload.js` and `/app/metadata` begin a
session for any site that asks, and a page takes the session of `?bokeh-session-id`, the theme of
`?theme` and the address of its scripts of `?bokeh-absolute-url`.
"""

import os
import re
import secrets
from typing import Any

import bokeh.server.server
from bokeh.server.tornado import BokehTornado
from bokeh.settings import settings
from bokeh.util.token import check_token_signature
from tornado.http1connection import HTTP1ConnectionParameters
from tornado.httputil import HTTPServerRequest
from tornado.web import ErrorHandler

from egop.admission import ADMISSION
from egop.page.address import own_arguments
from egop.page.connections import SECONDS_FOR_HEAD, Connections
from egop.page.framing import FRAMED_BY, framing_origins
from egop.page.headers import SecureHeaders
from egop.page.visitors import TRUSTED_PROXIES, address_of_connection, is_local, trusted_proxies
from egop.tested_versions import can_patch

LONGEST_ADDRESS = 8_000
"""Characters of an address, about as many as proxies take; longer ones are answered by 414."""
LONGEST_HEAD = 256_000
"""Bytes of address and headers; Tornado closes the connection at longer ones without an answer."""
LONGEST_BODY = 100_000
"""Bytes of a request's body: only a login has one, uploads come through the websocket."""
LONGEST_MESSAGE = 2_000_000
"""Bytes of a message over the websocket: parts of uploads have 0.6 million (egop/lab/upload.js)."""
SECONDS_FOR_BODY = 30
LOGGED = 300
"""Characters of the address of a refused request that are logged."""
LONG_UNANSWERED = "A very long address gets no answer"
FILES = re.compile(
    r"/favicon\.ico"
    r"|/static/js/[\w.-]+\.js"
    r"|/static/extensions/(panel|panel-material-ui)/([\w./@^-]|%40|%5E)+\.(js|css|png|ico|svg|woff2?)",
    re.ASCII,
)
"""The paths of the files that a page loads."""


class ClosedTornado(BokehTornado):
    """Bokeh's web application with the routes that the page needs, and sessions of its own making.

    Session ids are signed, with a key that is drawn at the start unless `BOKEH_SECRET_KEY` and
    `BOKEH_SIGN_SESSIONS` are set; a websocket is opened for a token that was signed with it. What
    names a session in an address or a header is taken out before Bokeh sees it.
    """

    def __init__(self, *args: Any, **options: Any):
        given = settings.secret_key()  # not secret_key_bytes, which keeps the first answer
        key = options.get("secret_key") or (given and given.encode())
        with_users = options.get("auth_provider") is not None
        options |= {"secret_key": key or secrets.token_bytes(32), "sign_sessions": True}
        options |= {"websocket_max_message_size_bytes": LONGEST_MESSAGE}
        options |= {"include_headers": ["X-Forwarded-For"], "exclude_headers": None}
        options |= {} if with_users else {"include_cookies": []}
        trusted_proxies(os.environ.get(TRUSTED_PROXIES, ""))  # a wrong one stops the start
        framing_origins(os.environ.get(FRAMED_BY, ""))
        super().__init__(*args, **options)
        ADMISSION.is_local = is_local(settings.allowed_ws_origin() or self.websocket_origins)
        self.add_transform(SecureHeaders)
        inside = HTTP1ConnectionParameters(), "max_header_size"
        self._can_read_longer = can_patch("tornado", LONG_UNANSWERED, inside)
        self._connections = Connections()

    def start_request(self, server_conn: object, request_conn: Any) -> Any:
        """Returns what reads a request, within the limits on its size and on connections."""
        address = address_of_connection(str(request_conn.context.remote_ip))
        if not self._connections.admit(request_conn.stream, address):
            request_conn.stream.close()
        request_conn.params.header_timeout = SECONDS_FOR_HEAD
        if self._can_read_longer:
            request_conn.params.max_header_size = LONGEST_HEAD
        request_conn.set_max_body_size(LONGEST_BODY)
        request_conn.set_body_timeout(SECONDS_FOR_BODY)
        return super().start_request(server_conn, request_conn)

    def get_handler_delegate(
        self, request: HTTPServerRequest, target_class: Any, *args: Any, **options: Any
    ) -> Any:
        """Returns what answers a request: the handler of its route, or an error."""
        status = self._refusal(request)
        if status:
            request.uri = (request.uri or "")[:LOGGED]
            return super().get_handler_delegate(request, ErrorHandler, {"status_code": status})
        if request.path in self._pages:
            forget_session(request)
        return super().get_handler_delegate(request, target_class, *args, **options)

    @property
    def _pages(self) -> set[str]:
        paths = {self.prefix + path.rstrip("/") for path in self.app_paths}
        return paths | {f"{path}/" for path in paths}

    def _refusal(self, request: HTTPServerRequest) -> int:
        """The status of the error with which a request is refused, or 0."""
        if len(request.uri or "") > LONGEST_ADDRESS:
            return 414
        path = request.path
        if path in self._pages or FILES.fullmatch(path.removeprefix(self.prefix)):
            return 0
        if path.removesuffix("/ws") in self._pages:
            return 0 if self._is_signed(request) else 403
        logins = [self.prefix + endpoint[0] for endpoint in self.auth_provider.endpoints]
        return 0 if path in {self.prefix, f"{self.prefix}/", *logins} else 404

    def _is_signed(self, request: HTTPServerRequest) -> bool:
        """Returns True if a websocket is asked for with a token of this server."""
        token = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")[2].strip()
        try:
            return check_token_signature(token, secret_key=self.secret_key, signed=True)
        except Exception:  # Bokeh reads what is in a token before it looks at the signature
            return False


def forget_session(request: HTTPServerRequest) -> None:
    """Takes out of a request for a page what is not the page's own: Bokeh and Panel obey it."""
    request.arguments = request.query_arguments = own_arguments(request.query)
    request.body_arguments = {}
    request.headers.pop("Bokeh-Session-Id", None)


def close_routes() -> None:
    """Lets servers that are made from now on answer only what the page needs."""
    bokeh.server.server.BokehTornado = ClosedTornado  # type: ignore[misc]
