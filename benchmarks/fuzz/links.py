"""Hostile requests to a running server: methods, addresses, queries, headers and bodies.

After each case the server must live and must have answered, by no 5xx, with every header, without
a word on its own files, and without having imported a module that the address names; a page must
hold a document, of a session that the request did not name.
"""

import re
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from bokeh.util.token import get_session_id

from benchmarks.fuzz.served import ROOT, Served
from egop.page.headers import FIXED
from egop.page.routes import LONGEST_HEAD

PATIENCE = 30.0
"""Seconds within which an answer must have come."""
LOG_GROWTH = 20_000
"""Bytes that the server may log of one case."""
PLANTED = "imported_by_a_visitor"
"""A module that leaves a file beside it when it is imported."""
NAMED = "chosen-by-somebody-else"
"""A session that a request names."""
MALFORMED = b"HTTP/1.1 400 Bad Request\r\n\r\n"
"""Answers of Tornado, before our code is asked, to what is no request."""
TOLD = re.compile(rb"(?:/[\w.+-]+){2,}/[\w.+-]+\.py\b|Traceback|site-packages")
TOKEN = re.compile(rb'"token":\s*"([^"]+)"')
ROOTS = re.compile(rb'"roots":\s*{"')

METHODS = (
    *["GET"] * 12,
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "get",
    "X-Y",
)
MODULES = (PLANTED, f"{PLANTED}.__main__", "this", "antigravity", "unittest.__main__", "os", "..")
PATHS = (
    *["/app"] * 8, "/app/", "/", "", "//", "/app/ws", "/app/ws", "/app/metadata",
    "/app/autoload.js", "/app/static/js/bokeh.min.js", "/favicon.ico", "/static/js/bokeh.min.js",
    "/static/js/",
    "/static/extensions/panel/panel.min.js", "/static/extensions/panel/../../config.py",
    "/static/extensions/panel/%2e%2e/%2e%2e/config.py", "/static/extensions/", "/static",
    "/static/..%2f..%2f..%2fetc%2fpasswd", "/static/js/%00.js", "/static/js/" + "a" * 300 + ".js",
    "//evil.example/app", "http://evil.example/app", "*", "/rest/session_info", "/admin", "/login",
    "/liveness", "/app;x", "/app%00", "/APP", "/app/../app", "/%61pp", "/app/%2e%2e/app",
)  # fmt: skip
NAMES = (
    "x", "page", "tab", "run", "theme", "bokeh-session-id", "bokeh-token", "bokeh-app-path",
    "bokeh-absolute-url", "bokeh-autoload-element", "resources", "editable", "%ff", "",
)  # fmt: skip
VALUES = (
    "networks", "dial", "%C2%B2", "%ff", "%00", "%zz", "%", "1" * 5000, "-1", "1e999", "{[", "[1,",
    "http://evil.example/app", NAMED, "<script>alert(1)</script>", "../../etc/passwd", "null", "",
    "?a=b?c", "#a#b", "a" * 7900, "a" * 9000, "a" * 100_000, "%F0%9F%98%80" * 50, "\xb2",
)  # fmt: skip
HEADERS = (
    ("Host", ("[::1]:5006", "evil.example", "a:b:c", "", "\xb2", "x" * 5000)),
    ("Origin", ("http://evil.example", "null", "", "http://[", "a" * 5000)),
    ("Cookie", ("a=b", "=" * 1000, "user=\xff", "x=" + "y" * 50_000, 'a="\\777"')),
    ("Bokeh-Session-Id", (NAMED, "", "a" * 5000)),
    ("X-Forwarded-For", ("1.2.3.4", "nonsense", "," * 500, "::1, [::1]:5, 1.1.1.1:x")),
    ("X-Forwarded-Proto", ("https", "javascript", "")),
    ("X-Scheme", ("wss", "file")),
    ("Forwarded", ("for=1.2.3.4;proto=https", "for=" + "a" * 500)),
    ("Accept-Encoding", ("gzip", "br", "gzip;q=x", "")),
    ("If-None-Match", ('"x"', "*", 'W/"', "," * 500)),
    ("If-Modified-Since", ("yesterday", "Fri, 31 Dec 9999 23:59:59 GMT", "-1")),
    ("Range", ("bytes=0-", "bytes=-1", "bytes=5-1", "bytes=x", "bytes=99999999999-", "a=1-2,3-4")),
    ("Content-Type", ("multipart/form-data", "multipart/form-data; boundary=x", "text/\xb2")),
    ("Content-Length", ("-1", "x", "9" * 30)),
    ("Transfer-Encoding", ("gzip", "chunked, chunked")),
    ("Upgrade", ("websocket", "h2c")),
    ("Connection", ("Upgrade", "keep-alive", "close, x")),
    ("Sec-WebSocket-Version", ("13", "0", "x")),
    ("Sec-WebSocket-Key", ("AAAAAAAAAAAAAAAAAAAAAA==", "x", "")),
    ("Sec-WebSocket-Protocol", ("bokeh", "bokeh, x", "bokeh, e30.x", "bokeh, " + "e" * 9000, ",,")),
    ("X-Large", ("a" * 60_000, "a" * LONGEST_HEAD)),
    ("\xb2", ("x",)),
)


