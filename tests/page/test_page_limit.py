"""Pages are counted while they are open, and a full server answers by a small page."""

import re
from collections import Counter
from typing import ClassVar
from unittest.mock import patch

import pytest
from panel.io.server import DocHandler
from panel.pane import Markdown

from egop.admission import ADMISSION
from egop.limits import Limit, Limits
from egop.page.page_limit import enter_page
from tests.page.test_routes import Served


def counted_page():
    enter_page()
    return Markdown("here")


class TestPages(Served):
    page = staticmethod(counted_page)

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(ADMISSION, "_given", Limits(pages=Limit(1, 2, 3)))
        monkeypatch.setattr(ADMISSION, "_used", Counter())  # pages of other tests
        monkeypatch.setattr(ADMISSION, "_taken", {})
        before = {*ADMISSION._addresses}
        yield
        for session in {*ADMISSION._addresses} - before:
            ADMISSION.leave(session)

    def test_a_page_too_many_is_answered_by_a_small_page_that_says_why(self):
        for _ in range(2):
            assert self.ask("/app").code == 200
        answer = self.ask("/app?page=<script>")
        assert answer.code == 503
        text = answer.body.decode()
        assert "Visitors from your network address have as many open pages as allowed" in text
        assert len(text) < 1000
        assert "script" not in text
        assert int(answer.headers["Retry-After"]) > 0
        assert self.ask("/static/js/bokeh.min.js").code == 200

    def test_what_a_visitor_sends_as_address_gives_no_other_one(self):
        for number in range(2):
            self.ask("/app", headers={"X-Forwarded-For": f"10.0.0.{number}"})
        assert self.ask("/app", headers={"X-Forwarded-For": "10.0.0.9"}).code == 503

    def test_whoever_is_sent_to_a_login_is_answered_without_an_error(self):
        def sent(handler, *args, **options):  # as tornado.web.authenticated does it
            return handler.redirect("/login")

        with patch.object(DocHandler, "get", sent), self.assertNoLogs("tornado.application"):
            answer = self.ask("/app")
        assert (answer.code, answer.headers["Location"]) == (302, "/login")

    def test_a_page_that_ends_makes_room(self):
        for _ in range(2):
            self.ask("/app")
        (context,) = self._app._applications.values()
        session = next(iter(context.sessions))
        self.io_loop.run_sync(lambda: context._discard_session(session, lambda _: True))
        assert self.ask("/app").code == 200
        assert self.ask("/app").code == 503

    def test_a_session_has_the_address_of_its_request(self):
        page = self.ask("/app").body.decode()
        assert re.search("token", page)
        assert "127.0.0.1" in ADMISSION._addresses.values()


class TestOwnServer(Served):
    """One that browsers reach by the names of this machine alone."""

    page = staticmethod(counted_page)

    def owns(self) -> bool:
        """True if a visitor who comes now owns the server."""
        before = {*ADMISSION._addresses}
        assert self.ask("/app").code == 200
        (session,) = {*ADMISSION._addresses} - before
        try:
            return ADMISSION.owns_server(session)
        finally:
            ADMISSION.leave(session)

    def test_it_is_the_visitors(self):
        assert self.owns()

    def test_it_is_not_of_whoever_comes_from_elsewhere(self):
        with patch("egop.page.page_limit.address_of", lambda request: "192.0.2.1"):
            assert not self.owns()


class TestPublicServer(TestOwnServer):
    """One with a further name; behind a proxy all come from this machine."""

    origins: ClassVar = ["localhost:5006", "egop.example.org:80"]

    def test_it_is_the_visitors(self):
        assert not self.owns()
