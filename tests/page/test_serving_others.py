"""The page on serving others: each default that it names is the one that holds."""

import argparse

import pytest
from bokeh.server.tornado import DEFAULT_SESSION_TOKEN_EXPIRATION, DEFAULT_UNUSED_LIFETIME_MS
from bokeh.server.util import check_allowlist, create_hosts_allowlist

from egop import limits
from egop.page import connections, error_replies, incoming, routes, server
from egop.page.headers import policy
from tests.conftest import ROOT

TEXT = (ROOT / "app" / "README.md").read_text()
HOLDS = {
    "address to listen at": server.ADDRESS,
    "port": server.PORT,
    "sites that may show it in a frame": "none",
    "proxies that are trusted": "none",
    "characters of a URL": routes.LONGEST_ADDRESS,
    "bytes of a URL and headers": routes.LONGEST_HEAD,
    "bytes of the body of a request": routes.LONGEST_BODY,
    "seconds in which a request must come on an open connection": connections.SECONDS_FOR_HEAD,
    "seconds in which its body must come": routes.SECONDS_FOR_BODY,
    "files that the process asks the system for": connections.FILES,
    "share of them for connections": connections.SHARE,
    "share of them for the connections of one network address, unless it is a trusted proxy's": (
        connections.SHARE_OF_ADDRESS
    ),
    "bytes of a message of a page": routes.LONGEST_MESSAGE,
    "bytes of a compressed message, once it is unpacked": incoming.LARGEST,
    "changes in a message of a page": incoming.MOST_CHANGES,
    "times a minute that a connection may ask for the whole document": error_replies.MOST_PULLS,
    "seconds in which a page's websocket must open": DEFAULT_SESSION_TOKEN_EXPIRATION,
    "milliseconds that a closed page is kept": DEFAULT_UNUSED_LIFETIME_MS,
}


@pytest.mark.parametrize("what", HOLDS)
def test_the_default_that_is_written_is_the_one_that_holds(what: str):
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]
    written = {row[0].removeprefix("| "): row[1] for row in rows}
    assert written[what] == str(HOLDS[what])


def test_nothing_that_opens_the_page_is_on_by_default():
    parser = argparse.ArgumentParser()
    server.app_arguments(parser)
    asked = parser.parse_args([])
    assert not asked.public
    assert asked.trusted_proxy == asked.framed_by == asked.allow_websocket_origin == []
    assert "frame-ancestors 'none'" in policy("", [])
    for option in ("--public", "--trusted-proxy", "--framed-by", "--allow-websocket-origin"):
        assert option in TEXT


def test_a_name_without_a_port_is_one_of_a_proxy():
    allowed = set(create_hosts_allowlist(["egop.example.org"], 5006))
    assert check_allowlist("egop.example.org", allowed)  # what a browser says at ports 80 and 443
    assert not check_allowlist("other.example.org", allowed)


def test_every_limit_on_visitors_is_written_with_its_default():
    assert limits.table() in TEXT
    parser = argparse.ArgumentParser()
    server.app_arguments(parser)
    for name in limits.FIELDS:
        typed = "1,2,3" if isinstance(limits.FIELDS[name].default, limits.Limit) else "4"
        option = f"--max-{name.replace('_', '-')}"
        assert vars(parser.parse_args([option, typed]))[f"max_{name}"] == typed
