"""A public server of data files, made small: whole, truncated, altered, or breaking off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class PublicServer:
    """Files by path, and what was asked of them.

    Attributes:
        files: the bytes at each path.
        knows_ranges: whether it sends the rest of a file alone.
        breaks_after: bytes after which each answer breaks off.
        asked: path and Range of every request.
    """

    files: dict[str, bytes]
    knows_ranges: bool = True
    breaks_after: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(server: PublicServer) -> Iterator[PublicServer]:
    """The server on a free port of this machine, with `url` set."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, server)) as running:
        server.url = f"http://127.0.0.1:{running.server_port}/"
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            running.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, server: PublicServer, *arguments):
        self.public = server
        super().__init__(*arguments)

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.public.asked.append((self.path, wanted))
        content = self.public.files.get(self.path.lstrip("/"))
        if content is None:
            self.send_error(404)
            return
        start = 0
        if wanted and self.public.knows_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = None if self.public.breaks_after is None else start + self.public.breaks_after
        self.wfile.write(content[start:stop])

    log_message: Callable = lambda *_: None
