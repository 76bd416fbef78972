"""The server behind `egop app`: the page of explorer and lab, from the installed package alone."""

import errno
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from ipaddress import ip_address

from egop.bounds import shown

PORT = 5006
ADDRESS = "localhost"
PATH = "/app"


def app_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop app` takes."""
    parser.add_argument(
        "--port", type=read_port, default=PORT, help=f"0: any that is free (default: {PORT})"
    )
    parser.add_argument(
        "--address", default=ADDRESS, help=f"0.0.0.0: all of this machine's (default: {ADDRESS})"
    )
    parser.add_argument(
        "--allow-websocket-origin",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="another name under which browsers reach this machine; may be repeated",
    )


def app(asked: Namespace) -> None:
    """Serves the page until Ctrl-C, or until the process is asked to end.

    Raises:
        ImportError: the packages of `egop[app]` are not installed.
        OSError: nothing can be served there.
    """
    from egop.extras import needed

    with needed("egop app", extra="app"):
        from panel.io.server import get_server

        from egop.page import lifecycle
        from egop.page.compression import compress
        from egop.page.main import TITLE, served_page
    compress()
    port = usable_port(asked.address, asked.port)
    server = get_server(
        {PATH: served_page},
        port=port,
        address=asked.address,
        websocket_origin=origins(asked.address, port, asked.allow_websocket_origin),
        title=TITLE,
    )
    lifecycle.start()
    sys.stdout.write(f"The app is at {url(asked.address, port)} (Ctrl-C stops it).\n")
    sys.stdout.flush()
    try:
        server.run_until_shutdown()
    finally:
        lifecycle.end()


def read_port(text: str) -> int:
    """A port from 0 to 65535.

    Raises:
        ArgumentTypeError: another word.
    """
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise ArgumentTypeError(f"a port is a number from 0 to 65535, got {shown(text)}")
    return int(text)


def usable_port(address: str, port: int) -> int:
    """The port, or a free one for 0.

    Raises:
        OSError: nothing can be served there.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.create_server((address, port), family=family) as free:
            return free.getsockname()[1]
    except OSError as error:
        raise OSError(refusal(error, address, port)) from None


def origins(address: str, port: int, others: list[str]) -> list[str]:
    """The hosts whose pages may open a connection: this machine's names, and others."""
    names = {"localhost", "127.0.0.1", address}
    if not is_own(address):
        names |= {socket.gethostname(), socket.getfqdn()}
    return [*(f"{name}:{port}" for name in sorted(names)), *others]


def is_own(address: str) -> bool:
    """Returns True if only this machine reaches an address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def url(address: str, port: int) -> str:
    """The address at which a browser finds the page."""
    name = "localhost" if is_own(address) else address
    return f"http://{socket.gethostname() if name == '0.0.0.0' else name}:{port}{PATH}"


def refusal(error: OSError, address: str, port: int) -> str:
    """The reason that nothing can be served at an address, in one sentence."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another one by --port, 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by you; choose one above 1023 by --port"
    return f"nothing can be served at {address!r}: it is no address of this machine"
