"""Static files and messages of the served page arrive compressed, and are what they were."""

import errno
import gzip
import os
from types import SimpleNamespace

import pytest
from bokeh.server import urls
from bokeh.server.views.static_handler import StaticHandler
from panel.io.server import WSHandler
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from egop import tested_versions
from egop.page import compression
from egop.page.compression import CompressedExtensions, CompressedMessages, CompressedStatic

SCRIPT = "const answer = 42; // again and again\n" * 500


class TestFiles(AsyncHTTPTestCase):
    """A folder with a script, a small file and a picture, as the server serves extensions."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        (tmp_path / "big.js").write_text(SCRIPT)
        (tmp_path / "small.js").write_text("1")
        (tmp_path / "picture.png").write_bytes(bytes(5000))
        self.path = tmp_path

    def get_app(self):
        return Application([(r"/x/(.*)", CompressedExtensions, {"root": {"ours": self.path}})])

    def ask(self, name, method="GET", **headers):
        return self.fetch(
            f"/x/ours/{name}", method=method, headers=headers, decompress_response=False
        )

    def test_a_script_comes_compressed_to_who_takes_it(self):
        answer = self.ask("big.js", **{"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "javascript" in answer.headers["Content-Type"]
        assert len(answer.body) < len(SCRIPT) / 20
        assert gzip.decompress(answer.body).decode() == SCRIPT
        head = self.ask("big.js", "HEAD", **{"Accept-Encoding": "gzip"})
        assert int(head.headers["Content-Length"]) == len(answer.body)
        etag = answer.headers["Etag"]
        again = self.ask("big.js", **{"Accept-Encoding": "gzip", "If-None-Match": etag})
        assert again.code == 304

    def test_what_has_a_version_is_kept_by_the_browser(self):
        for query in ("?v=1", "?a9c1"):
            assert "max-age" in self.ask(f"big.js{query}").headers["Cache-Control"]
        assert "Cache-Control" not in self.ask("big.js").headers

    def test_a_full_disk_makes_the_page_larger_and_nothing_else(self):
        def full(*_, **__):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compression.gzip, "GzipFile", full)
            plain = self.ask("big.js", **{"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in plain.headers
        assert plain.body.decode() == SCRIPT

    def test_others_get_it_as_it_is(self):
        plain = self.ask("big.js")
        assert "Content-Encoding" not in plain.headers
        assert plain.body.decode() == SCRIPT
        for name in ("small.js", "picture.png"):
            answer = self.ask(name, **{"Accept-Encoding": "gzip"})
            assert "Content-Encoding" not in answer.headers
            assert answer.body == (self.path / name).read_bytes()
        assert self.ask("missing.js", **{"Accept-Encoding": "gzip"}).code == 404

    def test_a_file_that_has_changed_is_compressed_again(self):
        first = compression.compressed(self.path / "big.js")
        assert compression.compressed(self.path / "big.js") == first
        (self.path / "big.js").write_text(SCRIPT * 2)
        os.utime(self.path / "big.js", ns=(1, 1))
        second = compression.compressed(self.path / "big.js")
        assert gzip.decompress(second.read_bytes()).decode() == SCRIPT * 2


def test_the_servers_handlers_are_replaced_and_their_routes_stay(monkeypatch):
    for name in ("toplevel_patterns", "per_app_patterns"):
        monkeypatch.setattr(compression, name, list(getattr(urls, name)))
    before = [*compression.toplevel_patterns, *compression.per_app_patterns]
    compression.compress()
    after = [*compression.toplevel_patterns, *compression.per_app_patterns]
    assert [entry[0] for entry in after] == [entry[0] for entry in before]
    handlers = {entry[1] for entry in after}
    assert handlers >= {CompressedStatic, CompressedExtensions, CompressedMessages}
    assert not handlers & {StaticHandler, WSHandler}


def test_another_bokeh_keeps_its_handlers(monkeypatch):
    for name in ("toplevel_patterns", "per_app_patterns"):
        monkeypatch.setattr(compression, name, list(getattr(urls, name)))
    monkeypatch.setattr(tested_versions, "version", lambda package: "7.0.1")
    compression.compress()
    assert compression.toplevel_patterns == urls.toplevel_patterns
    assert compression.per_app_patterns == urls.per_app_patterns


def test_numbers_of_a_drag_are_sent_as_they_are():
    sent = []
    compressor = object()
    protocol = SimpleNamespace(_compressor=compressor)
    protocol.write_message = lambda message, binary: sent.append(protocol._compressor)
    compression.spare_small_numbers(protocol)
    protocol.write_message(bytes(90_000), binary=True)
    protocol.write_message("{}")
    protocol.write_message(bytes(compression.LARGE + 1), binary=True)
    assert sent == [None, compressor, compressor]
