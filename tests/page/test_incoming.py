"""Compressed bytes of messages are unpacked within bounds, and as Bokeh does."""

import base64
import gzip
import runpy
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from bokeh.core.serialization import DeserializationError, Deserializer, Serializer
from bokeh.document import Document
from bokeh.models import Spacer
from bokeh.protocol.messages.patch_doc import patch_doc

from egop.cli import main
from egop.page.incoming import LARGEST, MOST_CHANGES, bound_messages, unpack

ROOT = Path(__file__).resolve().parent.parent.parent
ZEROS = bytes(40 * LARGEST)


@pytest.fixture(autouse=True)
def bounded(monkeypatch):
    monkeypatch.setattr(Deserializer, "_decode_bytes", Deserializer._decode_bytes)
    monkeypatch.setattr(patch_doc, "apply_to_document", patch_doc.apply_to_document)
    bound_messages()


def packed(content: bytes) -> dict[str, str]:
    return {"type": "bytes", "data": base64.b64encode(gzip.compress(content)).decode()}


def test_numbers_of_a_message_are_what_they_were():
    numbers = np.arange(1000.0)
    sent = Serializer(deferred=False).encode({"x": numbers, "y": b"abc"})
    found = Deserializer().decode(sent)
    np.testing.assert_array_equal(found["x"], numbers)
    assert found["y"] == b"abc"
    assert unpack(packed(b"")["data"], 0) == b""
    two = gzip.compress(b"one ") + gzip.compress(b"two")
    assert unpack(base64.b64encode(two).decode(), 10) == b"one two" == gzip.decompress(two)


@pytest.mark.parametrize(
    "sent",
    [
        packed(ZEROS),
        [packed(ZEROS[: LARGEST // 2 + 1])] * 2,
        {"type": "ndarray", "array": packed(ZEROS), "dtype": "uint8", "order": "little",
         "shape": [len(ZEROS)]},
        {"type": "bytes", "data": "no base64 !"},
        {"type": "bytes", "data": base64.b64encode(b"no gzip").decode()},
        {"type": "bytes", "data": packed(b"x" * 1000)["data"][:32]},
    ],
    ids=["one", "several", "array", "text", "bytes", "cut off"],
)  # fmt: skip
def test_what_would_be_too_large_or_is_none_is_refused_before_it_takes_memory(sent):
    tracemalloc.start()
    with pytest.raises(DeserializationError, match="message"):
        Deserializer().decode(sent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * LARGEST


def test_a_server_is_bounded_once():
    before = Deserializer._decode_bytes, patch_doc.apply_to_document
    bound_messages()
    assert before == (Deserializer._decode_bytes, patch_doc.apply_to_document)


def message_of(document: Document, n_changes: int) -> patch_doc:
    """A message that changes the title of the document's figure so many times."""
    figure = document.roots[0].ref
    changes = [
        {"kind": "ModelChanged", "model": figure, "attr": "name", "new": str(number)}
        for number in range(n_changes)
    ]
    header = {"msgid": "1", "msgtype": "PATCH-DOC"}
    return patch_doc(header, {}, {"events": changes})  # pyright: ignore[reportArgumentType]


def test_a_message_has_as_many_changes_as_a_browser_makes_at_once():
    document = Document()
    document.add_root(Spacer(name="first"))
    message_of(document, MOST_CHANGES).apply_to_document(document)
    assert document.roots[0].name == str(MOST_CHANGES - 1)
    with pytest.raises(ValueError, match="at most 100 changes, got 20,000"):
        message_of(document, 20_000).apply_to_document(document)
    assert document.roots[0].name == str(MOST_CHANGES - 1)


def begin_panel_serve():
    runpy.run_path(str(ROOT / "app" / "app_hooks.py"))


def begin_egop_app():
    with pytest.raises(LookupError):
        main(["app", "--port", "0"])


@pytest.mark.parametrize("begin", [begin_panel_serve, begin_egop_app])
def test_both_commands_bound_messages(monkeypatch, begin):
    def refuse(*_, **__):
        raise LookupError

    done = []
    monkeypatch.setattr("panel.io.server.get_server", refuse)
    monkeypatch.setattr("egop.page.compression.compress", lambda: None)
    monkeypatch.setattr("egop.page.routes.close_routes", lambda: None)
    monkeypatch.setattr("egop.page.incoming.bound_messages", lambda: done.append(True))
    begin()
    assert done == [True]
