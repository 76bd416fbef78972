"""The network address of a visitor, by which limits count.

Behind a proxy every request comes from the proxy, which adds whom it serves to the header
`X-Forwarded-For`. A visitor can send that header too, so it counts only where the request comes
from a proxy that the server was told to trust. The header `Forwarded` is not read: most proxies
write one of the two and pass the other on as it came, so that reading both would let visitors
choose their address.
"""

import os
import re
from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

TRUSTED_PROXIES = "EGOP_TRUSTED_PROXIES"
"""The environment variable with addresses or networks of proxies, with commas between them."""
PREFIX = 64
"""Bits of an IPv6 address that name a network: one visitor has all addresses of it."""

Network = IPv4Network | IPv6Network


def address_of(request: Any) -> str:
    """Returns the address of who sent a request: of a host (IPv4) or of a network of /64 (IPv6).

    Args:
        request: Tornado's, or that of Bokeh's session context; None outside of a server.

    Returns:
        "203.0.113.7", "2001:db8:1:2::/64", or "" if the request has no address.
    """
    address = _parse(getattr(request, "remote_ip", None) or "")
    trusted = trusted_proxies(os.environ.get(TRUSTED_PROXIES, ""))
    hops = str(request.headers.get("X-Forwarded-For", "")).split(",") if trusted and address else []
    while hops and address is not None and _is_in(address, trusted):
        address, nearer = _parse(hops.pop()), address
        if address is None:  # no proxy of ours wrote that
            address = nearer
            break
    return "" if address is None else _named(address)


def address_of_connection(remote_ip: str) -> str:
    """Returns the address of who opened a connection, as `address_of`; "" for a trusted proxy."""
    address = _parse(remote_ip)
    trusted = trusted_proxies(os.environ.get(TRUSTED_PROXIES, ""))
    return "" if address is None or _is_in(address, trusted) else _named(address)


def is_loopback(name: str) -> bool:
    """True if only this machine reaches itself under a name or an address of `address_of`."""
    if name in {"localhost", "::/64"}:
        return True
    address = _parse(name)
    return address is not None and address.is_loopback


def is_local(origins: Iterable[str]) -> bool:
    """True if hosts that may open a connection, "localhost:5006", are names of this machine alone.

    Behind a proxy they are not: the proxy is reached under another name, or it is trusted.
    """
    trusted = trusted_proxies(os.environ.get(TRUSTED_PROXIES, ""))
    return not trusted and all(is_loopback(re.sub(r":\d+$", "", each)) for each in origins)


@cache
def trusted_proxies(text: str) -> tuple[Network, ...]:
    """Returns the networks named in a text, "127.0.0.1, 10.0.0.0/8".

    Raises:
        ValueError: a part is neither an address nor a network.
    """
    return tuple(_network(part.strip()) for part in text.split(",") if part.strip())


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(
            f"a trusted proxy is an address or a network like 10.0.0.0/8, got {text!r}"
        ) from None


def _parse(text: str) -> Any:
    """An address, also of "192.0.2.1:5000", "[2001:db8::1]:5000" and "::ffff:192.0.2.1"."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Any, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _named(address: Any) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), PREFIX), strict=False))
    return str(address)
