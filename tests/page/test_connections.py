"""Open connections have a limit, and those that send nothing are closed."""

import asyncio
import gc
import os
import socket
import subprocess
import sys

import pytest

from egop.page.connections import SHARE_OF_ADDRESS, Connections
from egop.page.visitors import TRUSTED_PROXIES, address_of_connection
from tests.page.test_routes import Served


class Stream:
    """A connection, open or closed."""

    def __init__(self):
        self.is_closed = False

    def closed(self) -> bool:
        return self.is_closed


def admitted(counted: Connections, streams: list[Stream], address: str) -> int:
    return sum(counted.admit(each, address) for each in streams)


def test_there_are_fewer_connections_than_files_and_an_address_has_a_part():
    counted = Connections(lambda: 100)
    streams = [Stream() for _ in range(400)]
    assert admitted(counted, streams[:100], "1.1.1.1") == 40
    assert admitted(counted, streams[100:200], "2.2.2.2") == 40
    assert admitted(counted, streams[200:300], "3.3.3.3") == 0
    assert counted.admit(streams[0], "1.1.1.1")  # it is one of them
    for each in streams[:10]:
        each.is_closed = True
    assert admitted(counted, streams[300:], "3.3.3.3") == 10


def test_a_trusted_proxy_may_have_all_of_them(monkeypatch):
    monkeypatch.setenv(TRUSTED_PROXIES, "10.0.0.0/8")
    assert address_of_connection("10.1.2.3") == ""
    assert address_of_connection("1.2.3.4") == "1.2.3.4"
    assert address_of_connection("2001:db8:1:2::7") == "2001:db8:1:2::/64"
    streams = [Stream() for _ in range(100)]
    assert admitted(Connections(lambda: 100), streams, "") == 80


def test_closed_connections_are_not_kept_in_memory():
    counted = Connections(lambda: 100)
    streams = [Stream() for _ in range(30)]
    admitted(counted, streams, "1.1.1.1")
    del streams
    gc.collect()
    assert not counted._open


def test_what_is_closed_is_logged_once_a_minute(caplog):
    admitted(Connections(lambda: 10), [Stream() for _ in range(100)], "")
    assert [record.getMessage() for record in caplog.records] == [
        "Too many connections are open: 8. More are closed."
    ]


@pytest.mark.skipif(os.name == "nt", reason="a system without this limit")
def test_the_process_asks_for_more_files():
    code = (
        "import resource; _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 200), hard))\n"
        "from egop.page.connections import FILES, allowed_files; found = allowed_files()\n"
        "assert found == resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, FILES)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


class TestConnections(Served):
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch):
        monkeypatch.setattr("egop.page.routes.SECONDS_FOR_HEAD", 0.5)

    def connect(self, n: int, sent: bytes) -> list[socket.socket]:
        """Connections on which something is sent once."""
        made = []
        for _ in range(n):
            made.append(socket.create_connection(("127.0.0.1", self.get_http_port()), timeout=20))
            made[-1].sendall(sent)
        return made

    def serve(self, seconds: float) -> None:
        """Lets the server work."""
        self.io_loop.run_sync(lambda: asyncio.sleep(seconds))

    def test_connections_on_which_no_request_comes_keep_nobody_out(self):
        self._app._connections = Connections(lambda: 50)
        silent = self.connect(10, b"") + self.connect(30, b"GET /app HTTP/1.1\r\nHost: x\r\n")
        self.serve(0.2)
        assert len(self._app._connections._open) == SHARE_OF_ADDRESS * 50
        self.serve(0.6)
        assert self.ask("/favicon.ico").code == 200
        for each in silent:
            assert is_closed(each)

    def test_a_connection_is_kept_for_the_next_request_for_a_while(self):
        request = b"HEAD /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n"
        (made,) = self.connect(1, request)
        for _ in range(2):
            self.serve(0.3)
            assert made.recv(10_000).startswith(b"HTTP/1.1 405")  # only GET
            made.sendall(request)
        self.serve(0.3)
        assert made.recv(10_000).startswith(b"HTTP/1.1 405")  # only GET
        self.serve(0.7)
        assert is_closed(made)


def is_closed(connection: socket.socket) -> bool:
    """Returns True if the other side has closed a connection, which ends here as well."""
    with connection:
        try:
            return connection.recv(100) == b""
        except ConnectionResetError:
            return True