class Case(NamedTuple):
    """One request; texts are sent as Latin-1, so that any byte can stand in them."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def raw(self) -> bytes:
        """The bytes that are sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        names = {name for name, _ in self.headers}
        own = (("Host", "127.0.0.1"), ("Content-Length", str(len(self.body))))
        pairs = [*self.headers, *(pair for pair in own if pair[0] not in names)]
        lines += [f"{name}: {value}" for name, value in pairs]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode("latin-1")


def generate(rng: Random) -> Case:
    """A request that is wrong, or means harm, in some of its parts."""
    headers = [
        (name, rng.choice(values)) for name, values in rng.sample(HEADERS, rng.randint(0, 4))
    ]
    if rng.random() < 0.2:
        headers += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        headers += [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "A" * 22 + "==")]
    method = rng.choice(METHODS)
    body = rng.choice(["", "x=1", "a" * 99_000, "a" * 200_000]) if method in {"POST", "PUT"} else ""
    return Case(method, target(rng), tuple(headers), body)


def target(rng: Random) -> str:
    """A path and mostly a query."""
    path = rng.choice(PATHS)
    if rng.random() < 0.2:
        rest = rng.choice(
            ["x/css/y", "x/_resources/css/y", "Template/_css/../x", "x", "", "x/__class__/y"]
        )
        path = f"/components/{rng.choice(MODULES)}/{rest}"
    elif rng.random() < 0.1:
        path = "/" + quote(rng.randbytes(rng.randint(1, 40)))
    pairs = [f"{rng.choice(NAMES)}={rng.choice(VALUES)}" for _ in range(rng.randint(0, 3))]
    return path + ("?" + "&".join(pairs) if pairs else "")


class Stage:
    """The server, with a module in its path that nobody may import."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="egop-fuzz-links-")
        self.trace = Path(self.folder.name) / "imported"
        module = f"open({str(self.trace)!r}, 'w').close()\n"
        (Path(self.folder.name) / f"{PLANTED}.py").write_text(module)
        self.served = Served(PYTHONPATH=f"{ROOT}:{self.folder.name}")

    def close(self) -> None:
        """Ends the server."""
        self.served.close()
        self.folder.cleanup()


_STAGES: list[Stage] = []


def close() -> None:
    """Ends the server."""
    while _STAGES:
        _STAGES.pop().close()


def check(case: Case) -> str:
    """Sends a request; the sentence of what is wrong with the answer or the server."""
    if not _STAGES:
        _STAGES.append(Stage())
    stage = _STAGES[0]
    before = stage.served.log_size
    answer = ask(stage.served.port, case)
    if not stage.served.lives:
        close()
        return "the server has ended"
    if stage.trace.exists():
        stage.trace.unlink()
        return "a module that the address names was imported"
    if b"Traceback" in stage.served.logged_since(before).encode():
        return "the log has a traceback"
    if stage.served.log_size - before > LOG_GROWTH:
        return f"the server logged more than {LOG_GROWTH // 1000} kB"
    return wrong_in(case, answer)


def ask(port: int, case: Case) -> bytes:
    """The answer to a request, as far as it came in time."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as channel:
        with suppress(OSError):  # the server may close the connection meanwhile
            channel.sendall(case.raw)
        with suppress(OSError):
            while not is_whole(answer, case.method) and (part := channel.recv(65536)):
                answer += part
    return answer


def is_whole(answer: bytes, method: str) -> bool:
    """True if an answer has come to its end."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 100"):
        return False
    if method == "HEAD" or head[9:12] in {b"101", b"204", b"304"} or answer == MALFORMED:
        return True
    if b"\r\nTransfer-Encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


def wrong_in(case: Case, answer: bytes) -> str:
    """The sentence of what is wrong with an answer; "" if nothing is."""
    if answer == MALFORMED or (not answer and len(case.raw) > LONGEST_HEAD):
        return ""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head[9:12].decode("latin-1")
    if not re.match(rb"HTTP/1.1 [1-4]\d\d ", head):
        return f"the status is {status}" if head else "there is no answer"
    names = {line.partition(b":")[0].decode("latin-1") for line in head.split(b"\r\n")[1:]}
    missing = {*FIXED, "Content-Security-Policy"} - names
    if missing:
        return f"the answer of status {status} has no {', '.join(sorted(missing))}"
    if "Access-Control-Allow-Origin" in names:
        return "the answer is open to other sites"
    if TOLD.search(answer):
        return "the answer tells of the server's files"
    return wrong_in_page(body) if status == "200" and b"text/html" in head and body else ""


def wrong_in_page(body: bytes) -> str:
    """The sentence of what is wrong with a page."""
    token = TOKEN.search(body)
    if token is None or not ROOTS.search(body):
        return "the page has no document"
    if get_session_id(token[1].decode()) == NAMED:
        return "the page has the session that the request names"
    return "the page names another site" if b"evil.example" in body else ""
