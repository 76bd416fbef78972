"""Routes that are answered and refused, the session that a page gets, and every header."""

import base64
import re
import sys
from typing import Any, ClassVar
from urllib.parse import quote

import bokeh.server.server
import pytest
from bokeh.server.tornado import BokehTornado
from bokeh.util.token import generate_jwt_token, generate_session_id, get_session_id
from panel.auth import BasicAuthProvider
from panel.io.application import build_applications
from panel.io.resources import DIST_DIR as DIST
from panel.io.server import get_static_routes
from panel.models.esm import ReactComponent
from panel.pane import Markdown
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.testing import AsyncHTTPTestCase, gen_test
from tornado.websocket import websocket_connect

from egop.page import routes
from egop.page.compression import compress
from egop.page.framing import FRAMED_BY, framing_origins
from egop.page.main import served_page
from egop.page.routes import LONGEST_ADDRESS, LONGEST_BODY, ClosedTornado

NOT_OPEN = [
    "/components/NAME/x/css/y",
    "/components/NAME.x/x/css/y",
    "/app/autoload.js?bokeh-autoload-element=x",
    "/app/metadata",
    "/app/static/js/bokeh.min.js",
    "/static/js/lib/models/index.d.ts",
    "/static/extensions/other/x.js",
    "/static/js/..%2f..%2furls.py",
    "/static/extensions/panel/%00.js",
    "/static/extensions/panel/%ff.js",
    "/static/extensions/panel/%2e%2e/io/server.js",
    "/liveness",
    "/admin",
    "/rest/session_info",
    "/app/ws/x",
    "/nothing",
]
QUERIES = [
    "x=%C2%B2",
    "x=" + "1" * 5000,
    "x=%zz%ff%",
    "x=%00&run=%00",
    "x=1&x=2&page=explorer&page=networks",
    "a=b?c=d#e",
    "theme=%ff",
    "theme=x",
    "x={[&y=[1,",
    "bokeh-absolute-url=http://evil.example/app",
    "bokeh-absolute-url=%ff",
    "page=%ff&tab=%ff",
    "&&=&;",
]


def shims(safe: str) -> str:
    """The path of what loads components, whose folder is es-module-shims@^1.10.0."""
    (path,) = (DIST / "bundled").glob("reactiveesm/es-module-shims*/dist/es-module-shims.min.js")
    return f"/static/extensions/panel/{quote(str(path.relative_to(DIST)), safe=safe)}"


def small_page():
    return Markdown("here")


class Served(AsyncHTTPTestCase):
    """A server with one application, in the process of the test."""

    page = staticmethod(small_page)
    options: ClassVar[dict[str, Any]] = {}
    origins: ClassVar[list[str]] = ["127.0.0.1"]

    @pytest.fixture(autouse=True)
    def patience(self, monkeypatch):
        """The first page of a process compiles its loops."""
        monkeypatch.setenv("ASYNC_TEST_TIMEOUT", "120")

    def get_app(self) -> BokehTornado:
        compress()
        app = ClosedTornado(
            build_applications({"/app": self.page}),
            extra_patterns=get_static_routes({}),
            extra_websocket_origins=self.origins,
            **self.options,
        )
        app.initialize(self.io_loop)
        return app

    def ask(self, path: str, **options):
        return self.fetch(path, follow_redirects=False, request_timeout=120, **options)

    def token(self, path: str = "/app", **options) -> str:
        """The token in a page, with which its websocket is opened."""
        (token,) = re.findall(r'"token":"([^"]+)"', self.ask(path, **options).body.decode())
        return token


