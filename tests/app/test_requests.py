"""The requests of a page are those that the server answers, and its scripts are bounded."""

from collections.abc import Callable
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from egop.page.routes import FILES
from tests.app.driver import Explorer
from tests.conftest import Server, Visit


def test_all_that_the_page_asks_for_is_on_the_list(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    asked: list[str] = []
    refused: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.url))
    opened.page.on("requestfailed", lambda request: refused.append(request.url))
    opened.page.on("response", lambda answer: refused.extend([answer.url] * (answer.status >= 400)))
    page = Explorer(opened, f"{app_server.url}?x=%C2%B2")
    page.after(lambda: page.choose("Objective", "A formula"))  # typeset by MathJax
    page.page.locator("mjx-container svg").wait_for(timeout=60_000)
    page.page.get_by_role("tab", name="Networks", exact=True).click()
    page.page.get_by_role("button", name="Start", exact=True).wait_for(timeout=60_000)
    page.rest()
    paths = {urlsplit(url).path for url in asked if url.startswith("http")}
    assert refused == []
    assert [path for path in paths if not FILES.fullmatch(path) and path != "/app"] == []
    assert len(paths) > 8
    assert page.page.evaluate("location.search") == "?x=%C2%B2&page=networks"
    assert not opened.console


@pytest.mark.parametrize(
    "path", ["/components/this/x/css/y", "/app/autoload.js", "/app/metadata", "/app/ws"]
)
def test_what_no_page_asks_for_is_refused(app_server: Server, path: str):
    with pytest.raises(HTTPError, match=r"404|403"):
        urlopen(app_server.url.removesuffix("/app") + path, timeout=60)


def test_markup_cannot_run_scripts(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    page = Explorer(opened, app_server.url)
    page.page.evaluate("""() => {
      const image = `<img src="/favicon.ico" onload="window.ran = 1">`;
      document.body.insertAdjacentHTML("beforeend", image);
      const script = document.createElement("script");
      script.textContent = "window.ran = 1";
      document.body.append(script);
    }""")
    page.until(lambda: len(opened.console) == 2)
    assert all("Content Security Policy" in said for said in opened.console)
    assert page.page.evaluate("window.ran") is None
