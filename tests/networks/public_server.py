"""A public server of data files, made small: whole, truncated, altered, or breaking off."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class PublicServer:
    """Files by path, and what was asked of them.

    Attributes:
        files: the bytes at each path.
        breaks_after: bytes after which each answer breaks off.
        pauses: seconds before every few bytes.
        asked: the path of every request.
    """

    files: dict[str, bytes]
    breaks_after: int | None = None
    pauses: float = 0.0
    asked: list[str] = field(default_factory=list)
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
        self.public.asked.append(self.path)
        content = self.public.files.get(self.path.lstrip("/"))
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        content = content[: self.public.breaks_after]
        size = 20_000 if self.public.pauses else len(content) or 1
        with suppress(OSError):  # nobody reads it any more
            for start in range(0, len(content), size):
                time.sleep(self.public.pauses)
                self.wfile.write(content[start : start + size])

    log_message: Callable = lambda *_: None
