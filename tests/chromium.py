"""The Chromium that the browser tests drive: found on the machine, or installed by `make test`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (  # without a sandbox (containers run as root), a GPU, or talk with other hosts
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
MISSING = (
    "The browser tests need Chromium, and none is installed: install the package chromium of "
    "your system (or Google Chrome), or run `playwright install chromium`."
)


def find_chromium() -> Path | None:
    """The path of an installed Chromium, or None: from the system first, then Playwright's own."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return _playwright_chromium()


def install_chromium() -> Path | None:
    """The path of a Chromium just installed by the system's packages or Playwright, or None."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        _try("apt-get", "update", "-qq")
        _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    if not find_chromium():
        _try(sys.executable, "-m", "playwright", "install", "chromium")
    return find_chromium()


def _playwright_chromium() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _try(*command: str) -> None:
    print("+", *command, file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=False, env=environment, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(0 if find_chromium() or install_chromium() else MISSING)
