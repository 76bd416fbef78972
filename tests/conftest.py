"""Fixtures that the tests share: the data sets, a Chromium, and the app served to it."""

import asyncio
import contextlib
import gc
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, WebSocket, sync_playwright

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
TROUBLE = re.compile(
    r"\b(warning|error|exception|traceback|critical)\b|Error:|Warning:", re.IGNORECASE
)
BUSY = re.compile(r".*The event loop was held up for .*\n")
"""An entry of the watchdog, which is no trouble where tests share a machine."""

if SHARED_DATA.is_dir():
    os.environ.setdefault("EGOP_DATA", str(SHARED_DATA))


ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}
"""For tests side by side: one thread each by default, and none that spins while it waits."""

LONGEST = (
    "notebooks/02_the_paper.ipynb",
    "tests/experiments/test_killed.py",
    "notebooks/01_first_steps.ipynb",
    "tests/execution/test_driver.py",
    "tests/test_compilation.py",
    "tests/execution/test_cluster.py",
    "tests/execution/test_queue_on_cluster.py",
    "tests/figures/test_paper.py",
    "tests/test_method_run.py",
    "tests/experiments/test_network_experiments.py",
    "tests/objectives/test_expression.py",
    "tests/lab/views/test_dashboard.py",
    "tests/networks/test_ensemble.py",
    "tests/objectives/test_landscapes.py",
    "tests/networks/test_bases.py",
    "tests/objectives/test_parser.py",
    "tests/execution/test_queue.py",
)
"""Files that take long come first, so that none is left to one process at the end."""

WITH_CONNECTIONS = ("execution", "experiments", "page")
"""Folders of the tests whose processes connect to others, or to servers of their own."""

WITH_PAGES = ("tests/app", "tests/project")
"""Folders in which `make test` looks for tests that open a page."""


@dataclass
class Server:
    """A served app: its address, and what it wrote so far."""

    url: str
    log: Path

    def trouble(self) -> list[str]:
        """The lines of the log that speak of warnings or errors."""
        log = BUSY.sub("", self.log.read_text())
        return [line for line in log.splitlines() if TROUBLE.search(line)]


@dataclass
class Visit:
    """A page with everything it said, asked for and sent since it was opened.

    Attributes:
        page: Playwright's page.
        console: the console's warnings and errors, and uncaught exceptions.
        foreign: the addresses asked for on other hosts; each such request was refused.
        frames_sent: websocket frames from the browser to the server.
        frames_received: websocket frames from the server to the browser.
    """

    page: Page
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    frames_sent: list[str | bytes] = field(default_factory=list)
    frames_received: list[str | bytes] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.console.append(f"{message.type}: {message.text}")

    def count_frames(self, channel: WebSocket) -> None:
        def sent(frame: str | bytes) -> None:
            self.frames_sent.append(frame)

        def received(frame: str | bytes) -> None:
            self.frames_received.append(frame)

        channel.on("framesent", sent)
        channel.on("framereceived", received)

    def refuse_other_hosts(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname in LOCAL_HOSTS:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()


def pytest_configure(config: pytest.Config) -> None:
    """Leaves the cores to other test processes that run side by side with this one."""
    if config.getoption("numprocesses", None):
        for name, value in ONE_THREAD.items():
            os.environ.setdefault(name, value)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that opens a page, so that `-m "not browser"` leaves them out; sort files."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
            if not any(item.path.is_relative_to(ROOT / folder) for folder in WITH_PAGES):
                raise pytest.UsageError(f"{item.nodeid} opens a page outside {WITH_PAGES}")
    places = {ROOT / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="module", autouse=True)
def garbage_collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """A connection that a module left open warns in that module, not in one of later tests."""
    yield
    if request.path.parent.name in WITH_CONNECTIONS:
        gc.collect()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium.

    One for each module: while Playwright runs, its event loop keeps others from running.
    """
    path = chromium.find_chromium()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens a blank page in a fresh context and returns its Visit.

    It takes the options of Playwright's `Browser.new_context`, for example
    `visit(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)`.
    When the test ends, no page may have asked another host for anything.
    """
    visits: list[Visit] = []

    def open_page(**options: object) -> Visit:
        size = {"width": 1280, "height": 720}
        context = browser.new_context(**{"viewport": size, **options})  # pyright: ignore
        opened = Visit(context.new_page())
        context.route("**/*", opened.refuse_other_hosts)
        opened.page.on("console", opened.hear)
        opened.page.on("pageerror", lambda error: opened.console.append(f"uncaught: {error}"))
        opened.page.on("websocket", opened.count_frames)
        visits.append(opened)
        return opened

    yield open_page
    for each in visits:
        each.page.context.close()
    assert not [address for each in visits for address in each.foreign]


@contextlib.contextmanager
def serve(
    log: Path, *command: str, cwd: Path = ROOT, port: int = 0, **environment: str
) -> Iterator[Server]:
    """A Server made by running `command --port N`, stopped at the end; its log must be clean."""
    port = port or free_port()
    arguments = [*command, "--port", str(port), "--allow-websocket-origin", f"localhost:{port}"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            arguments, cwd=cwd, env=os.environ | environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            _wait_until_it_answers(f"http://localhost:{port}/static/js/bokeh.min.js", process, log)
            server = Server(f"http://localhost:{port}/app", log)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)
    assert not server.trouble(), log.read_text()


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server stopped:\n{log.read_text()}"
        with contextlib.suppress(OSError), urlopen(url, timeout=60):
            return
        time.sleep(0.1)
    pytest.fail(f"the server did not answer within two minutes:\n{log.read_text()}")


@pytest.fixture(scope="session", autouse=True)
def event_loop() -> Iterator[None]:
    """An event loop of the main thread: libraries make one where none is, and never close it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`panel serve app` from the source tree; no warning or error may be in its log at the end."""
    log = tmp_path_factory.mktemp("server") / "panel.log"
    with serve(log, sys.executable, "-m", "panel", "serve", "app") as server:
        yield server
