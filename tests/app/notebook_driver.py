"""JupyterLab in a browser, offline: a notebook whose cells are run and used."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import nbformat

from tests.conftest import ROOT, TROUBLE, Visit

LONG = 120_000
RUN_ALL = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  const idle = () => panel.sessionContext.session?.kernel?.status === "idle";
  while (!idle()) await new Promise((done) => setTimeout(done, 100));
  jupyterapp.commands.execute("notebook:run-all-cells");
}"""


def write_notebook(path: Path, *cells: str) -> None:
    """Writes a notebook of code cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, path)


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab of the notebooks of a folder; its settings are its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "PYTHONPATH": str(ROOT),
        "EGOP_RUNS": str(folder / "runs"),
        **{
            name: str(folder / f".{name.lower()}")
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
                "JUPYTERLAB_SETTINGS_DIR",
                "JUPYTERLAB_WORKSPACES_DIR",
            )
        },
    }
    options = [
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    log = folder / "jupyterlab.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            cwd=folder, env=os.environ | own, stdout=output, stderr=output,
        ) as process,
    ):  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), urlopen(f"{url}/api", timeout=60):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def run_notebook(visit: Visit, url: str, name: str) -> None:
    """Opens a notebook and runs all its cells."""
    visit.page.goto(f"{url}/lab/tree/{name}", timeout=LONG)
    visit.page.locator(".jp-Notebook").wait_for(timeout=LONG)
    visit.page.evaluate(RUN_ALL)


def trouble(visit: Visit) -> list[str]:
    """The error output of cells, and the errors in the console."""
    errors = visit.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    return [
        *(words for words in errors.all_inner_texts() if TROUBLE.search(words)),
        *(words for words in visit.console if not words.startswith("warning")),
    ]
