"""`egop app`: where it serves, who may connect, and what it says when it cannot."""

import socket
import sys

import pytest

from egop import cli
from egop.page import server


@pytest.mark.parametrize("typed", ["-1", "65536", "http", "5006.5", ""])
def test_a_wrong_port_is_one_sentence(typed: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["app", f"--port={typed}"])
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith(f"a port is a number from 0 to 65535, got {typed!r}")


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} is in use; choose another one by --port"):
            server.usable_port("127.0.0.1", port)


@pytest.mark.parametrize("address", ["192.0.2.1", "no.such.machine.invalid"])
def test_an_address_of_another_machine_is_one_sentence(address: str):
    with pytest.raises(OSError, match=f"at '{address}': it is no address of this machine"):
        server.usable_port(address, 0)


def test_port_0_is_a_free_one():
    assert server.usable_port("127.0.0.1", 0) > 1023


def test_pages_of_this_machine_may_connect_and_those_that_are_named():
    assert server.origins("localhost", 80, []) == ["127.0.0.1:80", "localhost:80"]
    public = server.origins("0.0.0.0", 80, ["lecture.example:443"])
    assert {f"{socket.gethostname()}:80", "lecture.example:443", "localhost:80"} <= {*public}


def test_it_says_where_a_browser_finds_it():
    assert server.url("127.0.0.1", 80) == server.url("localhost", 80) == "http://localhost:80/app"
    assert server.url("192.0.2.1", 80) == "http://192.0.2.1:80/app"
    assert server.url("0.0.0.0", 80) == f"http://{socket.gethostname()}:80/app"


def test_without_panel_it_says_what_to_install(monkeypatch, capsys):
    for package in ("panel", "panel.io", "panel.io.server"):
        monkeypatch.setitem(sys.modules, package, None)
    assert cli.main(["app"]) == 1
    assert capsys.readouterr().err == (
        "egop: egop app needs the package panel, which is not installed: "
        'run pip install "egop[app]".\n'
    )
