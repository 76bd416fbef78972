"""A server of our own for checks over the network: `egop app` in a process, on a free port."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 120.0
"""Seconds within which a server must have started, also on a busy machine."""


class Served:
    """`egop app` with an empty runs folder; it is started at once, and ended by `close`.

    Attributes:
        port: on 127.0.0.1.
        url: of the page.
        process: the server's.
        log: what it writes.
        runs: its runs folder.
    """

    def __init__(self, *options: str, **environment: str):
        self._folder = tempfile.TemporaryDirectory(prefix="egop-fuzz-")
        self.log = Path(self._folder.name) / "server.log"
        self.runs = Path(self._folder.name) / "runs"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/app"
        command = [sys.executable, "-m", "egop", "app", "--address", "127.0.0.1"]
        command += ["--port", str(self.port), *options]
        places = {"EGOP_RUNS": str(self.runs), "PYTHONPATH": str(ROOT)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | places | environment, stdout=output,
                stderr=output,
            )  # fmt: skip
        self._wait()

    @property
    def lives(self) -> bool:
        """True if the process is still there."""
        return self.process.poll() is None

    @property
    def memory(self) -> int:
        """Bytes of memory that the server had at most; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        rows = [row.split() for row in status.splitlines() if row.startswith("VmHWM")]
        return 1024 * int(rows[0][1]) if rows else 0

    @property
    def log_size(self) -> int:
        """Bytes that the server has written so far."""
        return self.log.stat().st_size

    def logged_since(self, size: int) -> str:
        """The text that the server has written since the log had so many bytes."""
        with self.log.open("rb") as file:
            file.seek(size)
            return file.read().decode(errors="replace")

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while b"The app is at" not in self.log.read_bytes():
            if not self.lives or time.monotonic() > end:
                text = self.log.read_text(errors="replace")
                self.close()
                raise RuntimeError(f"the server did not start:\n{text}")
            time.sleep(0.05)


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
