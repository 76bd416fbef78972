"""The server behind `egop app`: the page of explorer and lab, from the installed package alone."""

import errno
import logging
import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from functools import partial

from egop.bounds import shown
from egop.limits import FIELDS, Limit, counted, limits, read_limit, variable
from egop.page.framing import FRAMED_BY, framing_origins
from egop.page.visitors import TRUSTED_PROXIES, is_loopback, trusted_proxies

PORT = 5006
ADDRESS = "localhost"
EVERYWHERE = "0.0.0.0"
PATH = "/app"
LOG = "%(asctime)s %(message)s"
FREED_EVERY = 2
"""Seconds between two looks for pages that nobody has had open for 15 s, whose memory is freed.

With Bokeh's 17 s they would stay up to 32 s, also where a request was all that came.
"""
PUBLIC = (
    "It is public: everybody who reaches this machine can open it without a password, start runs, "
    "see all of them and change their own.\n"
    "Browsers reach it as {names}; name others by --allow-websocket-origin.\n"
)


def app_arguments(parser: ArgumentParser) -> None:
    """Declares what `egop app` takes."""
    parser.usage = "egop app [options]"  # a mistake would show two dozen of them
    parser.add_argument(
        "--port", type=read_port, default=PORT, help=f"0: any that is free (default: {PORT})"
    )
    parser.add_argument(
        "--address", default="", help=f"one of this machine's addresses (default: {ADDRESS})"
    )
    parser.add_argument(
        "--public", action="store_true", help=f"all of them: the same as --address {EVERYWHERE}"
    )
    parser.add_argument(
        "--allow-websocket-origin",
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="another name under which browsers reach this machine; may be repeated",
    )
    parser.add_argument(
        "--trusted-proxy",
        type=partial(read_checked, check=trusted_proxies),
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy whose word on a visitor's address counts; may be repeated",
    )
    parser.add_argument(
        "--framed-by",
        type=partial(read_checked, check=framing_origins),
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may show this one in a frame; may be repeated",
    )
    limit_arguments(parser)


def limit_arguments(parser: ArgumentParser) -> None:
    """Declares an option for each of the server's limits."""
    group = parser.add_argument_group(
        "limits", "of one page, of the pages of a network address, and of all together"
    )
    for name, each in FIELDS.items():
        option = f"--max-{name.replace('_', '-')}"
        group.add_argument(
            option,
            type=partial(read_checked, check=partial(read_limit, name, option=option)),
            metavar="PAGE,ADDRESS,ALL" if isinstance(each.default, Limit) else "N",
            help=f"{counted(name)} (default: {each.default})",
        )


def app(asked: Namespace) -> None:
    """Serves the page until Ctrl-C, or until the process is asked to end.

    Raises:
        ImportError: the packages of `egop[app]` are not installed.
        OSError: nothing can be served there.
        ValueError: the address contradicts --public.
    """
    from egop.extras import needed

    with needed("egop app", extra="app"):
        from panel.io.server import get_server

        from egop.page import lifecycle
        from egop.page.compression import compress
        from egop.page.incoming import bound_messages
        from egop.page.main import TITLE, served_page
        from egop.page.routes import close_routes
    address = listening_address(asked.address, asked.public)
    port = usable_port(address, asked.port)
    tell(TRUSTED_PROXIES, asked.trusted_proxy)
    tell(FRAMED_BY, asked.framed_by)
    for name in FIELDS:
        if text := vars(asked)[f"max_{name}"]:
            os.environ[variable(name)] = text
    limits.cache_clear()
    limits()  # a wrong variable stops the start
    assert logging.lastResort is not None
    logging.lastResort.setFormatter(logging.Formatter(LOG))
    compress()
    close_routes()
    bound_messages()
    server = get_server(
        {PATH: served_page},
        port=port,
        address=address,
        websocket_origin=origins(address, port, asked.allow_websocket_origin),
        title=TITLE,
        check_unused_sessions_milliseconds=1000 * FREED_EVERY,
    )
    lifecycle.start()
    sys.stdout.write(f"The app is at {url(address, port)} (Ctrl-C stops it).\n")
    if not is_loopback(address):
        sys.stdout.write(PUBLIC.format(names=", ".join(origins(address, port, []))))
    sys.stdout.flush()
    try:
        server.run_until_shutdown()
    finally:
        lifecycle.end()


def read_checked(text: str, check: Callable[[str], object]) -> str:
    """Returns the text.

    Raises:
        ArgumentTypeError: the check raises ValueError.
    """
    try:
        check(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return text


def tell(variable: str, values: list[str]) -> None:
    """Adds what was typed to a variable of the environment, from which the server reads it."""
    if values:
        known = os.environ.get(variable, "")
        os.environ[variable] = ",".join([*([known] if known else []), *values])


def listening_address(address: str, public: bool) -> str:
    """Returns the address to listen at.

    Raises:
        ValueError: it is both public and this machine's own.
    """
    if not public:
        return address or ADDRESS
    if address and is_loopback(address):
        raise ValueError(f"--public and --address {address} contradict each other: choose one")
    return address or EVERYWHERE


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
    """Returns the hosts whose pages may open a connection: this machine's names, and others.

    Bokeh takes no addresses of IPv6 there.
    """
    names = {"localhost", "127.0.0.1", address}
    if not is_loopback(address):
        names |= {socket.gethostname(), socket.getfqdn(), outer_address()}
    return [*(f"{name}:{port}" for name in sorted(names) if name and ":" not in name), *others]


def outer_address() -> str:
    """Returns this machine's address in the network that leads elsewhere, "" without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # chooses a network; of UDP nothing is sent
        except OSError:
            return ""
        return probe.getsockname()[0]


def url(address: str, port: int) -> str:
    """The address at which a browser finds the page."""
    name = "localhost" if is_loopback(address) else address
    if name == EVERYWHERE:
        name = outer_address() or socket.gethostname()
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{PATH}"


def refusal(error: OSError, address: str, port: int) -> str:
    """The reason that nothing can be served at an address, in one sentence."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another one by --port, 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by you; choose one above 1023 by --port"
    return f"nothing can be served at {address!r}: it is no address of this machine"
