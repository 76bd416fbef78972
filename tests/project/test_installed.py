"""`egop app` in an environment in which egop is installed, far from its sources."""

import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Server, Visit, serve


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with egop's wheel, borrowing all other packages."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "-q"]
    subprocess.run([*install, "--no-index", str(wheel)], check=True, capture_output=True)
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
    Path(packages, "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_the_environment_has_its_own_copy(python: Path):
    command = [str(python), "-P", "-c", "import egop; print(egop.__file__)"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert Path(output).is_relative_to(python.parents[1])


def test_it_serves_the_same_page(
    python: Path, app_server: Server, visit: Callable[..., Visit], tmp_path: Path
):
    log = tmp_path / "egop.log"
    with serve(log, str(python), "-P", "-m", "egop", "app", cwd=tmp_path) as server:
        installed, source = visit(), visit()
        installed.page.goto(server.url, timeout=120_000)  # it compiles everything anew
        source.page.goto(app_server.url, timeout=120_000)
        deadline = time.monotonic() + 120
        while (shown := _controls(installed)) != _controls(source) or len(shown) < 5:
            assert time.monotonic() < deadline, shown ^ _controls(source)
        assert installed.page.title() == source.page.title() == "EGOP explorer"
    assert installed.console == source.console == []
    assert f"The app is at {server.url} (Ctrl-C stops it)." in log.read_text()


def _controls(opened: Visit) -> set[str]:
    """Controls of a page, each as its role and name."""
    roles = r'(button|checkbox|combobox|heading|radio|slider|spinbutton|switch|tab|textbox) ".+?"'
    text = opened.page.locator("body").aria_snapshot()
    return {each[0] for each in re.finditer(roles, text)} - {'button "Play"', 'button "Pause"'}