class TestRoutes(Served):
    @pytest.fixture(autouse=True)
    def module_that_must_not_be_imported(self, tmp_path, monkeypatch):
        (tmp_path / "imported_by_a_visitor.py").touch()
        monkeypatch.syspath_prepend(tmp_path)

    def test_what_the_page_does_not_need_is_not_there(self):
        for path in NOT_OPEN:
            address = path.replace("NAME", "imported_by_a_visitor")
            for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                assert self.ask(address, method=method).code == 404, (method, path)
        assert "imported_by_a_visitor" not in sys.modules

    def test_what_the_page_needs_is_there(self):
        assert self.ask("/").code == 302
        for path in (
            "/app",
            "/app/",
            "/favicon.ico",
            "/static/js/bokeh.min.js",
            "/static/extensions/panel/panel.min.js",
            *(shims(safe) for safe in ("/", "/@", "/@^")),  # browsers differ
        ):
            assert self.ask(path).code == 200, path

    def test_a_long_address_or_body_is_refused(self):
        assert self.ask("/app?x=" + "a" * (LONGEST_ADDRESS - 100)).code == 200
        for length in (LONGEST_ADDRESS, 100_000):
            assert self.ask("/app?x=" + "a" * length).code == 414
        body = "a" * LONGEST_BODY
        assert self.ask("/app", method="POST", body=body).code == 405
        assert self.ask("/app", method="POST", body=body + "a").code == 400

    def test_a_long_address_is_logged_in_part(self):
        with self.assertLogs("tornado.access", "INFO") as logs:
            self.ask("/app?x=" + "a" * 100_000)
        (line,) = logs.output
        assert "414 GET /app?x=aaa" in line
        assert len(line) < 500

    def test_every_answer_has_the_headers(self):
        etag = self.ask("/static/js/bokeh.min.js").headers["Etag"]
        answers = [
            self.ask("/app"),
            self.ask("/"),
            self.ask("/nothing"),
            self.ask("/app", method="DELETE"),
            self.ask("/app?" + "a" * LONGEST_ADDRESS),
            self.ask("/static/js/bokeh.min.js"),
            self.ask("/static/js/bokeh.min.js", headers={"If-None-Match": etag}),
        ]
        assert [answer.code for answer in answers] == [200, 302, 404, 405, 414, 200, 304]
        for answer in answers:
            sources = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in sources
            assert "frame-ancestors 'none'" in sources
            assert re.search(r"script-src [^;]*'unsafe-inline'", sources) is None
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Tornado" not in str(answer.headers)

    def test_scripts_of_the_page_have_its_nonce_and_each_page_another_one(self):
        nonces = []
        for _ in range(2):
            answer = self.ask("/app")
            (nonce,) = re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
            page = answer.body.decode()
            assert page.count("<script") == page.count(f'<script nonce="{nonce}"') > 2
            nonces.append(nonce)
        assert nonces[0] != nonces[1]


FORGED = ["{}", "[]", "1", '{"session_id": 1}', '{"session_id": null}', "[" * 9000, "{"]
"""Payloads that tokens of others may hold."""


