"""Compression of what the server sends: static files once and for all, messages as they come.

Bokeh's server has no option for static files, and Tornado's `compress_response` compresses each
answer anew: 4 MB of JavaScript for each visitor, 0.15 s in which the server does nothing else. Here
a file is compressed when it is first asked for and kept in a folder until the server ends.
"""

import gzip
import hashlib
import mimetypes
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from bokeh.server.urls import per_app_patterns, toplevel_patterns
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from bokeh.settings import settings
from panel.io.server import DocHandler, WSHandler
from tornado.web import HTTPError, StaticFileHandler

from egop.page.error_replies import QuietErrors
from egop.page.page_limit import LimitedPage
from egop.tested_versions import can_patch

TEXT = {".css", ".js", ".json", ".map", ".mjs", ".svg"}
"""Endings of files that become smaller; fonts and pictures are compressed already."""
SMALLEST = 1024
"""Bytes below which a file is sent as it is."""
LARGE = 200_000
"""Bytes from which a binary message is compressed: pictures are larger, the numbers of runs not."""


class Compressed(StaticFileHandler):
    """A handler of static files that sends the compressed copy where the browser takes it."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The path of what is sent: the file's, or that of its compressed copy."""
        path = super().validate_absolute_path(root, absolute_path)
        self._asked = path
        accepted = self.request.headers.get("Accept-Encoding", "")
        if path is None or "gzip" not in accepted or not is_compressible(Path(path)):
            return path
        try:
            return str(compressed(Path(path)))
        except OSError:  # the disk is full: the page is larger, and comes
            return path

    def get_content_type(self) -> str:
        """The media type of the file, whether or not a compressed copy is sent."""
        kind = mimetypes.guess_type(self._asked or "")[0]
        return kind or "application/octet-stream"

    def get_content_size(self) -> int:
        """Bytes of what is sent."""
        assert self.absolute_path is not None
        return Path(self.absolute_path).stat().st_size

    def get_cache_time(self, path: str, modified: datetime | None, mime_type: str) -> int:
        """Seconds for which a browser keeps the answer: for good where the address has a version.

        Bokeh and Panel write it as ?v=VERSION, which Tornado knows, or as ?VERSION.
        """
        return self.CACHE_MAX_AGE if self.request.query else 0

    def set_extra_headers(self, path: str) -> None:
        """Says how the answer is compressed, and that it depends on what was accepted."""
        self.set_header("Vary", "Accept-Encoding")
        if self.absolute_path != self._asked:
            self.set_header("Content-Encoding", "gzip")


class CompressedStatic(Compressed):
    """BokehJS."""

    def initialize(self) -> None:
        """Begins an answer, as Tornado does."""
        super().initialize(path=str(settings.bokehjs_path()))


class CompressedExtensions(Compressed):
    """The JavaScript and the styles of Panel and other extensions: NAME/PATH.

    Args of `initialize`:
        root: by name the folder of each extension.
    """

    def initialize(self, root: Mapping[str, Any]) -> None:
        """Begins an answer, as Tornado does."""
        super().initialize(path="")
        self._folders = root

    async def get(self, path: str, include_body: bool = True) -> None:
        """Answers with the file of an extension."""
        name, _, inner = path.partition("/")
        if name not in self._folders:
            raise HTTPError(404)
        self.root = str(self._folders[name])
        await super().get(inner, include_body)


class CompressedMessages(QuietErrors):
    """The websocket: a page's document is text for the most part, and comes to a fifth.

    Small binary messages are sent as they are: they are the numbers of a drag, which shrink little
    and would come 13 ms later. The protocol leaves it open for each message (RFC 7692, 6).
    """

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begins a connection, as Panel does."""
        super().open(*args, **kwargs)
        spare_small_numbers(self.ws_connection)

    def get_compression_options(self) -> dict[str, Any]:
        """The fastest level, unless the server was started with one of its own."""
        return super().get_compression_options() or {"compression_level": 1}


def spare_small_numbers(protocol: Any) -> None:
    """Lets a connection of Tornado, which has no option for it, compress no small binary message.

    Panel writes to the connection and not to its handler (panel/io/document.py).
    """
    if not can_patch(
        "tornado", "What is dragged follows the pointer later", (protocol, "_compressor")
    ):
        return
    compressor, write = protocol._compressor, protocol.write_message
    if compressor is None:
        return  # the browser takes none

    def write_message(message: Any, binary: bool = False) -> Any:
        spared = binary and len(message) <= LARGE
        protocol._compressor = None if spared else compressor
        return write(message, binary)

    protocol.write_message = write_message


HANDLERS: dict[Any, Any] = {
    StaticHandler: CompressedStatic,
    MultiRootStaticHandler: CompressedExtensions,
    WSHandler: CompressedMessages,
    DocHandler: LimitedPage,
}
"""Handlers of Bokeh's and Panel's servers, and which one replaces each."""


def compress() -> None:
    """Lets servers that are made from now on send compressed files and messages.

    Panel replaces Bokeh's handlers in the same lists (panel/io/server.py).
    """
    without = "Files and messages are sent uncompressed, which takes longer on a slow connection"
    if not (can_patch("bokeh", without) and can_patch("panel", without)):
        return
    patterns: list[Any]
    for patterns in (toplevel_patterns, per_app_patterns):
        patterns[:] = [
            (pattern, HANDLERS.get(handler, handler), *rest) for pattern, handler, *rest in patterns
        ]


def is_compressible(path: Path) -> bool:
    """Returns True if a compressed copy of a file is worth sending."""
    return path.suffix in TEXT and path.stat().st_size >= SMALLEST


def compressed(path: Path) -> Path:
    """The compressed copy of a file, made at the first call and when the file has changed."""
    version = f"{path} {path.stat().st_mtime_ns}"
    copy = _folder() / f"{hashlib.sha256(version.encode()).hexdigest()[:24]}.gz"
    if not copy.exists():
        unfinished = copy.with_suffix(".part")
        with (
            path.open("rb") as source,
            unfinished.open("wb") as target,
            # without a name and a time in it the copy, and its ETag, depend on the content alone
            gzip.GzipFile("", "wb", 9, target, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed)
        unfinished.replace(copy)
    return copy


@cache
def _folder() -> Path:
    """The folder of compressed copies; gone when the process ends."""
    return Path(_temporary().name)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="egop-static-")
