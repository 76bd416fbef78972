"""The bytes that a first visit loads, and the outline that it shows meanwhile."""

import zlib
from collections.abc import Callable
from typing import Any

from tests.app.driver import AT_REST, Explorer
from tests.conftest import Server, Visit

MOST_BYTES = 2_500_000
"""That a first visit may transfer: 12.5 s at 1.6 Mb/s."""


def test_a_first_visit_is_small(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    opened.page.context.unroute_all()  # while requests are routed, nothing is cached
    tool = opened.page.context.new_cdp_session(opened.page)
    sizes: list[float] = []
    answers: list[str] = []
    tool.send("Network.enable")
    tool.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tool.on(
        "Network.webSocketHandshakeResponseReceived",
        lambda event: answers.append(str(event["response"]["headers"])),
    )
    page = Explorer(opened, app_server.url)
    page.pause()
    page.rest(AT_REST)
    assert 100_000 < sum(sizes) < 1_400_000
    assert "permessage-deflate" in answers[0]
    assert sum(sizes) + deflated(opened.frames_received) < MOST_BYTES
    assert not opened.console


def deflated(frames: list[str | bytes]) -> int:
    """Bytes of messages as a websocket compresses them, which a browser's tools do not tell."""
    content = [frame if isinstance(frame, bytes) else frame.encode() for frame in frames]
    return len(zlib.compress(b"".join(content), 1))


def test_an_outline_is_there_before_the_scripts(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    held: list[Any] = []
    released = False

    def hold(route: Any) -> None:
        if released:
            route.fallback()
        else:
            held.append(route)

    opened.page.context.route("**/*.js*", hold)
    opened.page.goto(app_server.url, wait_until="commit")
    words = opened.page.get_by_role("status").filter(has_text="Loading the page")
    words.wait_for(timeout=60_000)
    assert opened.page.get_by_text("EGOP coordinates").is_visible()
    released = True
    for route in held:
        route.fallback()
    opened.page.locator(".bar[data-loads]").wait_for(timeout=60_000)
    words.wait_for(state="hidden", timeout=60_000)
    assert not opened.console


def test_mathjax_is_loaded_with_the_first_formula(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    page = Explorer(opened, app_server.url)
    assert not [url for url in asked if "mathjax" in url]
    page.after(lambda: page.choose("Objective", "A formula"))
    formula = page.page.locator("mjx-container svg")
    formula.wait_for(timeout=60_000)
    assert formula.bounding_box()["width"] > 60
    assert len([url for url in asked if "mathjax" in url]) == 1
    assert not opened.console