def base64_of(text: str) -> str:
    """Returns a text as tokens hold it."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class TestSessions(Served):
    def test_a_session_that_is_named_is_not_taken(self):
        theirs = self.token()
        session = get_session_id(theirs)
        for named in (
            self.token(f"/app?bokeh-session-id={session}"),
            self.token(f"/app?bokeh-token={theirs}"),
            self.token(headers={"Bokeh-Session-Id": session}),
            self.token(f"/app?bokeh-session-id={session}", headers={"Bokeh-Session-Id": session}),
            self.token("/app?bokeh-session-id=chosen"),
        ):
            assert get_session_id(named) not in {session, "chosen"}

    def connect(self, *protocols: str):
        """A websocket with these words in the header that holds the token."""
        request = HTTPRequest(
            self.get_url("/app/ws").replace("http", "ws", 1),
            headers={"Origin": f"http://127.0.0.1:{self.get_http_port()}"},
        )
        return websocket_connect(request, subprotocols=list(protocols))

    @gen_test
    async def test_a_websocket_needs_a_token_of_this_server(self):
        app = self._app
        made_up = generate_session_id(b"another", signed=True)
        own = generate_session_id(app.secret_key, signed=True)
        for protocols in (
            [],
            ["bokeh"],
            ["bokeh", "nonsense"],
            ["bokeh", "!"],
            ["bokeh", generate_jwt_token("chosen", signed=False)],
            ["bokeh", generate_jwt_token(made_up, b"another", signed=True)],
            ["bokeh", generate_jwt_token(own, b"another", signed=True)],
            ["bokeh", generate_jwt_token("chosen", app.secret_key, signed=True)],
            *(["bokeh", f"{base64_of(text)}.x"] for text in FORGED),
        ):
            with pytest.raises(HTTPClientError, match="403"):
                await self.connect(*protocols)
        token = generate_jwt_token(own, app.secret_key, signed=True)
        connection = await self.connect("bokeh", token)
        assert '"msgtype":"ACK"' in str(await connection.read_message()).replace(" ", "")
        connection.close()

    def test_each_server_has_a_key_of_its_own(self):
        keys = {self.get_app().secret_key for _ in range(2)}
        assert len(keys) == 2
        assert all(len(key) >= 32 for key in keys)

    def test_servers_share_the_key_that_they_are_given(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BOKEH_SECRET_KEY", "the same for all of them")
            app = self.get_app()
        assert app.secret_key == b"the same for all of them"
        assert app.sign_sessions


class TestQueries(Served):
    page = staticmethod(served_page)

    def test_any_query_gives_the_page(self):
        for query in QUERIES:
            answer = self.ask(f"/app?{query}")
            page = answer.body.decode()
            assert answer.code == 200, query
            assert len(re.findall(r'"roots":{"p\d+"', page)) == 1, query  # not an empty document
            assert "evil.example" not in page

    def test_a_page_opens_what_its_address_names(self):
        assert self.opened("/app?page=networks&x=1") == 1
        assert self.opened("/app?page=explorer") == 0

    def opened(self, path: str) -> int:
        session = get_session_id(self.token(path))
        document = self._app.get_session("/app", session).document
        models = document.select({"type": ReactComponent})
        (switch,) = [each for each in models if "Networks" in str(getattr(each.data, "items", ""))]
        return switch.data.active


class TestWithLogin(Served):
    options: ClassVar[dict[str, Any]] = {
        "auth_provider": BasicAuthProvider("/login", "/logout"),
        "cookie_secret": "secret",
    }

    def test_the_login_is_there(self):
        answer = self.ask("/app")
        assert answer.code == 302
        assert self.ask("/login").code == 200


class TestBelowAPrefix(Served):
    options: ClassVar[dict[str, Any]] = {"prefix": "/class"}

    def test_routes_are_those_below_it(self):
        for path in ("/class/app", "/class/static/js/bokeh.min.js"):
            assert self.ask(path).code == 200, path
        for path in ("/app", "/class/app/metadata", "/class/components/this/x/css/y"):
            assert self.ask(path).code == 404, path


class TestFramed(Served):
    @pytest.fixture(autouse=True)
    def told(self, monkeypatch):
        monkeypatch.setenv(FRAMED_BY, "https://moodle.example/, https://wiki.example:8443")

    def test_sites_frame_it_where_the_server_is_told_so(self):
        allowed = self.ask("/app").headers["Content-Security-Policy"]
        assert "frame-ancestors https://moodle.example https://wiki.example:8443;" in f"{allowed};"


@pytest.mark.parametrize(
    "typed", ["*", "moodle.example", "https://a.example; script-src *", "'self'"]
)
def test_a_wrong_origin_is_one_sentence(typed: str):
    with pytest.raises(ValueError, match=r"named like https://moodle\.example, got"):
        framing_origins(f"https://a.example, {typed}")


def test_servers_made_later_are_closed(monkeypatch):
    made: Any = bokeh.server.server
    monkeypatch.setattr(made, "BokehTornado", BokehTornado)
    routes.close_routes()
    assert made.BokehTornado is ClosedTornado
