"""A file that a visitor gives: it comes in parts, and lies in a temporary file while it is read.

The file goes when it was read, when its page is left, and when no part came for a minute; what a
server that was killed left behind goes at the next start (`delete_abandoned`).
"""

import base64
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import param

from egop.admission import ADMISSION
from egop.runs.added_space import check_disk
from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.document import Page, current_page

LARGEST = 200_000_000
"""Bytes of a file that is taken."""
IDLE = 60.0
"""Seconds after which a file of which no part came is given up."""
LOOK = 2.0
"""Seconds between two looks whether a file still comes."""
ABANDONED = 3600.0
"""Seconds after which a file belongs to a server that was killed."""
PREFIX, SUFFIX = "egop-upload-", ".nc"
LONGEST_KEY = 100


class UploadedFile:
    """A file that somebody gave; `end` removes it.

    Attributes:
        name: that it has where it comes from.
        size: its bytes.
        key: by which the browser knows it.
        end: says on the event loop that it was read or refused, so that another one can be given.
        path: of the temporary file.
        received: bytes that have come.
        changed: when the last of them came, by the monotonic clock.
    """

    def __init__(self, name: str, size: int, key: str, end: Callable[[], None]):
        self.name, self.size, self.key, self.end = name, size, key, end
        self._file = tempfile.NamedTemporaryFile(prefix=PREFIX, suffix=SUFFIX)  # noqa: SIM115
        self.path = Path(self._file.name)
        self.received = 0
        self.changed = time.monotonic()

    @property
    def complete(self) -> bool:
        """True if all of its bytes have come."""
        return self.received == self.size

    def add(self, part: bytes) -> None:
        """Writes the next bytes."""
        self._file.write(part)
        self.received += len(part)
        self.changed = time.monotonic()
        if self.complete:
            self._file.flush()

    def remove(self) -> None:
        """Deletes the file, at any time and any number of times."""
        with suppress(OSError):  # of what the disk has no room for
            self._file.close()


class Upload(Component):
    """A button that takes a file from the visitor's disk.

    Panel's FileDropper keeps its limit of size in the browser alone and a file in the server's
    memory, twice: with `max_file_size="200MB"` it took 400 MB, which needed 800 MB. Its scripts add
    68 kB, compressed, to a first visit.
    """

    _esm: Any = bundle(Path(__file__).with_name("upload.js"))
    _stylesheets: ClassVar[list[str]] = [
        Path(__file__).with_name("upload.css").read_text(encoding="utf-8")
    ]

    label: Any = param.String(doc="What the button says.")
    hint: Any = param.String(doc="Which files it takes.")
    accept: Any = param.String(doc="The endings that the browser offers first.")

    def __init__(self, **params: Any):
        super().__init__(**params)
        self._file: UploadedFile | None = None
        self._free: Callable[[], None] = lambda: None
        self._document: Any = None

    def on_file(self, take: Callable[[UploadedFile], Any], refuse: Callable[[str], Any]) -> None:
        """Registers who gets the files.

        Args:
            take: called with a whole file; once it was read, it calls the file's `end`.
            refuse: called with the sentence of what is wrong with a file.
        """
        self._take, self._refuse = take, refuse

    def end(self, key: str = "") -> None:
        """Forgets the file that was read or will not be: another one can be given.

        Args:
            key: of a file that was refused before it came.
        """
        file, self._file = self._file, None
        self._free()
        if file is not None:
            file.remove()
            key = key or file.key
        if key:
            self._send_msg({"key": key, "at": -1})

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("size", 0), int):
            return
        key = data.get("key")
        if not isinstance(key, str) or len(key) > LONGEST_KEY:
            return
        try:
            self._begin(data) if "size" in data else self._receive(data)
        except (ValueError, OSError) as error:
            full = f"the file cannot be kept while it is read ({getattr(error, 'strerror', '')})"
            self._refuse(full if isinstance(error, OSError) else str(error))
            self.end(key)

    def _begin(self, data: dict[str, Any]) -> None:
        """Begins to take a file: the one before it, if it is still on its way, is not wanted."""
        self.end()
        name, size, key = str(data.get("name", "")), data["size"], data["key"]
        if not 0 < size <= LARGEST:
            got = f"with {size / 1e6:,.1f} MB" if size else "which is empty"
            raise ValueError(
                f"a file that is added has at most {LARGEST // 10**6} MB, got {name!r:.90} {got}"
            )
        self._count(size)
        self._file = UploadedFile(name, size, key, self.end)
        self._follow_page()
        self._send_msg({"key": key, "at": 0})

    def _count(self, size: int) -> None:
        """Counts a file among those that come in at once, by what its browser says of it."""
        session = current_page().visitor
        if ADMISSION.address(session) is not None:
            check_disk(Path(tempfile.gettempdir()), size)
        amounts = {"uploads": 1, "upload_megabytes": max(1, size // 10**6)}
        self._free = ADMISSION.take_all(amounts, session)

    def _receive(self, data: dict[str, Any]) -> None:
        file = self._file
        if file is None or data["key"] != file.key or data.get("at") != file.received:
            return
        content, part = b"", data.get("part")  # null where the browser could not read it
        if isinstance(part, str) and len(part) <= 4 * file.size:
            with suppress(ValueError):
                content = base64.b64decode(part, validate=True)
        if not 0 < len(content) <= file.size - file.received:
            raise ValueError(f"the browser could not read {file.name!r:.90}; choose it again")
        file.add(content)
        if file.complete:
            self._take(file)
        else:
            self._send_msg({"key": file.key, "at": file.received})

    def _follow_page(self) -> None:
        """Gives the file up when its page is left or closed, or when no part comes any more."""
        page = current_page()
        if page.document is not self._document:
            self._document = page.document
            page.on_close(self.end)
            page.on_leave(self.end)
        if page.waits and self._file is not None:
            self._look_later(self._file, page)

    def _look_later(self, file: UploadedFile, page: Page) -> None:
        def look() -> None:
            if file is not self._file or file.complete:
                return
            if time.monotonic() - file.changed > IDLE:
                self._refuse(f"{file.name!r:.90} came no further; choose it again")
                self.end()
            else:
                self._look_later(file, page)

        page.call(look, after=LOOK)


def delete_abandoned() -> None:
    """Deletes what servers that were killed have left of files that were given to them."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > ABANDONED:
                path.unlink()
