"""`egop app`: where it serves, who may connect, and what it says when it cannot."""

import os
import socket
import sys
from typing import Any
from unittest.mock import MagicMock

import bokeh.server.server
import panel.io.server as panel_server
import pytest
from bokeh.server.util import create_hosts_allowlist

from egop import cli
from egop.page import lifecycle, server
from egop.page.routes import ClosedTornado
from egop.page.visitors import TRUSTED_PROXIES


@pytest.fixture(autouse=True)
def servers_of_other_tests_stay_as_they_are(monkeypatch: pytest.MonkeyPatch):
    made: Any = bokeh.server.server
    monkeypatch.setattr(made, "BokehTornado", made.BokehTornado)


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
    assert server.origins("::1", 80, []) == ["127.0.0.1:80", "localhost:80"]
    create_hosts_allowlist(server.origins("2001:db8::1", 80, []), 80)  # Bokeh takes them


def test_a_public_page_is_found_by_this_machines_number(monkeypatch):
    monkeypatch.setattr(server, "outer_address", lambda: "192.0.2.7")
    assert "192.0.2.7:80" in server.origins("0.0.0.0", 80, [])
    assert server.url("0.0.0.0", 80) == "http://192.0.2.7:80/app"
    monkeypatch.setattr(server, "outer_address", lambda: "")  # without a network
    assert server.url("0.0.0.0", 80) == f"http://{socket.gethostname()}:80/app"
    assert "" not in [name.split(":")[0] for name in server.origins("0.0.0.0", 80, [])]


def test_the_outer_address_is_one_of_this_machine():
    found = server.outer_address()
    assert found == "" or server.usable_port(found, 0) > 0


def test_it_says_where_a_browser_finds_it():
    assert server.url("127.0.0.1", 80) == server.url("localhost", 80) == "http://localhost:80/app"
    assert server.url("192.0.2.1", 80) == "http://192.0.2.1:80/app"
    assert server.url("2001:db8::1", 80) == "http://[2001:db8::1]:80/app"
    assert server.url("::1", 80) == "http://localhost:80/app"


def test_without_panel_it_says_what_to_install(monkeypatch, capsys):
    for package in ("panel", "panel.io", "panel.io.server"):
        monkeypatch.setitem(sys.modules, package, None)
    assert cli.main(["app"]) == 1
    assert capsys.readouterr().err == (
        "egop: egop app needs the package panel, which is not installed: "
        'run pip install "egop[app]".\n'
    )


def test_it_listens_to_this_machine_alone_unless_it_is_told_to_be_public():
    assert server.listening_address("", public=False) == "localhost"
    assert server.is_loopback(server.ADDRESS)
    assert server.listening_address("192.0.2.1", public=False) == "192.0.2.1"
    assert server.listening_address("", public=True) == "0.0.0.0"
    assert server.listening_address("192.0.2.1", public=True) == "192.0.2.1"


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_public_and_an_own_address_contradict_each_other(address: str, capsys):
    assert cli.main(["app", "--public", "--address", address]) == 1
    said = capsys.readouterr().err
    assert said == f"egop: --public and --address {address} contradict each other: choose one\n"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--trusted-proxy=nginx", "a trusted proxy is an address or a network like 10.0.0.0/8"),
        ("--framed-by=moodle", "a site that frames the page is named like https://moodle.example"),
    ],
)
def test_what_cannot_be_trusted_is_one_sentence(typed: str, sentence: str, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["app", typed])
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_what_is_typed_joins_what_the_environment_says(monkeypatch):
    monkeypatch.setenv(TRUSTED_PROXIES, "127.0.0.1")
    server.tell(TRUSTED_PROXIES, [])
    server.tell(TRUSTED_PROXIES, ["10.0.0.0/8", "::1"])
    assert os.environ[TRUSTED_PROXIES] == "127.0.0.1,10.0.0.0/8,::1"


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_it_says_what_public_means(address: str, capsys, monkeypatch):
    monkeypatch.setattr(panel_server, "get_server", MagicMock())
    for done in ("start", "end"):
        monkeypatch.setattr(lifecycle, done, lambda: None)
    assert cli.main(["app", "--port=0", f"--address={address}"]) == 0
    made: Any = bokeh.server.server
    assert made.BokehTornado is ClosedTornado
    said = capsys.readouterr().out
    assert ("everybody who reaches this machine" in said) == (address == "0.0.0.0")
