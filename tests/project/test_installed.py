"""The app served by an environment in which egop is installed, not editable."""

import subprocess
import sys
import sysconfig
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
    with serve(tmp_path / "panel.log", str(python), "-P", "-m", "panel", "serve", "app") as server:
        installed, source = (_content(visit(), each.url) for each in (server, app_server))
    assert installed == source
    assert len(installed) > 5


def _content(opened: Visit, url: str) -> list[str]:
    """What a page shows, as a list of the names and values of its controls and figures."""
    opened.page.goto(url)
    opened.page.wait_for_selector("canvas, .bk-Figure")
    opened.page.wait_for_load_state("networkidle")
    assert opened.console == []
    return opened.page.locator("body").aria_snapshot().splitlines()
