"""A browser is killed while its page is at work: other visitors notice nothing."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Browser, Error

from tests import chromium
from tests.app.driver import Explorer
from tests.conftest import Server, Visit


def process_of(browser: Browser) -> int:
    """The number of a browser's main process."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return next(each["id"] for each in found if each["type"] == "browser")


def test_a_browser_that_is_killed_harms_nobody(
    browser: Browser, visit: Callable[..., Visit], app_server: Server
):
    path = chromium.find_chromium()
    doomed = browser.browser_type.launch(executable_path=path, args=list(chromium.ARGUMENTS))
    lost = Explorer(Visit(doomed.new_page()), app_server.url)
    lost.page.get_by_role("tab", name="Map").click()  # a sweep of many runs begins
    other = Explorer(visit(), app_server.url)
    os.kill(process_of(doomed), signal.SIGKILL)
    other.after(lambda: other.choose("Objective", "Rosenbrock"))
    other.rest()
    assert other.visit.console == []
    with suppress(Error):
        doomed.close()
