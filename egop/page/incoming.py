"""Messages from browsers, bounded by what they hold: unpacked bytes, and changes of the document.

Bokeh unpacks compressed bytes at once, whatever comes of it: a message of 1 MB can hold 1 GB of
zeros. It also makes all changes of a message at once, while nobody else is answered.
"""

import base64
import binascii
import zlib
from typing import Any

from bokeh.core.serialization import Deserializer
from bokeh.protocol.messages.patch_doc import patch_doc

from egop.tested_versions import can_patch

LARGEST = 4_000_000
"""Bytes that one message may hold once they are unpacked; the page's own scripts send none."""
MOST_CHANGES = 100
"""Changes of the document in one message: a browser sends 14 at most, each takes up to 4 ms."""
GZIP = 16 + zlib.MAX_WBITS


def bound_messages() -> None:
    """Lets servers of this process refuse messages that hold too much."""
    _bound_bytes()
    _bound_changes()


def _bound_changes() -> None:
    """Refuses messages with too many changes of the document."""
    without = "One message of a browser may hold up the server for a minute"
    if getattr(patch_doc.apply_to_document, "is_bounded", False) or not can_patch(
        "bokeh", without, (patch_doc, "apply_to_document"), (patch_doc, "content")
    ):
        return
    plain = patch_doc.apply_to_document

    def apply_to_document(self: Any, doc: Any, setter: Any = None) -> None:
        events = self.content.get("events", ()) if isinstance(self.content, dict) else ()
        if isinstance(events, list) and len(events) > MOST_CHANGES:
            raise ValueError(f"a message has at most {MOST_CHANGES} changes, got {len(events):,}")
        plain(self, doc, setter)

    apply_to_document.is_bounded = True  # pyright: ignore[reportFunctionMemberAccess]
    patch_doc.apply_to_document = apply_to_document


def _bound_bytes() -> None:
    """Refuses messages whose compressed bytes are too many."""
    if getattr(Deserializer._decode_bytes, "is_bounded", False):
        return
    without = "A message of a browser may take as much memory as it likes"
    if not can_patch("bokeh", without, (Deserializer, "_decode_bytes"), (Deserializer, "error")):
        return
    plain = Deserializer._decode_bytes

    def decode_bytes(self: Any, obj: Any) -> Any:
        data = obj.get("data")
        if not isinstance(data, str):
            return plain(self, obj)
        left = LARGEST - getattr(self, "_unpacked", 0)
        try:
            unpacked = unpack(data, left)
        except ValueError as error:
            self.error(str(error))
        self._unpacked = LARGEST - left + len(unpacked)
        return unpacked

    decode_bytes.is_bounded = True  # pyright: ignore[reportFunctionMemberAccess]
    Deserializer._decode_bytes = decode_bytes


def unpack(text: str, most: int) -> bytes:
    """The bytes of a text in base64 of gzip.

    Args:
        text: of the message.
        most: how many bytes there may be.

    Raises:
        ValueError: there are more, or it is no such text.
    """
    parts, n = [], 0
    try:
        packed = base64.b64decode(text, validate=True)
        while packed:
            unpacker = zlib.decompressobj(GZIP)
            parts.append(unpacker.decompress(packed, max(1, most - n + 1)))
            n += len(parts[-1])
            if n > most:
                raise ValueError(f"a message takes at most {LARGEST:,} bytes once unpacked")
            if not unpacker.eof:
                raise ValueError("compressed bytes of a message are cut off")
            packed = unpacker.unused_data
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"a message's bytes cannot be unpacked ({error})") from None
    return b"".join(parts)
